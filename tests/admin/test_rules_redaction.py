import pytest

from server.admin.rules_redaction import HIDDEN, Redaction

REDACTION = Redaction(["ben-the-box", "x"])


@pytest.mark.parametrize(
    "personal",
    [
        "mara@example.org",
        "smtp://mara:secret@mail.example.org:587",
        "01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b",
        "+49 170 1234567",
        "192.168.17.4",
        "2001:db8:0:1::7",
        "/home/mara/catchup",
        "eyJhbGciOiJIUzI1NiJ9",
        "0123456789abcdef0123456789abcdef",
        "Ben-The-Box",
    ],
)
def test_what_may_be_somebodys_is_hidden_within_a_sentence(personal):
    found = REDACTION.text(f"no connection to {personal} (OSError)")

    assert HIDDEN in found
    assert personal not in found
    assert found.startswith("no connection to ")


@pytest.mark.parametrize(
    "sentence",
    [
        "it cannot be used: ConnectionRefusedError",
        "14 ran when they should",
        "this process uses 93 MB",
        "15.8",
        "without success for too long: generate_suggestions",
    ],
)
def test_what_says_what_happened_stays(sentence):
    assert REDACTION.text(sentence) == sentence


def test_only_known_fields_of_a_line_pass():
    line = REDACTION.line("job.failed", {"function": "retention", "who": "Mara", "attempt": 2})

    assert line == {"event": "job.failed", "function": "retention", "attempt": 2}


def test_a_librarys_words_are_hidden():
    assert REDACTION.line("Error for Mara", {})["event"] == HIDDEN


def test_where_an_error_came_from_stays():
    where = ["jobs/service.py:33 reconcile"]

    assert REDACTION.line("job.failed", {"where": where})["where"] == where


def test_a_known_field_with_strange_content_is_hidden():
    assert REDACTION.line("x", {"error": "Grüße an Mara"})["error"] == HIDDEN
