"""Text from outside, made safe and comparable (placeholder until the full rules land)."""

import unicodedata


def clean_text(value: str, *, multiline: bool) -> str:
    """Return the text stripped and in NFC."""
    return unicodedata.normalize("NFC", value).strip() if multiline else value.strip()


def search_key(text: str) -> str:
    """Return the text folded for comparison."""
    return text.casefold()
