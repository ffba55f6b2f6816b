"""Mistakes in reading and carrying out replies; see bugs.py."""

from tests.planted.bugs import Bug

OPT_OUTS = "tests/messages/test_opt_outs.py"

REPLIES = (
    Bug(
        "substring parsing: words of a reply that are found inside others",
        "server/replies/tokens.py",
        "verb = words.VERBS.get(piece) or words.EMOJI.get(piece)",
        """verb = words.EMOJI.get(piece) or next(
        (verb for word, verb in words.VERBS.items() if word in piece), None
    )""",
        (
            "tests/replies/test_parse.py::test_a_reply_means_what_people_mean_by_it",
            "tests/replies/test_parse.py::test_letters_added_to_a_word_never_leave_a_command",
            "tests/replies/test_service.py::test_a_sentence_is_kept_as_a_note",
        ),
    ),
    Bug(
        "a reply that is answered and then carried out",
        "server/replies/service.py",
        "    async with durable(Step.REPLY_HANDLE):\n        row =",
        "    if True:\n        row =",
        ("tests/replies/test_killed.py::test_killed_at_each_step_a_reply_counts_once",),
    ),
    Bug(
        "two robots that may answer each other for ever",
        "server/messages/rules.py",
        "return in_hour >= RECEIPT_CAPS[0] or in_day >= RECEIPT_CAPS[1]",
        "return in_hour >= RECEIPT_CAPS[0]",
        (
            "tests/messages/test_loops.py::test_a_slow_machine_is_left_without_an_answer_the_same_day",
        ),
    ),
    Bug(
        "a STOP that a change of numbers there and back undoes",
        "server/messages/opt_outs.py",
        "    is_stopped = after in former\n",
        "    is_stopped = False\n",
        (f"{OPT_OUTS}::test_the_number_that_said_stop_stays_stopped_however_it_comes_back",),
    ),
    Bug(
        "preferences that subscribe whoever writes back what they read",
        "server/preferences/service.py",
        'email = row["email"] and "email" not in stopped',
        'email = row["email"]',
        (f"{OPT_OUTS}::test_what_is_read_and_written_back_asks_for_no_mail",),
    ),
    Bug(
        "a bounce that comes too late to count",
        "server/messages/events.py",
        '    ("delivered", "failed"): ("failed",),\n',
        "",
        ("tests/messages/test_events.py::test_a_bounce_that_comes_late_is_the_last_word",),
    ),
)
