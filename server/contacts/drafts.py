"""A contact as somebody wants it: the same whether it comes from the API, a file or a table.

`rules.prepare` turns a draft into what is stored. Text is clean (server.lib.texts.clean_text);
what is not known is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDraft:
    """One way to reach someone.

    `kind` is phone, email, address, link or social. `value` is as people write it, for an
    address its printed lines; `components` are an address's parts by name (`street`,
    `locality`, `region`, `postal_code`, `country`, `po_box`, `extended`). `params` is whatever
    an import wants to give back on export. `id` is set for a point that is stored already.
    """

    kind: str
    value: str
    label: str | None = None
    preferred: bool = False
    components: Mapping[str, Any] | None = None
    params: Mapping[str, Any] | None = None
    source: str = "manual"
    confirmed_at: datetime | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDraft:
    """An important date; `kind` is birthday, anniversary or other, `year` None when not known."""

    kind: str
    month: int
    day: int
    year: int | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDraft:
    """What the user who writes wants with the contact; `cadence` or `cadence_days`, not both."""

    cadence: str | None = None
    cadence_days: int | None = None
    circle: str | None = None
    paused_until: datetime | None = None
    never_suggest: bool = False
    preferred_way: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDraft:
    """A contact with everything that belongs to it.

    `zone` is the zone that somebody gave; without one it is inferred from `location`.
    `custom_fields` are texts, numbers, true or false by name. `tags`, as server.lib.tag_names
    cleans them, and `groups`, by name, are put on it beside those it has. `kept_properties` is a
    JSON list of what an import cannot place but an export gives back.
    """

    name: str
    visibility: str = "private"
    nickname: str | None = None
    organisation: str | None = None
    title: str | None = None
    location: str | None = None
    zone: str | None = None
    notes: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    points: tuple[PointDraft, ...] = ()
    dates: tuple[DateDraft, ...] = ()
    settings: SettingsDraft = SettingsDraft()
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    kept_properties: list[Any] | None = None
    uid: str | None = None
    source: str = "manual"
    fingerprint: bytes | None = None


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A photo in the store for a contact, with its sealed key; sides in pixels.

    Without a key it was drawn for a dry run only.
    """

    id: UUID
    width: int
    height: int
    key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What was worked out of a stored contact: its zone, and what its points are compared by."""

    zone: str | None
    comparable: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class PreparedContact:
    """A contact ready to be stored: the draft, and what follows from it.

    `zone_source` is given or inferred, None where the zone is not known. `comparable` has the
    E.164 phone or lower-case e-mail of each point of the draft, None where there is none;
    `doubtful_phones` of them could be of several countries. `version` is the stored row's that
    an edit was made on, 0 for a new contact.
    """

    id: UUID
    draft: ContactDraft
    version: int
    name_key: str
    search_key: str
    zone: str | None
    zone_source: str | None
    comparable: tuple[str | None, ...]
    doubtful_phones: int = 0
