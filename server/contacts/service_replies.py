"""From a contact's row to what replies say of it (ADR 0018)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.contacts import rules
from server.contacts.drafts import ContactDraft
from server.contacts.queries_page import FIELDS
from server.contacts.schemas_out import (
    ContactOut,
    ContactWarning,
    PhotoOut,
    PlaceOut,
    PointOut,
    ZoneQuestion,
)
from server.contacts.service_rows import TABLE, opened_json
from server.db import Row
from server.keys.service import Box
from server.lib.cadence import Cadence, resolve_cadence, spoken_word, wished_days
from server.lib.clock import known_zone
from server.lib.due import due_on
from server.lib.replies import Encoded, encode

Reply = dict[str, Any]
"""What `ContactOut` describes, its warnings apart: a model of it would cost as much as the rest."""
UTC_ZONE = ZoneInfo("UTC")
PLAIN = (
    "id", "user_id", "visibility", "name", "nickname", "organisation", "title", "location",
    "zone", "zone_source", "cadence_days", "circle", "paused_until", "never_suggest",
    "preferred_way", "archived_at", "last_contacted_at", "source", "created_at", "updated_at",
    "version",
)  # fmt: skip
_pick_plain = itemgetter(*PLAIN)
_POINT = tuple(PointOut.model_fields)
_pick_point = itemgetter(*_POINT)


def details(row: Row, box: Box) -> Reply:
    """Return the row of `queries.get_contact` as a reply."""
    notes = box.open_if(TABLE, "notes", row["id"], row["notes"])
    return _details(row, notes, opened_json(row, box, "custom_fields") or {})


def written_details(row: Row, wanted: ContactDraft) -> Reply:
    """Return the row of a contact that was just written as `wanted` says, as a reply."""
    return _details(row, wanted.notes, wanted.custom_fields)


def encoded(reply: Reply, warnings: Sequence[ContactWarning] = ()) -> Encoded[ContactOut]:
    """Return a reply as JSON, with what its write warns of."""
    body = encode(reply | {"warnings": warnings})
    return Encoded(ContactOut, body, reply["version"])


def photo(photo_id: UUID, width: int, height: int, updated_at: datetime) -> PhotoOut:
    """Return what replies say of a photo."""
    return PhotoOut(etag=f'"{photo_id}"', width=width, height=height, updated_at=updated_at)


def photo_of(row: Row) -> PhotoOut | None:
    """Return what a contact's row says of its photo."""
    if row["photo_id"] is None:
        return None
    return photo(row["photo_id"], row["photo_width"], row["photo_height"], row["photo_at"])


def _details(row: Row, notes: str | None, custom_fields: Mapping[str, Any]) -> Reply:
    cadence = _cadence(row)
    fields = dict(zip(PLAIN, _pick_plain(row), strict=True))
    fields |= {field: [] for field in FIELDS.values()}
    for point in row["points"]:
        fields[FIELDS[point["kind"]]].append(_point(point))
    fields |= {
        "dates": row["dates"],
        "cadence": spoken_word(row["cadence"]),
        "effective_cadence_days": cadence.days,
        "cadence_source": cadence.source,
        "due_on": due_on(
            cadence.days,
            row["last_contacted_at"],
            row["created_at"],
            known_zone(row["home_zone"]) or UTC_ZONE,
        ),
        "groups": [{"id": group["id"], "name": group["name"]} for group in row["groups"]],
        "tags": row["tags"],
        "photo": photo_of(row),
        "notes": notes,
        "custom_fields": custom_fields,
        "zone_question": _zone_question(row),
    }
    return fields


def _cadence(row: Row) -> Cadence:
    """An archived group keeps its members, but asks for nothing."""
    return resolve_cadence(
        wished_days(row["cadence"], row["cadence_days"]),
        row["circle"],
        (
            (group["name"], wished_days(group["cadence"], group["cadence_days"]))
            for group in row["groups"]
            if not group["archived"]
        ),
    )


def _point(point: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(zip(_POINT, _pick_point(point), strict=True))
    if isinstance(confirmed := said["confirmed_at"], str):  # as PostgreSQL writes it in JSON
        said["confirmed_at"] = datetime.fromisoformat(confirmed)
    if point["kind"] == "address":
        parts = point["components"] or {}
        said |= {name: parts.get(name) for name in rules.ADDRESS_PARTS}
    return said


def _zone_question(row: Row) -> ZoneQuestion | None:
    if row["zone"] is not None or not row["location"]:
        return None
    reason, places = rules.zone_doubt(row["location"])
    return ZoneQuestion(
        reason=reason,
        candidates=[
            PlaceOut(city=place.city, region=place.region, country=place.country, zone=place.zone)
            for place in places
        ],
    )
