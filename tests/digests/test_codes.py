from datetime import timedelta
from uuid import UUID

import pytest

from server import db
from server.digests import codes, queries_codes
from server.digests.codes import HIGHEST, Coded, Counter, Purpose, code_of, new_codes
from server.lib.ids import uuid7
from tests.rows import insert_suggestion, make
from tests.times import MONDAY

SUGGESTION, CONFIRMATION = Purpose.SUGGESTION, Purpose.CONFIRMATION
DAY = timedelta(days=1)


@pytest.fixture
def suggest(member):
    """Insert a suggestion, each with a slot of its own."""
    made = []

    async def one(owner=member, **values):
        made.append(owner)
        return await insert_suggestion(owner, slot_start=MONDAY + len(made) * DAY, **values)

    return one


async def tell(owner, *told, number=1, now=MONDAY, purpose=SUGGESTION):
    """Write a message that gives these suggestions codes from `number` on; return its id."""
    message_id = await make("outbox_messages", owner)
    numbers = {suggestion_id: number + at for at, suggestion_id in enumerate(told)}
    await queries_codes.insert_codes(
        [owner.scope], new_codes(owner.scope, [message_id], numbers, purpose), now=now
    )
    return message_id


async def close(suggestion_id, state="dismissed"):
    await db.execute(
        """UPDATE suggestions SET state = $2::text, closed_at = $3,
            dismissed_reason = CASE WHEN $2::text = 'dismissed' THEN 'other' END WHERE id = $1""",
        suggestion_id,
        state,
        MONDAY,
    )


async def meant(owner, *, now=MONDAY):
    """Return the suggestion that the user means by 1, or None."""
    found = await codes.resolve(owner.scope, 1, now=now)
    return found and found.suggestion_id


async def test_a_code_is_the_suggestion_of_that_message(member, suggest):
    first, second = await suggest(), await suggest()
    message_id = await tell(member, first, second)

    found = await codes.resolve(member.scope, 2, now=MONDAY)

    assert found == Coded(2, second, SUGGESTION, message_id)


async def test_the_newest_message_that_used_a_code_has_the_say(member, suggest):
    old, new = await suggest(), await suggest()
    await tell(member, old)
    await tell(member, new, number=1 + HIGHEST, now=MONDAY + DAY)

    assert await meant(member) == new


async def test_an_answered_one_leaves_its_code_to_the_message_before(member, suggest):
    old, new = await suggest(), await suggest()
    await tell(member, old)
    await tell(member, new, number=1 + HIGHEST, now=MONDAY + DAY)
    await close(new)

    assert await meant(member) == old


@pytest.mark.parametrize("state", ["dismissed", "expired"])
async def test_the_code_of_what_is_over_is_nobodys(member, suggest, state):
    told = await suggest()
    await tell(member, told)
    await close(told, state)

    assert await codes.resolve(member.scope, 1, now=MONDAY) is None


async def test_a_question_is_open_only_while_its_suggestion_is_accepted(member, suggest):
    told = await suggest(state="accepted")
    await tell(member, told, purpose=CONFIRMATION)
    assert await meant(member) == told

    await close(told, "missed")

    assert await codes.resolve(member.scope, 1, now=MONDAY) is None


@pytest.mark.parametrize("code", [0, -1, 4, HIGHEST + 1, 10**12])
async def test_a_code_that_no_message_used_is_nobodys(member, suggest, code):
    await tell(member, await suggest())

    assert await codes.resolve(member.scope, code, now=MONDAY) is None


async def test_a_code_of_another_household_or_housemate_is_nobodys(
    member, stranger, housemate, suggest
):
    await tell(member, await suggest())

    assert await codes.resolve(stranger.scope, 1, now=MONDAY) is None
    assert await codes.resolve(housemate.scope, 1, now=MONDAY) is None


async def test_a_number_of_long_ago_means_nothing(member, suggest):
    await tell(member, await suggest())

    assert await meant(member, now=MONDAY + codes.LIFE) is None


async def test_open_codes_are_those_of_the_newest_message(member, suggest):
    old, first, second, third = [await suggest() for _ in range(4)]
    await tell(member, old)
    await tell(member, first, second, third, number=2, now=MONDAY + DAY)
    await close(second)

    found = await codes.list_open(member.scope, now=MONDAY)

    assert [(one.code, one.suggestion_id) for one in found] == [(2, first), (4, third)]


async def test_open_codes_stand_once_though_the_message_took_two_channels(member, suggest):
    told = await suggest()
    ids = [await make("outbox_messages", member) for _ in range(2)]
    await queries_codes.insert_codes(
        [member.scope], new_codes(member.scope, ids, {told: 1}, SUGGESTION), now=MONDAY
    )

    assert [one.code for one in await codes.list_open(member.scope, now=MONDAY)] == [1]


async def test_counters_go_on_where_the_last_message_ended(member, stranger, suggest):
    open_one, answered = await suggest(), await suggest()
    await tell(member, open_one, answered, number=7)
    await close(answered)

    found = await codes.counters([member.scope, stranger.scope])

    assert found[member.scope.user_id].number(uuid7(), SUGGESTION) == 9
    assert found[member.scope.user_id].number(open_one, SUGGESTION) == 7
    assert found[stranger.scope.user_id].number(uuid7(), SUGGESTION) == 1


def test_a_counter_never_repeats_a_code_before_it_has_been_round():
    counter = Counter()

    given = [code_of(counter.number(uuid7(), SUGGESTION)) for _ in range(HIGHEST)]

    assert given == list(range(1, HIGHEST + 1))


def test_round_again_the_code_of_an_open_one_is_passed_over():
    kept = UUID(int=1)
    counter = Counter(last=HIGHEST, held={(kept, SUGGESTION): 1, (UUID(int=2), SUGGESTION): 3})

    given = [code_of(counter.number(uuid7(), SUGGESTION)) for _ in range(2)]

    assert given == [2, 4]


def test_the_question_about_a_suggestion_has_a_code_of_its_own():
    counter = Counter()
    told = uuid7()

    assert counter.number(told, SUGGESTION) != counter.number(told, CONFIRMATION)


def test_with_every_code_open_the_counter_still_ends():
    counter = Counter(HIGHEST, {(UUID(int=n), SUGGESTION): n for n in range(1, HIGHEST + 1)})

    assert counter.number(uuid7(), SUGGESTION) == 2 * HIGHEST
