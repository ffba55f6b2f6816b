"""Facts about CSV files, checked against what the API makes of them.

A folder `csv` holds files and `expected.json`: by file, how many `contacts` it has, the
`second_name`, and of the first contact its `birthday` (`1970-11-15`) and number of `emails`.
Whatever the facts, a second import and the import of one's own export change nothing, and an
undo leaves nothing.
"""

import json
from pathlib import Path
from typing import Any

from quart.typing import TestClientProtocol

from tests.conformance.say import say
from tests.factories import Member, make_member

IMPORT = "/api/contacts/import"


async def check(data: Path, client: TestClientProtocol) -> list[str]:
    """Return a sentence for every fact under `data`/csv that the API does not agree with."""
    folder = data / "csv"
    facts = json.loads((folder / "expected.json").read_text())
    problems = [f"{name}: there is no such file" for name in facts if not (folder / name).is_file()]
    rows = 0
    for path in sorted(folder.glob("*.csv")):
        member = await make_member()
        status, done = await _import(client, member, path.read_bytes(), "text/csv")
        if status != 200:
            problems.append(f"{path.name}: import answered {status} {done.get('code')}")
            continue
        rows += done["total"]
        found = await _facts(client, member, done, facts.get(path.name, {}))
        found += await _again(client, member, path.read_bytes(), done["id"])
        problems += [f"{path.name}: {problem}" for problem in found]
    say(f"csv: {rows} rows; facts about {len(facts)} files")
    return problems


async def _facts(
    client: TestClientProtocol, member: Member, done: dict[str, Any], facts: dict[str, Any]
) -> list[str]:
    contacts = [
        await _get(client, member, f"/api/contacts/{item['contact_id']}")
        for item in done["items"]
        if item["contact_id"]
    ]
    first = contacts[0] if contacts else {"dates": [], "emails": []}
    birthdays = [
        f"{date['year']:04}-{date['month']:02}-{date['day']:02}"
        for date in first["dates"]
        if date["kind"] == "birthday" and date["year"]
    ]
    ours = {
        "contacts": len(contacts),
        "second_name": contacts[1]["name"] if len(contacts) > 1 else None,
        "birthday": birthdays[0] if birthdays else None,
        "emails": len(first["emails"]),
    }
    wrong = [
        f"{name} is {ours[name]!r}, not {fact!r}"
        for name, fact in facts.items()
        if name in ours and ours[name] != fact
    ]
    for name in facts.keys() - ours.keys():
        say(f"csv: a fact `{name}` cannot be compared")
    return wrong


async def _again(
    client: TestClientProtocol, member: Member, content: bytes, import_id: str
) -> list[str]:
    problems = []
    _, second = await _import(client, member, content, "text/csv")
    if second["created"] or second["updated"]:
        problems.append("a second import changes something")
    for kind in ("vcf", "csv", "json"):
        reply = await client.get(f"/api/contacts/export?format={kind}", headers=member.headers)
        _, back = await _import(client, member, await reply.get_data(as_text=False), reply.mimetype)
        if back["created"] or back["updated"] or back["failed"]:
            problems.append(f"its own export as {kind} changes something")
    await client.post(f"/api/contacts/imports/{import_id}/undo", headers=member.headers)
    left = (await _get(client, member, "/api/contacts"))["items"]
    return problems + ([f"an undo leaves {len(left)} contacts"] if left else [])


async def _import(
    client: TestClientProtocol, member: Member, content: bytes, content_type: str | None
) -> tuple[int, dict[str, Any]]:
    headers = member.headers | {"Content-Type": content_type or ""}
    reply = await client.post(IMPORT, data=content, headers=headers)
    return reply.status_code, await reply.get_json()


async def _get(client: TestClientProtocol, member: Member, path: str) -> dict[str, Any]:
    body: dict[str, Any] = await (await client.get(path, headers=member.headers)).get_json()
    return body
