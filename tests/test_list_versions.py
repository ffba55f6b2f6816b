"""No write is forgotten: what changes a conditional list changes its name, whoever reads it.

Every write of the document is performed, and every job of the worker; a 304 afterwards means
that the list, sent in full, is what it was.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from server import db, versions
from server.calendars import jobs as calendars
from server.lib.clock import utc_now
from server.suggestions import jobs as suggestions
from tests.factories import make_member
from tests.openapi_walk import ENDS_THE_SESSION, NEEDED_QUERY, operations
from tests.owned import TABLES, make_key, own_one_of_each, states_for

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# A member has none of what they change, and no list shows it.
OF_KEYS = {"rotate_keys", "retire_key", "revoke_key"}
"""What admins do to keys changes no list; what else they do is tried in tests/admin."""


def view_of(app, operation):
    return next(view for view in app.view_functions.values() if view.__name__ == operation.name)


class Readers:
    """Members who read every conditional list, each with and without the ids it may ask for."""

    def __init__(self, client, members):
        self.client = client
        self.members = members
        self.operations = [
            operation
            for operation in operations(client.app)
            if getattr(view_of(client.app, operation), "is_conditional", False)
        ]
        self.known = {}

    def requests(self, ids):
        for number, (reader, own) in enumerate(zip(self.members, ids, strict=True)):
            for operation in self.operations:
                narrow = operation.request(reader, own)
                always = {"limit": 1000} if "limit" in operation.query else {}
                spans = {n: value for n, value in narrow.query.items() if n in NEEDED_QUERY}
                for query in ({**always, **spans}, {**always, **narrow.query}):
                    name = (number, operation.name, *query)
                    yield name, reader, replace(narrow, query=query)

    async def read(self, ids):
        """Read every list with its name."""
        for name, reader, request in self.requests(ids):
            reply = await request.send(self.client, reader.headers)
            assert reply.status_code == 200, (name, await reply.get_data())
            self.known[name] = (reply.headers["ETag"], await reply.get_data())

    async def misled(self, ids):
        """Return the lists that are said to be what they were, and are not."""
        found = []
        for name, reader, request in self.requests(ids):
            tag, body = self.known[name]
            again = await request.send(self.client, reader.headers | {"If-None-Match": tag})
            if again.status_code == 304:
                now = await (await request.send(self.client, reader.headers)).get_data()
                found += [name] if now != body else []
        return found


@pytest.fixture
def readers(client, member, housemate):
    return Readers(client, [member, housemate])


async def make(readers, **states):
    """Make one of each kind for both, shared where it can be, and nothing else; return the ids."""
    # Not the sessions that they read with.
    for table in {*TABLES.values(), "totp_factors", "recovery_codes"} - {"sessions"}:
        await db.execute(f"DELETE FROM {table}")
    ids = [await own_one_of_each(readers.client, one, **states) for one in readers.members]
    for table in ("contacts", "interactions"):
        await db.execute(f"UPDATE {table} SET visibility = 'household'")
    return ids


def test_all_lists_of_the_contract_are_conditional(readers):
    names = {operation.name for operation in readers.operations}

    assert names >= {"list_contacts", "list_suggestions", "list_calendars"}


async def test_no_write_leaves_a_list_with_its_old_name(readers):
    writer, wrong = readers.members[0], []
    for operation in operations(readers.client.app):
        if (
            operation.method not in WRITES
            or operation.is_public
            or operation.name in ENDS_THE_SESSION
            or (operation.is_for_admins and operation.name not in OF_KEYS)
        ):
            continue
        ids = await make(readers, **states_for(operation.name))
        ids[0]["key"] = await make_key()
        await readers.read(ids)

        reply = await operation.request(writer, ids[0]).send(readers.client, writer.headers)

        assert reply.status_code < 300, (operation.name, await reply.get_data())
        wrong += [(operation.name, *name) for name in await readers.misled(ids)]

    assert not wrong


async def test_the_walk_sees_a_write_that_says_nothing(readers, monkeypatch):
    ids = await make(readers)
    await readers.read(ids)

    async def forget(*_):
        pass

    monkeypatch.setattr(versions, "changed", forget)
    reply = await readers.client.delete(
        f"/api/contacts/{ids[0]['contact']}", headers=readers.members[0].headers
    )

    assert reply.status_code == 204
    assert {name[:2] for name in await readers.misled(ids)} >= {
        (0, "list_contacts"),
        (0, "list_group_members"),
        (0, "list_suggestions"),
        (1, "list_contacts"),
    }


async def suggest_to_both(readers):
    for member in readers.members:
        await suggestions.suggest_to_user(
            {}, household_id=str(member.scope.household_id), user_id=str(member.scope.user_id)
        )


@pytest.mark.parametrize(
    "job",
    [
        lambda _: calendars.expand_calendars({}),
        lambda _: suggestions.close_suggestions({}),
        lambda _: suggestions.generate_suggestions({}),
        suggest_to_both,
    ],
    ids=["expand_calendars", "close_suggestions", "generate_suggestions", "suggest_to_user"],
)
async def test_no_job_leaves_a_list_with_its_old_name(readers, job):
    ids = await make(readers)
    # Something to do for each: a slot that is over, occurrences that do not reach far enough.
    await db.execute(
        "UPDATE suggestions SET slot_start = $1, slot_end = $2 WHERE user_id = $3",
        utc_now() - timedelta(hours=2),
        utc_now() - timedelta(hours=1),
        readers.members[0].scope.user_id,
    )
    await db.execute("UPDATE calendars SET expanded_until = now() - interval '9 days'")
    await readers.read(ids)

    await job(readers)

    assert await readers.misled(ids) == []


async def test_another_household_keeps_its_lists(readers):
    ids = await make(readers)
    elsewhere = Readers(readers.client, [await make_member()])
    theirs = [await own_one_of_each(readers.client, elsewhere.members[0])]
    await elsewhere.read(theirs)

    url = f"/api/contacts/{ids[0]['contact']}"
    await readers.client.delete(url, headers=readers.members[0].headers)

    for name, reader, request in elsewhere.requests(theirs):
        known = {"If-None-Match": elsewhere.known[name][0]}
        assert (await request.send(readers.client, reader.headers | known)).status_code == 304
