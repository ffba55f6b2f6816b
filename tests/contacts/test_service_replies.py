"""What a write answers is what the next GET does, though nothing is read again for it."""

import json
import random
from datetime import timedelta

import pytest

from server.contacts import service
from server.contacts.schemas import ContactIn, ContactPatch
from server.groups import service as groups
from server.groups.schemas import GroupIn
from server.interactions import service as interactions
from server.interactions.schemas import InteractionIn
from tests.contacts.factories import make_contact
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1, microseconds=7)
TEXTS = ("", "a", "Zoë  Ångström", "北京 & <b>", "line\nline", "=1+1", "İ" * 40)
LABELS = (None, "", "home")


def random_fields(chance):
    """Return the fields of a request, each there or not, with whatever fits it."""

    def points(*values, **more):
        return [
            {
                "value": chance.choice(values),
                "label": chance.choice(LABELS),
                "preferred": chance.random() < 0.5,
                "confirmed_at": chance.choice(
                    (None, MONDAY.isoformat(), "2026-03-01T12:00:00+05:30")
                ),
                **more,
            }
            for _ in range(chance.randrange(3))
        ]

    fields = {
        "name": chance.choice(("Ana", "émile", "李")),
        "visibility": chance.choice(("private", "household")),
        "nickname": chance.choice((None, "", "Ani")),
        "organisation": chance.choice((None, "Silva & Söhne")),
        "location": chance.choice((None, "", "Berlin", "Springfield", "nowhere at all")),
        "zone": chance.choice((None, "Asia/Tokyo")),
        "notes": chance.choice((None, *TEXTS)),
        "phones": points("030 901820", "+49 30 901820", "no number"),
        "emails": points("Ana@Example.org", "b@example.org"),
        "addresses": points("Street 1", street="Street 1", country="DE"),
        "links": points("https://example.org"),
        "socials": points("@ana"),
        "dates": [
            {"kind": kind, "month": 2, "day": chance.randint(1, 28), "label": chance.choice(LABELS)}
            for kind in ("birthday", "other", "anniversary", "other")[: chance.randrange(5)]
        ],
        "custom_fields": chance.choice(({}, {"a": 1.5, "b": True, "c": "x", "d": 2**53 - 1})),
        "cadence": chance.choice((None, "weekly", "none")),
        "circle": chance.choice((None, "inner", "casual")),
        "paused_until": chance.choice((None, "2026-05-01T12:00:00.000123Z")),
        "never_suggest": chance.random() < 0.5,
        "preferred_way": chance.choice((None, "remote")),
    }
    return {name: value for name, value in fields.items() if chance.random() < 0.7}


@pytest.mark.parametrize("seed", range(12))
async def test_what_a_create_answers_is_what_a_get_does(member, seed):
    data = ContactIn.model_validate({"name": "Ana", **random_fields(random.Random(seed))})

    made = await service.create_contact(member.scope, data, now=LATER)

    read = await service.get_contact(member.scope, made.read().id)
    assert (json.loads(made.body), made.version) == (json.loads(read.body), read.version)


@pytest.mark.parametrize("seed", range(12))
async def test_what_an_edit_answers_is_what_a_get_does(member, seed):
    chance = random.Random(seed)
    contact = await make_contact(member, **random_fields(chance) | {"name": "Ana"})
    group = await groups.create_group(
        member.scope, GroupIn(name="Band", cadence="daily"), now=LATER
    )
    await groups.add_members(member.scope, group.id, [contact.id], now=LATER)
    talk = {"contact_ids": [contact.id], "kind": "call", "occurred_at": MONDAY}
    await interactions.create(member.scope, InteractionIn.model_validate(talk), now=LATER)
    if seed % 2:
        await service.archive_contact(member.scope, contact.id, now=LATER)
    wishes = chance.choice(({}, {"custom_fields": {"a": None, "e": "new", "b": 1}}))
    data = ContactPatch.model_validate(random_fields(chance) | wishes)

    edited = await service.patch_contact(member.scope, contact.id, data, expected=None, now=LATER)

    read = await service.get_contact(member.scope, contact.id)
    assert (json.loads(edited.body), edited.version) == (json.loads(read.body), read.version)


async def test_each_instant_and_number_is_written_as_the_model_would(member):
    for seed in range(12):
        contact = await make_contact(member, **random_fields(random.Random(seed)) | {"name": "Ana"})

        read = await service.get_contact(member.scope, contact.id)

        assert json.loads(read.body) == json.loads(read.read().model_dump_json())


async def test_an_edit_takes_two_statements_and_no_transaction(member, statements):
    contact = await make_contact(member)
    statements.clear()

    await service.patch_contact(
        member.scope, contact.id, ContactPatch(nickname="Ben"), expected=None, now=LATER
    )

    assert len(statements) == 2


async def test_making_a_contact_takes_one_statement(member, statements):
    await make_contact(member)
    statements.clear()
    data = ContactIn.model_validate({"name": "Ana", "phones": [{"value": "030 901820"}]})

    await service.create_contact(member.scope, data, now=LATER, home_zone="Europe/Berlin")

    assert len(statements) == 1
