"""Mistakes by which messages get lost, double or are read; see bugs.py."""

from tests.planted.bugs import Bug

KILLED = "test_killed_at_each_step_a_message_is_sent_once"
DRILL = "tests/messages/test_kill_drill.py"


def _test(file: str, function: str) -> str:
    return f"{file}::{function}"


BUGS = (
    Bug(
        "a message in doubt that is sent again without asking",
        "server/messages/sending.py",
        "    answer = await _ask(attempt, channel)\n",
        "    answer: Found | Absent | CannotTell = Absent()\n",
        (
            f"tests/messages/test_killed.py::{KILLED}",
            _test(
                "tests/messages/test_sending.py",
                "test_an_answer_that_was_lost_is_found_and_nothing_is_sent_twice",
            ),
            f"{DRILL}::test_a_few_lines_that_drop_double_nothing",
        ),
    ),
    Bug(
        "an outbox that does not say that a message may have left",
        "server/messages/queries_sending.py",
        "SET state = 'sending', lease_token = $3",
        "SET state = 'pending', lease_token = $3",
        (
            f"tests/messages/test_killed.py::{KILLED}",
            f"{DRILL}::test_a_killed_worker_loses_nothing_and_doubles_nothing",
        ),
    ),
    Bug(
        "a message that is written whether its cause is committed or not",
        "server/outbox/service.py",
        "    is_first = await queries.insert_message(",
        "    db.engine().current_transaction.set(None)\n"
        "    is_first = await queries.insert_message(",
        ("tests/outbox/test_service.py::test_what_is_taken_back_leaves_no_message",),
    ),
    Bug(
        "a list of a provider that is believed at once",
        "server/messages/rules.py",
        "LIST_LAG = timedelta(seconds=15)",
        "LIST_LAG = timedelta(seconds=0)",
        ("tests/messages/test_sending.py::test_a_list_that_lags_makes_nothing_leave_twice",),
    ),
    Bug(
        "a sender that decides after it lost its lease",
        "server/messages/queries_outcomes.py",
        "AND id = $3 AND lease_token = $4",
        "AND id = $3 AND $4::uuid IS NOT NULL",
        ("tests/messages/test_sending.py::test_a_sender_that_lost_its_lease_decides_nothing",),
    ),
    Bug(
        "two senders that count a user's hour at the same time",
        "server/messages/queries_sending.py",
        "FOR NO KEY UPDATE OF m, u SKIP LOCKED",
        "FOR NO KEY UPDATE OF m SKIP LOCKED",
        ("tests/messages/test_sending.py::test_two_senders_at_once_find_no_place_twice",),
    ),
    Bug(
        "an alert about an alert",
        "server/alerts/queries_late.py",
        "AND cause_kind IS DISTINCT FROM 'alert'",
        "AND true",
        (
            _test(
                "tests/alerts/test_service_late.py",
                "test_an_alert_that_cannot_leave_is_no_reason_for_an_alert",
            ),
        ),
    ),
    Bug(
        "an admin who reads what a message says",
        "server/admin/queries_messages.py",
        "CASE WHEN provider = 'console' THEN body END AS printed",
        "body AS printed",
        (
            _test(
                "tests/admin/test_routes_messages.py",
                "test_no_text_is_shown_of_a_message_that_went_out",
            ),
        ),
    ),
    Bug(
        "an admin who doubles a message without knowing",
        "server/admin/service_messages.py",
        'if row["state"] == "unknown" and not confirm:',
        'if row["state"] == "failed" and not confirm:',
        (
            _test(
                "tests/admin/test_routes_messages.py",
                "test_an_unknown_message_is_sent_again_only_by_who_knows_it_may_double",
            ),
        ),
    ),
)
