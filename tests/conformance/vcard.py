"""Facts about vCard files, checked against what the API makes of them.

A folder `vcard` holds files, any `expected.json` (facts by file and card, see vcard_facts.py),
and pairs: `name.in.vcf` (or `name.vcf`) says the same as `name.expected.vcf` or, in JSON
(RFC 7095), as `name.expected.json`; the days of `name.expected.ics` are dates of `name.vcf`.
"""

import json
import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from quart.typing import TestClientProtocol

from server.contacts.vcard.card import Card
from server.contacts.vcard.read import read_cards
from tests.conformance.say import say
from tests.conformance.vcard_facts import Fact, disagreements
from tests.conformance.vcard_lines import Line, read_lines
from tests.conformance.vcard_values import texts
from tests.factories import Member, make_member

# Entries that hold nobody; everything else must become a contact.
_EMPTY = {"no_name", "outside_card", "group_card"}
# What a converter writes about itself, not about the person.
_OF_THE_FILE = {"PRODID", "REV", "UID", "X-ABSHOWAS", "X-ADDRESSBOOKSERVER-KIND"}
_DAY = re.compile(r"^DTSTART[^:]*:(\d{4})(\d\d)(\d\d)", re.MULTILINE)


class Imported:
    """One file in the address book of a member of its own."""

    def __init__(
        self,
        items: list[dict[str, Any]],
        contacts: dict[str, dict[str, Any]],
        exported: dict[str, list[Line]],
        export: str,
    ) -> None:
        self.items = items
        self.contacts = contacts
        self.exported = exported
        self.export = export

    def cards(self) -> list[tuple[dict[str, Any], list[Line]]]:
        """Return the contact and the exported properties of each card, in the file's order."""
        ids = [item["contact_id"] for item in self.items if item["contact_id"]]
        return [(self.contacts[each], self.exported[each]) for each in ids]


async def check(data: Path, client: TestClientProtocol) -> list[str]:
    """Return a sentence for every fact under `data`/vcard that the API does not agree with."""
    folder = data / "vcard"
    facts = _facts(folder)
    problems = []
    cards = 0
    for path in sorted(folder.rglob("*.vcf")):
        name = path.relative_to(folder).as_posix()
        found: list[str] = []
        imported = await _import(client, path.read_bytes(), found)
        if imported:
            cards += len(imported.items)
            found += _facts_of_cards(facts.get(name, []), imported)
            found += await _pairs(client, path, imported)
        problems += [f"{name}: {problem}" for problem in found]
    say(f"vcard: {cards} cards; facts about {len(facts)} files")
    gone = [name for name in facts if not (folder / name).is_file()]
    return problems + [f"{name}: there is no such file" for name in gone]


def _facts(folder: Path) -> dict[str, list[Any]]:
    """Read every expected.json; its files are named from `folder` or from where it lies."""
    facts: dict[str, list[Any]] = {}
    for path in sorted(folder.rglob("expected.json")):
        for name, cards in json.loads(path.read_text()).items():
            beside = path.parent / name
            known = folder / name
            file = beside if beside.is_file() and not known.is_file() else known
            facts[file.relative_to(folder).as_posix()] = cards if isinstance(cards, list) else []
    return facts


async def _import(
    client: TestClientProtocol, content: bytes, problems: list[str]
) -> Imported | None:
    """Import a file as a user would: look first, import, import again, export."""
    member = await make_member()
    status, rehearsed = await _post(client, member, content, dry_run=True)
    contacts = await _get(client, member, "/api/contacts")
    if contacts["items"]:
        problems.append("the dry run stored something")
    status, first = await _post(client, member, content, dry_run=False)
    if status != 200:
        problems.append(f"import answered {status} {first.get('code')}")
        return None
    if _outcomes(rehearsed) != _outcomes(first):
        problems.append("the dry run foretold other outcomes")
    for item in first["items"]:
        if item["outcome"] in ("failed", "skipped"):
            text = f"line {item['line']}: {item['outcome']}, {item['code']}"
            (problems.append if item["code"] not in _EMPTY else say)(text)
    _, second = await _post(client, member, content, dry_run=False)
    if second["created"] or second["updated"]:
        problems.append(f"a second import changes {second['created'] + second['updated']}")
    return await _exported(client, member, content, first["items"], problems)


async def _exported(
    client: TestClientProtocol,
    member: Member,
    content: bytes,
    items: list[dict[str, Any]],
    problems: list[str],
) -> Imported:
    reply = await client.get("/api/contacts/export", headers=member.headers)
    export = str(await reply.get_data(as_text=True))
    ids = dict.fromkeys(item["contact_id"] for item in items if item["contact_id"])
    contacts = {each: await _get(client, member, f"/api/contacts/{each}") for each in ids}
    stored = {_uid(lines): lines for lines in read_lines(export)}
    uids = _uids(content, items)
    exported = {each: stored.get(uids[each], []) for each in ids}
    problems += [f"{contacts[e]['name']}: not in the export" for e in ids if not exported[e]]
    problems += _lost(content, items, export, uids)
    return Imported(items, contacts, exported, export)


def _uids(content: bytes, items: list[dict[str, Any]]) -> dict[str, str]:
    """Return under which UID each contact is exported: its card's, else one made of its id."""
    uids: dict[str, str] = {}
    for read, item in zip(read_cards(BytesIO(content)), items, strict=True):
        if item["contact_id"]:
            own = read.uid if isinstance(read, Card) else ""
            uids.setdefault(item["contact_id"], own or f"urn:uuid:{item['contact_id']}")
    return uids


