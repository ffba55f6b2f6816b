"""Every listed query of the member API, called as the product calls it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.data import NOW, ZONE
from server import config, db
from server.calendars import queries_events as events
from server.contacts import queries as contacts
from server.contacts import queries_circles as circles
from server.contacts import queries_imports as imports
from server.contacts.queries_filters import Due, Wanted
from server.contacts.search_rules import sought_words
from server.groups import queries as groups
from server.groups import queries_tags as tags
from server.interactions import queries as interactions
from server.interactions.rules import State
from server.jobs import retention
from server.lib.due import due_before
from server.lib.scope import Scope
from server.suggestions import queries as suggestions
from server.users import queries as users
from server.users import queries_idempotency as idempotency

Call = Callable[[], Awaitable[Any]]


async def calls(scope: Scope) -> dict[str, Call]:
    """Return the calls of one reader by the request that makes them."""
    contact = await _one("SELECT * FROM contacts WHERE user_id = $1 ORDER BY name_key OFFSET 300",
                         scope)  # fmt: skip
    group = await _one("SELECT id FROM groups WHERE user_id = $1", scope)
    tag = await _one("SELECT id FROM tags WHERE user_id = $1 ORDER BY name_key", scope)
    session = await _one("SELECT id FROM sessions WHERE user_id = $1 ORDER BY expires_at DESC",
                         scope)  # fmt: skip
    due = Due(wanted=True, now=NOW, before=due_before(NOW, ZoneInfo(ZONE)))
    not_due = Due(wanted=False, now=NOW, before=due.before)
    after = (contact["name_key"], contact["id"])

    def listed(after: Any = None, **wanted: Any) -> Call:
        return lambda: contacts.list_contacts(scope, Wanted(**wanted), after=after, limit=51)

    def searched(text: str) -> Call:
        return listed(words=sought_words(text))

    def nearly(text: str) -> Call:
        wanted = Wanted(words=sought_words(text))
        return lambda: contacts.list_nearly(scope, wanted, after=None, limit=51)

    def talked(**filters: Any) -> Call:
        known = dict.fromkeys(("contact_id", "state", "earliest", "before", "after"))
        return lambda: interactions.list_interactions(scope, **{**known, **filters}, limit=51)

    def suggested(*states: str, contact_id: Any = None) -> Call:
        return lambda: suggestions.list_suggestions(
            scope, states=states, contact_id=contact_id, after=None, limit=51
        )

    return {
        "contacts": listed(),
        "contacts, a later page": listed(after),
        "contacts?group=": listed(group_id=group["id"]),
        "contacts?tag=": listed(tag_id=tag["id"]),
        "contacts?circle=inner": listed(circle="inner"),
        "contacts?circle=casual": listed(circle="casual"),
        "contacts?archived=true": listed(archived="true"),
        "contacts?due=true": listed(due=due),
        "contacts?due=false": listed(due=not_due),
        "contacts?due=true&circle=inner": listed(due=due, circle="inner"),
        "contacts?search=smith": searched("smith"),
        "contacts?search=john sch": searched("john sch"),
        "contacts?search=qq": searched("qq"),
        "contacts?search=nobody there": searched("nobody there"),
        "contacts?search=jon smth, with errors": nearly("jon smth"),
        "contacts?search=gerogia, with errors": nearly("gerogia"),
        "contacts/circles": lambda: circles.count_circles(scope),
        "contacts/ID": lambda: contacts.get_contact(scope, contact["id"]),
        "contacts/export, a page": lambda: contacts.list_whole_page(scope, after=after, limit=500),
        "contacts/import, a batch": lambda: imports.list_known(
            scope,
            ids=[],
            fingerprints=[],
            uids=[f"card-{n}" for n in range(500)],
            name_keys=[f"john mulsmi{n}" for n in range(500)],
        ),
        "contacts/ID/tags": lambda: tags.list_contact_tags(
            scope, contact["id"], after=None, limit=51
        ),
        "groups": lambda: groups.list_groups(scope, archived="false", after=None, limit=51),
        "tags": lambda: tags.list_tags(scope, after=None, limit=51),
        "tags, all keys": lambda: tags.list_tag_keys(scope),
        "interactions": talked(),
        "interactions?state=planned": talked(state=State.PLANNED),
        "interactions?from": talked(earliest=NOW - timedelta(days=30)),
        "contacts/ID/interactions": talked(contact_id=contact["id"]),
        "suggestions?state=pending": suggested("pending"),
        "suggestions?state=open": suggested("pending", "snoozed", "accepted"),
        "suggestions?state=expired": suggested("expired"),
        "suggestions": suggested(*_STATES),
        "suggestions?contact=": suggested(*_STATES, contact_id=contact["id"]),
        "calendars/events": lambda: events.list_occurrences(
            scope, NOW, NOW + timedelta(days=30), None, first=None, skip=0, limit=51
        ),
        "calendars/free-slots": lambda: events.list_busy([scope], NOW, NOW + timedelta(days=14)),
        "any request: its session": lambda: users.find_session(session["id"], now=NOW),
        "any write: its key": lambda: idempotency.get_reply(scope, "key7", now=NOW),
        "sign-in: the user": lambda: users.find_user_by_email("u7@example.org"),
        **_nightly(),
    }


_STATES = ("pending", "accepted", "dismissed", "snoozed", "expired", "confirmed", "missed")


def _nightly() -> dict[str, Call]:
    return {f"retention: {kept.table}": _old(kept) for kept in retention.policy(config.settings())}


def _old(kept: retention.Kept) -> Call:
    sql = f"SELECT id FROM {kept.table} WHERE {kept.condition} LIMIT 1000"
    return lambda: db.fetch(sql, NOW - timedelta(days=kept.days))


async def _one(sql: str, scope: Scope) -> Any:
    return await db.fetch_row(f"{sql} LIMIT 1", scope.user_id)
