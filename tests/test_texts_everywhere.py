"""What people and attackers type comes back equal from every text field, or is refused."""

import unicodedata
from typing import Any

from tests.documented import check_reply
from tests.openapi_walk import ENDS_THE_SESSION, JSON, Request, operations, replaced, text_places
from tests.owned import own_one_of_each

TEXTS = (
    "Zoë Müller-Øst Ναταλία Юлия",
    "李小龙 渡辺さん 김민준 สมชาย שרה",
    "محمد عبد الله",
    "प्रिया शर्मा",
    "e\u0301 and é",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "\u202eright to left zero\u200bwidth\ufeff",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=1+1",
    "+49 30 901820",
    "'; DROP TABLE users; --",
    "{{7*7}} ${7*7} #{7*7} %s %n",
    "null",
    "  outer blanks  ",
    "\x1b[31mred\x1b[0m",
    "bell\x07",
    "two\nlines",
    "tab\there",
    " e\u0301 \r\n\tthree\rlines\n\n",
)
# Texts of many lines: exactly these come back.
EXACT = {"notes", "reason", "custom_fields"}
# Nobody is shown these again.
SECRET = {"password", "current_password", "new_password", "refresh_token", "restore_token"}
# These mean something: what fits no rule of theirs is refused, and what does is written alike.
CANONICAL = {"email", "zone", "language", "phone"}


def _clean(text: str) -> str:
    lines = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", lines)


def _texts_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {text for part in value.values() for text in _texts_in(part)}
    if isinstance(value, list):
        return {text for part in value for text in _texts_in(part)}
    return {value} if isinstance(value, str) else set()


async def test_every_text_comes_back_equal_or_is_refused_with_a_reason(client, member):
    wrong, taken = [], 0
    ids = await own_one_of_each(client, member)
    for operation in operations(client.app):
        schema = operation.body_schema
        if schema is None or operation.name in ENDS_THE_SESSION:
            continue
        request = operation.request(member, ids)
        for path in text_places(operation, schema):
            sample = operation.sample(schema["properties"][path[0]])
            for text in TEXTS:
                body = replaced({**request.body, path[0]: sample}, path, text)
                sent = Request(request.method, request.path, request.query, body, JSON)
                reply = await sent.send(client, dict(member.headers))
                await check_reply(operation, reply)
                answer = await reply.get_json(silent=True) or {}
                if reply.status_code == 400:
                    fields = {error["field"].split(".")[0] for error in answer["errors"]}
                    right = path[0] in fields
                else:
                    right = reply.status_code < 500
                if reply.status_code < 300 and path[-1] not in SECRET | CANONICAL:
                    taken += 1
                    wanted = text if path[0] in EXACT else _clean(text)
                    right = wanted in _texts_in(answer)
                if not right:
                    wrong.append((operation.name, path, text, reply.status_code, answer))
    assert not wrong, "\n".join(repr(one)[:300] for one in wrong[:40])
    assert taken > 500
