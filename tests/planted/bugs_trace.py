"""Mistakes in what an admin is shown and told of messages; see bugs.py."""

from tests.planted.bugs import Bug

TRACE = (
    Bug(
        "an alert about an alert",
        "server/alerts/queries_late.py",
        "AND cause_kind IS DISTINCT FROM 'alert'",
        "AND true",
        (
            (
                "tests/alerts/test_service_late.py"
                "::test_an_alert_that_cannot_leave_is_no_reason_for_an_alert"
            ),
        ),
    ),
    Bug(
        "an admin who reads what a message says",
        "server/admin/queries_messages.py",
        "CASE WHEN provider = 'console' THEN body END AS printed",
        "body AS printed",
        (
            (
                "tests/admin/test_routes_messages.py"
                "::test_no_text_is_shown_of_a_message_that_went_out"
            ),
        ),
    ),
    Bug(
        "an admin who doubles a message without knowing",
        "server/admin/service_messages.py",
        'if row["state"] == "unknown" and not confirm:',
        'if row["state"] == "failed" and not confirm:',
        (
            (
                "tests/admin/test_routes_messages.py"
                "::test_an_unknown_message_is_sent_again_only_by_who_knows_it_may_double"
            ),
        ),
    ),
)
