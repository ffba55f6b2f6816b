"""What goes to the trail besides signing in and imports: by the API, as clients do it."""

from server import db
from tests.owned import own_one_of_each


async def entries(*words):
    rows = await db.fetch(
        """SELECT action, subject_id, details FROM audit_entries
            WHERE split_part(action, '.', 1) = ANY($1) ORDER BY sequence""",
        list(words),
    )
    return [(row["action"], row["subject_id"], row["details"]) for row in rows]


async def test_a_feed_from_its_making_to_its_end(client, member):
    ids = await own_one_of_each(client, member)
    reply = await client.delete(f"/api/feeds/{ids['feed']}", headers=member.headers)

    assert reply.status_code == 204
    assert await entries("feed") == [
        ("feed.created", ids["feed"], {}),
        ("feed.revoked", ids["feed"], {}),
    ]


async def test_a_connection_from_its_making_to_its_end(client, member):
    ids = await own_one_of_each(client, member)
    path = f"/api/calendars/connections/{ids['connection']}"
    moved = {"url": "https://calendar.example.org/moved.ics"}
    assert (await client.patch(path, headers=member.headers, json=moved)).status_code == 200
    renamed = {"name": "Work"}
    assert (await client.patch(path, headers=member.headers, json=renamed)).status_code == 200
    assert (await client.delete(path, headers=member.headers)).status_code == 204

    assert [(action, subject) for action, subject, _ in await entries("connection")] == [
        ("connection.created", ids["connection"]),
        ("connection.link_changed", ids["connection"]),
        ("connection.removed", ids["connection"]),
    ]


async def test_a_deleted_contact(client, member):
    ids = await own_one_of_each(client, member)
    reply = await client.delete(f"/api/contacts/{ids['contact']}", headers=member.headers)

    assert reply.status_code == 204
    assert await entries("contact") == [("contact.deleted", ids["contact"], {})]


async def test_an_export_with_the_number_of_contacts(client, member, housemate):
    await own_one_of_each(client, member)
    await own_one_of_each(client, housemate)
    for kind in ("vcf", "json"):
        path = f"/api/contacts/export?format={kind}"
        assert (await client.get(path, headers=member.headers)).status_code == 200

    found = [entry for entry in await entries("contacts") if entry[0] == "contacts.exported"]
    assert [details for _, _, details in found] == [
        {"contacts": 2, "format": "vcf"},
        {"contacts": 2, "format": "json"},
    ]


async def test_what_was_refused_is_not_recorded(client, member):
    ids = await own_one_of_each(client, member)
    before = await db.fetch_value("SELECT count(*) FROM audit_entries")
    headers = {**member.headers, "If-Match": '"9"'}
    for path in (f"contacts/{ids['contact']}", f"feeds/{ids['feed']}"):
        assert (await client.delete(f"/api/{path}", headers=headers)).status_code == 412

    assert await db.fetch_value("SELECT count(*) FROM audit_entries") == before
