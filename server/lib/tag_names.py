"""What may be a tag: the rule that typed, spoken and imported tags share."""

from server.lib.texts import clean_text, search_key

MAX_LENGTH = 100
MAX_WORDS = 3
KEY_LENGTH = 200


def clean_tag(text: str) -> str:
    """Return `text` as a tag: clean, on one line, single spaces.

    Raises:
        ValueError: not one to three words, or over 100 characters; or as `clean_text`.
    """
    words = clean_text(text, multiline=False).split()
    name = " ".join(words)
    if not tag_key(name) or len(words) > MAX_WORDS:
        raise ValueError(f"must have one to {MAX_WORDS} words")
    if len(name) > MAX_LENGTH:
        raise ValueError(f"must have at most {MAX_LENGTH} characters")
    return name


def tag_key(name: str) -> str:
    """Return the folded name under which a tag is unique."""
    return search_key(name)[:KEY_LENGTH]
