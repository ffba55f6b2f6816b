"""Mistakes in reading and carrying out replies; see bugs.py."""

from tests.planted.bugs import Bug

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
)
