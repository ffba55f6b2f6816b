"""Which index serves each listed query, on 50,000 contacts and 20,000 suggestions."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from benchmarks import data, stage
from benchmarks.figures import Figure
from benchmarks.plans import explain

USERS = 50
CONTACTS = 1_000
SUGGESTIONS = 400
# A sequential scan of one of these reads every household's rows.
BIG = {"contacts", "contact_settings", "contact_points", "suggestions", "suggestion_contacts",
       "interactions", "interaction_contacts", "calendar_occurrences"}  # fmt: skip


def run() -> list[Figure]:
    """Explain the statements that the product sends, and the plain ones of the schema's promise."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    async with stage.stage() as environment:
        found = await stage.measure(environment, "benchmarks.query_plans")
    whole = sum(1 for each in found["plans"] if each["whole"])
    return [
        *(
            Figure(each["name"], each["elapsed_ms"], "ms", note=_how(each))
            for each in found["plans"]
        ),
        Figure("queries that read a whole table", whole, "", 0),
    ]


def _how(found: Mapping[str, Any]) -> str:
    whole = [f"WHOLE {table}" for table in found["whole"]]
    return ", ".join([*whole, *found["indexes"]])


async def _measure() -> list[dict[str, Any]]:
    async with data.open_database():
        for number in range(USERS):
            scope = await data.make_user(number)
            ids = await data.fill(scope, number, contacts=CONTACTS, with_calendar=number == 0)
            await data.suggest(scope, ids, number, count=SUGGESTIONS)
        await data.analyze()
        seen = await data.watch_statements()
        found = []
        for name, call in _calls(scope).items():
            await call()  # asyncpg asks for unknown types at the first call
            seen.clear()
            await call()
            for each in list(seen):
                told = await explain(name, each.query, each.args, big=BIG)
                found.append(told.as_json())
    return found


def _calls(scope: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    from server import db
    from server.contacts import queries as contacts
    from server.contacts import queries_imports as imports
    from server.contacts.queries_filters import Wanted
    from server.contacts.search_rules import sought_words
    from server.suggestions import queries as suggestions
    from server.suggestions import queries_pass

    user, now = scope.user_id, data.NOW

    def plain(sql: str, *values: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: db.fetch(sql, *values)

    def listed(**wanted: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: contacts.list_contacts(scope, Wanted(**wanted), after=None, limit=50)

    return {
        "contacts by user": plain(
            "SELECT id FROM contacts WHERE user_id = $1 ORDER BY name_key, id LIMIT 50", user
        ),
        "contacts by user and archived": plain(
            """SELECT contact_id FROM contact_settings
                WHERE user_id = $1 AND archived_at IS NOT NULL""",
            user,
        ),
        "GET /contacts": listed(),
        "GET /contacts?archived=true": listed(archived="true"),
        "GET /contacts?search=": listed(words=sought_words("müller")),
        "import: known contacts": lambda: imports.list_known(
            scope,
            ids=[],
            fingerprints=[],
            uids=[f"card-{n}" for n in range(500)],
            name_keys=[f"ana {n}" for n in range(500)],
        ),
        "suggestions by user": plain(
            "SELECT id FROM suggestions WHERE user_id = $1 ORDER BY created_at DESC LIMIT 50", user
        ),
        "suggestions by state": plain("SELECT id FROM suggestions WHERE state = 'accepted'"),
        "suggestions by creation": plain(
            "SELECT id FROM suggestions WHERE created_at > $1", now - timedelta(days=1)
        ),
        "suggestions by user and state": plain(
            "SELECT id FROM suggestions WHERE user_id = $1 AND state = 'dismissed'", user
        ),
        "GET /suggestions": lambda: suggestions.list_suggestions(
            scope, states=["pending"], contact_id=None, after=None, limit=50
        ),
        "pass: facts": lambda: queries_pass.list_facts([scope], now=now),
        "pass: suggested": lambda: queries_pass.list_suggested([scope], now=now),
        "pass: close": lambda: queries_pass.lock_and_close([scope], now=now),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps({"plans": asyncio.run(_measure())}) + "\n")
