"""Several values in one cell."""

from collections.abc import Collection

SEPARATOR = " ::: "
"""Google's, between several values in one cell."""

_GOOGLES_GROUPS = frozenset({"* starred", "* friends", "* family", "* coworkers"})


def several(text: str, parts: Collection[str]) -> list[str]:
    """Part the values of one cell; our own export has a cell for each."""
    return [text] if "preferred" in parts else text.split(SEPARATOR)


def listed(text: str) -> list[str]:
    """Split a list of tags or groups; that somebody is in Google's contacts says nothing."""
    separator = next((each for each in (":::", ";", ",") if each in text), "\n")
    words = [word.strip() for word in text.split(separator)]
    return [
        word[2:] if word in _GOOGLES_GROUPS else word
        for word in words
        if word and word != "* myContacts"
    ]
