import pytest

from server.contacts import queries, rules, service, service_bulk, service_rows
from server.contacts.drafts import ContactDraft, DateDraft, PointDraft, SettingsDraft
from server.contacts.schemas import ContactPatch
from server.groups import service_tags
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.paging import PageQuery
from tests.contacts.factories import make_contact
from tests.times import MONDAY


def prepared(name="Ben", *, contact_id=None, version=0, **fields):
    draft = ContactDraft(name=name, **{"source": "import", **fields})
    return rules.prepare(contact_id or uuid7(), draft, home_zone="Europe/Berlin", version=version)


async def test_everything_that_a_draft_says_is_stored(member):
    contact = prepared(
        location="Berlin",
        notes="met in spring",
        custom_fields={"shoe size": 42},
        points=(
            PointDraft(kind="phone", value="030 901820", label="home", source="import"),
            PointDraft(kind="address", value="Gasse 1", components={"street": "Gasse 1"}),
        ),
        dates=(DateDraft(kind="birthday", month=2, day=29),),
        settings=SettingsDraft(cadence_days=12, circle="inner"),
        tags=("jazz",),
    )

    await service_bulk.insert_contacts(member.scope, [contact], now=MONDAY)

    stored = (await service.get_contact(member.scope, contact.id)).read()
    assert (stored.source, stored.notes, stored.custom_fields) == (
        "import",
        "met in spring",
        {"shoe size": 42},
    )
    assert [(p.normalised, p.source) for p in stored.phones] == [("+4930901820", "import")]
    assert [address.street for address in stored.addresses] == ["Gasse 1"]
    assert [(date.kind, date.year) for date in stored.dates] == [("birthday", None)]
    assert (stored.cadence_days, stored.circle) == (12, "inner")
    assert [tag.name for tag in stored.tags] == ["jazz"]


async def test_points_keep_the_order_of_the_draft(member):
    values = [f"{n}@example.org" for n in range(12)]
    contact = prepared(points=tuple(PointDraft(kind="email", value=v) for v in values))

    await service_bulk.insert_contacts(member.scope, [contact], now=MONDAY)

    stored = (await service.get_contact(member.scope, contact.id)).read()
    assert [email.value for email in stored.emails] == values


@pytest.mark.parametrize(
    ("tags", "most"),
    [
        ((), 1),
        # The contacts; the tags that there are; who has which.
        (("jazz",), 3),
        # And a lock, a second look, and the new tags: two who want nearly the same take turns.
        (("jazz", "choir {}"), 6),
    ],
)
async def test_an_import_takes_the_same_few_statements_for_many_as_for_one(
    member, statements, tags, most
):
    def batch(first, count):
        return [
            prepared(
                f"Contact {n}",
                points=tuple(PointDraft(kind="phone", value=f"+49 30 9018{i}") for i in range(5)),
                dates=(DateDraft(kind="birthday", month=1, day=1),),
                tags=tuple(tag.format(n) for tag in tags),
            )
            for n in range(first, first + count)
        ]

    # The household's keys are in memory from now on, and there is a tag.
    await service_bulk.insert_contacts(member.scope, [prepared(tags=("jazz",))], now=MONDAY)
    counts = []
    for first, size in ((0, 1), (1, 60)):
        statements.clear()
        await service_bulk.insert_contacts(member.scope, batch(first, size), now=MONDAY)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= most


async def test_near_duplicate_tags_of_one_import_become_one_tag(member):
    contacts = [prepared(tags=("Rock Climbing",)), prepared(tags=("rock climbin",))]

    await service_bulk.insert_contacts(member.scope, contacts, now=MONDAY)

    tags = (await service_tags.list_tags(member.scope, PageQuery())).items
    assert [(tag.name, tag.contact_count) for tag in tags] == [("Rock Climbing", 2)]


async def test_an_import_says_where_its_tags_come_from(member):
    contact = prepared(tags=("jazz",))

    await service_bulk.insert_contacts(member.scope, [contact], now=MONDAY)

    tags = await service_tags.list_contact_tags(member.scope, contact.id, PageQuery())
    assert [tag.source for tag in tags.items] == ["import"]


async def test_an_update_replaces_only_contacts_of_the_version_that_was_read(member):
    fresh, stale = await make_contact(member, "Fresh"), await make_contact(member, "Stale")

    replaced = await service_bulk.update_contacts(
        member.scope,
        [
            prepared("Fresh 2", contact_id=fresh.id, version=fresh.version),
            prepared(
                "Stale 2",
                contact_id=stale.id,
                version=stale.version + 1,
                points=(PointDraft(kind="link", value="https://example.org"),),
            ),
        ],
        now=MONDAY,
    )

    untouched = (await service.get_contact(member.scope, stale.id)).read()
    assert replaced == {fresh.id}
    assert (untouched.name, untouched.links, untouched.version) == ("Stale", [], 1)


async def test_an_update_cannot_reach_another_household(member, stranger):
    contact = await make_contact(member)
    foreign = prepared("Mine now", contact_id=contact.id, version=1)

    assert await service_bulk.update_contacts(stranger.scope, [foreign], now=MONDAY) == set()


async def test_an_edit_keeps_what_an_import_could_not_place(member):
    contact = prepared(kept_properties=[["X-SKYPE", "ben"]], uid="urn:uuid:1")
    await service_bulk.insert_contacts(member.scope, [contact], now=MONDAY)

    await service.patch_contact(
        member.scope, contact.id, ContactPatch(name="Benjamin"), expected=None, now=MONDAY
    )

    row = await queries.get_contact(member.scope, contact.id)
    assert row is not None
    stored = service_rows.draft(row, await keys.box(member.scope.household_id))
    assert (stored.name, stored.uid, stored.source) == ("Benjamin", "urn:uuid:1", "import")
    assert stored.kept_properties == [["X-SKYPE", "ben"]]
