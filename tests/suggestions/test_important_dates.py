"""Important dates as a trigger, from the contact's card to the suggestion that a member reads."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.suggestions import generation, service
from server.suggestions.schemas import DismissIn
from tests.contacts.factories import make_contact
from tests.suggestions.pending import open_of
from tests.times import MONDAY


async def remembered(member, *, now=MONDAY, name="Ben", **important):
    """Make a contact who was talked to yesterday and has a date; return what a pass says."""
    contact = await make_contact(member, name, dates=[important], now=now - timedelta(days=9))
    await interactions.record_confirmed(
        member.scope, [contact.id], Kind.CALL, now - timedelta(days=1), None, now=now
    )
    await generation.generate([member.scope], now=now)
    return contact, await open_of(member, now=now)


@pytest.mark.parametrize(
    ("important", "says"),
    [
        (
            {"kind": "birthday", "month": 3, "day": 9, "year": 1990},
            "Ben's birthday is on 9 March: 36 years.",
        ),
        ({"kind": "birthday", "month": 3, "day": 9}, "Ben's birthday is on 9 March."),
        (
            {"kind": "anniversary", "month": 3, "day": 16, "year": 2016},
            "A date to remember with Ben: anniversary, on 16 March: 10 years.",
        ),
        (
            {"kind": "anniversary", "label": "wedding", "month": 3, "day": 2},
            "A date to remember with Ben: wedding, on 2 March.",
        ),
        ({"kind": "other", "month": 3, "day": 5}, "A date to remember with Ben is on 5 March."),
    ],
)
async def test_a_near_date_prompts_and_says_so(member, important, says):
    _, [found] = await remembered(member, **important)

    assert (found.trigger, found.reasons[0].text) == ("important_date", says)


async def test_the_slot_is_on_the_day_or_before_it(member):
    _, [found] = await remembered(member, kind="birthday", month=3, day=7)

    assert found.slot_start.date() == date(2026, 3, 7)


async def test_the_29th_of_february_is_kept_on_the_28th_in_other_years(member):
    now = datetime(2027, 2, 20, 9, tzinfo=UTC)
    _, [found] = await remembered(member, now=now, kind="birthday", month=2, day=29, year=2000)

    assert found.reasons[0].text == "Ben's birthday is on 28 February: 27 years."
    assert found.slot_start.date() <= date(2027, 2, 28)


async def test_a_date_around_new_year_is_seen_from_the_old_one(member):
    now = datetime(2026, 12, 28, 9, tzinfo=UTC)
    _, [found] = await remembered(member, now=now, kind="birthday", month=1, day=3, year=1987)

    assert found.reasons[0].text == "Ben's birthday is on 3 January 2027: 40 years."


@pytest.mark.parametrize(
    "important",
    [
        {"kind": "birthday", "month": 3, "day": 17},  # beyond the fortnight
        {"kind": "birthday", "month": 3, "day": 1},  # yesterday
        {"kind": "anniversary", "month": 3, "day": 9, "year": 2027},  # not yet
    ],
)
async def test_a_date_that_is_not_near_prompts_nobody(member, important):
    _, found = await remembered(member, **important)

    assert found == []


async def test_a_contact_due_near_its_birthday_has_one_suggestion_that_names_both(member):
    await make_contact(member, "Ben", dates=[{"kind": "birthday", "month": 3, "day": 9}])

    await generation.generate([member.scope], now=MONDAY)
    await generation.generate([member.scope], now=MONDAY)

    [found] = await open_of(member)
    assert found.trigger == "timebound"
    assert "important_date" in {reason.code for reason in found.reasons}


async def test_a_birthday_that_was_answered_prompts_no_second_time(member):
    _, [found] = await remembered(member, kind="birthday", month=3, day=12)
    await service.dismiss(
        member.scope, found.id, DismissIn(reason="bad_timing", met_at=None), now=MONDAY
    )

    await generation.generate([member.scope], now=MONDAY + timedelta(days=8))

    assert await open_of(member, now=MONDAY + timedelta(days=8)) == []


async def test_why_names_the_date_and_what_is_in_its_way(member):
    contact, [found] = await remembered(member, kind="birthday", month=3, day=9)

    open_one = await service.why(member.scope, contact.id, now=MONDAY)
    assert open_one.suggestion_id == found.id
    assert open_one.reasons[0].text == "Ben's birthday is on 9 March."

    pause = ContactPatch(paused_until=MONDAY + timedelta(days=30))
    await contacts.patch_contact(member.scope, contact.id, pause, expected=None, now=MONDAY)
    paused = await service.why(member.scope, contact.id, now=MONDAY)
    assert "paused" in {blocker.code for blocker in paused.blockers}
    assert paused.reasons[0].text == "Ben's birthday is on 9 March."
