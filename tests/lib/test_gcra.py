import pytest

from server.lib.gcra import Budgets, Rule

MINUTE = Rule(60, 60)
NOW = 1_800_000_000_000_000
SECOND = 1_000_000


def take(budgets, *, at=NOW, key="ana", rule=MINUTE):
    return budgets.take(key, rule, now_us=at)


def test_the_whole_budget_may_be_spent_at_once():
    budgets = Budgets(10)

    verdicts = [take(budgets) for _ in range(61)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 60 + [False]
    assert [verdict.remaining for verdict in verdicts] == [*range(59, -1, -1), 0]


def test_one_request_is_earned_back_each_second():
    budgets = Budgets(10)
    for _ in range(60):
        take(budgets)

    assert not take(budgets, at=NOW + SECOND - 1).allowed
    assert take(budgets, at=NOW + SECOND).allowed
    assert not take(budgets, at=NOW + SECOND).allowed


def test_a_refused_request_costs_nothing():
    budgets = Budgets(10)
    for _ in range(200):
        take(budgets)

    assert take(budgets, at=NOW + SECOND).allowed


def test_the_refusal_says_when_to_come_back():
    budgets = Budgets(10)
    for _ in range(60):
        take(budgets)

    refused = take(budgets, at=NOW + SECOND // 2)

    assert (refused.retry_after_s, refused.reset_s) == (1, 60)


def test_reset_is_when_the_budget_is_full():
    budgets = Budgets(10)
    take(budgets)

    assert take(budgets, at=NOW + 10 * SECOND).reset_s == 1


def test_an_hourly_budget_comes_back_evenly():
    budgets = Budgets(10)
    refused = [take(budgets, rule=Rule(10, 3600)) for _ in range(11)][-1]

    assert (refused.allowed, refused.retry_after_s) == (False, 360)


def test_budgets_are_apart():
    budgets = Budgets(10)
    for _ in range(61):
        take(budgets)

    assert take(budgets, key="ben").remaining == 59


def test_a_clock_set_back_a_day_locks_nobody_out_for_a_day():
    budgets = Budgets(10)
    take(budgets)

    earlier = NOW - 86_400 * SECOND
    take(budgets, at=earlier)

    assert take(budgets, at=earlier + SECOND).allowed


def test_the_oldest_budget_makes_room():
    budgets = Budgets(2)
    for key in ("ana", "ben", "ana", "cleo"):
        take(budgets, key=key)

    assert len(budgets) == 2
    assert take(budgets, key="ana").remaining == 57


@pytest.mark.parametrize("count", [1, 7, 60, 100_000, 90_000_000])
def test_any_limit_is_kept(count):
    budgets = Budgets(10)
    rule = Rule(count, 60)

    assert take(budgets, rule=rule).remaining == count - 1