def _lost(
    content: bytes, items: list[dict[str, Any]], export: str, uids: dict[str, str]
) -> list[str]:
    """Compare every card with the card in the export: both say the same."""
    given = {card.uid: card for card in read_cards(export.encode()) if isinstance(card, Card)}
    ids = [item["contact_id"] for item in items]
    problems = []
    for read, item in zip(read_cards(BytesIO(content)), items, strict=True):
        each = item["contact_id"]
        # Two cards of one person become one contact, which says more than either.
        if not isinstance(read, Card) or each is None or ids.count(each) > 1:
            continue
        back = given.get(uids[each])
        if back is None or _comparable(back) != _comparable(read):
            problems.append(f"{read.name}: the export says something else")
    return problems


def _comparable(card: Card) -> tuple[Card, frozenset[str]]:
    """Tags have no order."""
    tags = frozenset(word.casefold() for word in card.categories)
    kept = tuple(sorted((k for k in card.kept if k.stands_for != "categories"), key=repr))
    return replace(card, uid="", categories=(), kept=kept), tags


def _facts_of_cards(facts: list[Any], imported: Imported) -> list[str]:
    cards = imported.cards()
    if facts and len(facts) != len(cards):
        return [f"{len(cards)} cards, not {len(facts)}"]
    problems = []
    for number, (fact, (contact, exported)) in enumerate(zip(facts, cards, strict=False), 1):
        stated: list[Fact] = fact.get("properties", []) if isinstance(fact, dict) else []
        found = disagreements(stated, contact, exported)
        problems += [f"card {number}: {problem}" for problem in found]
    return problems


async def _pairs(client: TestClientProtocol, path: Path, imported: Imported) -> list[str]:
    if ".expected." in path.name:
        return []
    stem = path.name.removesuffix(".vcf").removesuffix(".in")
    problems: list[str] = []
    calendar = path.with_name(f"{stem}.expected.ics")
    if calendar.is_file():
        problems += _days(calendar.read_text(), imported)
    in_json = path.with_name(f"{stem}.expected.json")
    if in_json.is_file():
        problems += _in_json(json.loads(in_json.read_text()), imported)
    other = path.with_name(f"{stem}.expected.vcf")
    if other.is_file():
        wanted = await _import(client, other.read_bytes(), [])
        problems += _same(imported, wanted) if wanted else ["its pair cannot be read"]
    return problems


def _days(calendar: str, imported: Imported) -> list[str]:
    dates = [date for contact, _ in imported.cards() for date in contact["dates"]]
    known = {(date["month"], date["day"]) for date in dates}
    days = {(int(month), int(day)) for _, month, day in _DAY.findall(calendar)}
    if not days and dates:
        return ["has dates, its calendar has none"]
    return [f"{month}-{day} is no date of the contact" for month, day in days - known]


def _in_json(stated: Any, imported: Imported) -> list[str]:
    """Compare with a card in JSON: ["vcard", [[name, parameters, type, value, …], …]]."""
    if not (isinstance(stated, list) and len(stated) > 1 and stated[0] == "vcard"):
        say("vcard: a .expected.json that is no card cannot be compared")
        return []
    there = {(n.name, part) for _, lines in imported.cards() for n in lines for part in _parts(n)}
    return [
        f"{name}: {text[:80]} is in its pair only"
        for name, _, _, *values in stated[1]
        for text in texts(values) or ()
        if text and name.upper() not in _OF_THE_FILE | {"VERSION"}
        if (name.upper(), text) not in there
    ]


def _parts(line: Line) -> set[str]:
    return {line.text(), *line.parts(";"), *line.parts(",;")}


def _same(ours: Imported, wanted: Imported) -> list[str]:
    """Whatever the wanted file says in our export is in the export of the other file too."""
    problems = []
    pairs = zip(ours.cards(), wanted.cards(), strict=False)
    if len(ours.cards()) != len(wanted.cards()):
        problems.append(f"{len(ours.cards())} cards, its pair {len(wanted.cards())}")
    for (_, found), (_, expected) in pairs:
        there = {(line.name, line.text()) for line in found}
        problems += [
            f"{line.name}:{line.value[:80]} is in its pair only"
            for line in expected
            if line.name not in _OF_THE_FILE and (line.name, line.text()) not in there
        ]
    return problems


def _uid(lines: list[Line]) -> str:
    return next((line.text() for line in lines if line.name == "UID"), "")


def _outcomes(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    items = body.get("items", ())
    return [(item["position"], item["name"], item["outcome"], item["code"]) for item in items]


async def _post(
    client: TestClientProtocol, member: Member, content: bytes, *, dry_run: bool
) -> tuple[int, dict[str, Any]]:
    reply = await client.post(
        "/api/contacts/import",
        data=content,
        headers=member.headers | {"Content-Type": "text/vcard"},
        query_string={"dry_run": str(dry_run).lower()},
    )
    return reply.status_code, await reply.get_json()


async def _get(client: TestClientProtocol, member: Member, path: str) -> dict[str, Any]:
    body: dict[str, Any] = await (await client.get(path, headers=member.headers)).get_json()
    return body
