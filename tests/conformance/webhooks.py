"""Webhooks of providers as others recorded them, checked against what we read of them.

A folder `webhooks` holds, each if it is there: `twilio/signature_vectors.json`, a list of {name,
auth_token, url, params, body, signature, valid}; `twilio/forms` with expected.json, {file: {field:
value, status}}; `sendgrid/events*.json`, lists of events; `sendgrid/signed_event*.json`,
{public_key, timestamp, signature, payload, valid}; `sendgrid/inbound` with expected.json, {file:
{content_type, from, to, subject, text, html}}.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from quart.typing import TestClientProtocol
from werkzeug.datastructures import Headers

from server import config
from server.errors import CatchUpError
from server.integrations.sendgrid.body import MESSAGE_ARGUMENT
from server.webhooks import verify
from server.webhooks.mail_form import MailForm
from server.webhooks.mail_rules import only_address
from server.webhooks.sendgrid_events import read_batch
from server.webhooks.twilio_status import read_status
from tests.conformance.say import say

NOW = datetime(2026, 3, 2, tzinfo=UTC)
_UNWANTED = {"spamreport", "unsubscribe", "group_unsubscribe"}


async def check(data: Path, _client: TestClientProtocol) -> list[str]:
    """Return a sentence for everything under `data`/webhooks that we read otherwise."""
    folder = data / "webhooks"
    problems: list[str] = []
    for name, look in _LOOKS.items():
        for file in sorted(folder.glob(name)):
            found = list(look(file))
            problems += [f"{file.relative_to(folder)}: {problem}" for problem in found]
            say(f"webhooks: looked at {file.relative_to(folder)}")
    return problems


def _signatures(file: Path) -> Iterator[str]:
    for vector in json.loads(file.read_text()):
        pairs = [tuple(pair) for pair in vector["params"] or ()]
        if vector.get("body") is not None or len(dict(pairs)) != len(pairs):
            continue  # JSON, and names that come twice, are nothing that we take
        parts = urlsplit(vector["url"])
        path = vector["url"].removeprefix(f"{parts.scheme}://{parts.netloc}")
        settings = config.settings().model_copy(
            update={
                "public_url": f"{parts.scheme}://{parts.netloc}",
                "twilio_auth_token": SecretStr(vector["auth_token"]),
            }
        )
        headers = Headers({verify.TWILIO_SIGNATURE: vector["signature"]})
        passed = _passes(verify.demand_twilio, settings, path, dict(pairs), headers)
        if passed != vector["valid"]:
            yield f"{vector['name']}: {'let in' if passed else 'refused'}"


def _signed_event(file: Path) -> Iterator[str]:
    vector = json.loads(file.read_text())
    settings = config.settings().model_copy(
        update={"sendgrid_webhook_public_key": vector["public_key"]}
    )
    signing = {
        verify.SENDGRID_SIGNATURE: vector["signature"],
        verify.SENDGRID_TIMESTAMP: vector["timestamp"],
    }
    body = vector["payload"].encode()
    passed = _passes(verify.demand_sendgrid, settings, body, Headers(signing))
    if passed != vector.get("valid", True):
        yield "let in" if passed else "refused"


def _forms(file: Path) -> Iterator[str]:
    for name, facts in json.loads(file.read_text()).items():
        fields = verify.read_form((file.parent / name).read_bytes().strip())
        event = read_status(fields, None, now=NOW)
        for field, value in facts.items():
            found = (event.kind if event else None) if field == "status" else fields.get(field)
            if found != value:
                yield f"{name}: {field} is {found!r}, not {value!r}"


def _events(file: Path) -> Iterator[str]:
    items = json.loads(file.read_text())
    items = items if isinstance(items, list) else [items]
    named = [one for one in items if one.get("sg_message_id") or one.get(MESSAGE_ARGUMENT)]
    read = read_batch(json.dumps(items).encode(), now=NOW)
    if [event.kind for event in read] != [one["event"] for one in named]:
        yield f"read {[event.kind for event in read]}"
    for event, said in zip(read, named, strict=False):
        if event.at != datetime.fromtimestamp(said["timestamp"], UTC):
            yield f"{event.kind}: at {event.at}"
        if not str(said["sg_message_id"]).startswith(event.provider_id or "nothing"):
            yield f"{event.kind}: of {event.provider_id}"
        if event.kind in _UNWANTED and not event.is_opt_out:
            yield f"{event.kind}: does not count"
        if event.kind == "group_resubscribe" and not event.is_opt_in:
            yield f"{event.kind}: does not count"


def _mails(file: Path) -> Iterator[str]:
    for name, facts in json.loads(file.read_text()).items():
        headers = Headers({"Content-Type": facts["content_type"]})
        with (file.parent / name).open("rb") as body:
            form = MailForm.read(body, headers)
        for field in ("from", "to", "subject", "text", "html"):
            found = form.text(field).strip()
            if field == "from" and "<" not in facts.get(field, ""):
                found = only_address(found) or found
            if field in facts and found != facts[field].strip():
                yield f"{name}: {field} is {found[:80]!r}, not {facts[field][:80]!r}"


_LOOKS: dict[str, Callable[[Path], Iterator[str]]] = {
    "twilio/signature_vectors.json": _signatures,
    "twilio/forms/expected.json": _forms,
    "sendgrid/events*.json": _events,
    "sendgrid/signed_event*.json": _signed_event,
    "sendgrid/inbound/expected.json": _mails,
}


def _passes(demand: Callable[..., None], *given: Any) -> bool:
    try:
        demand(*given)
    except CatchUpError:
        return False
    return True
