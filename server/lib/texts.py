"""Text safety for every input, and the key under which names are searched."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose, but that people leave out when they search.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h"}
    | {"ŧ": "t", "ŋ": "n", "ı": "i", "ə": "e"}
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def clean_text(value: str, *, multiline: bool) -> str:
    r"""Return `value` in Unicode form NFC without outer white space.

    Line breaks become `\n` and are kept, with tabs, where `multiline` is set; elsewhere they
    are allowed at the ends only.

    Raises:
        ValueError: a short reason, without the text: null byte (PostgreSQL stores none), half a
            surrogate pair (UTF-8 cannot say it), or another C0 or C1 control character.
    """
    if value.isascii() and value.isprintable():  # nothing to refuse, nor to compose
        return value.strip()
    text = exact_text(value).strip()
    if multiline:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    elif any(character in text for character in "\t\r\n"):
        raise ValueError("contains a line break or tab")
    return unicodedata.normalize("NFC", text).strip()


def exact_text(value: str) -> str:
    """Return `value` as it is, tabs and every kind of line break included.

    Raises:
        ValueError: as `clean_text`.
    """
    if "\0" in value:
        raise ValueError("contains a null byte")
    if _SURROGATE.search(value):
        raise ValueError("contains half of a surrogate pair")
    if _CONTROL.search(value):
        raise ValueError("contains a control character")
    return value


def search_key(text: str) -> str:
    """Return `text` as it is compared in searches: no case, no accents, single spaces.

    Works in every script: only marks that writers leave out go (accents, Hebrew and Arabic
    vowel points), never those that make another letter (kana voicing, Indic viramas, Thai
    tones). Never raises; the key of a key is the key itself.
    """
    # ASCII has nothing to decompose: most words of an import, and ten times as fast.
    words = [word.lower() if word.isascii() else _folded(word) for word in text.split()]
    return " ".join(" ".join(words).split())  # a sign may decompose into a space


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    letters = (c for c in unicodedata.normalize("NFKD", folded) if not _is_optional(c))
    return unicodedata.normalize("NFC", "".join(letters))


@lru_cache(maxsize=4096)
def _is_optional(character: str) -> bool:
    """Say whether searches ignore `character`: an accent, a vowel point, an invisible mark."""
    mark = unicodedata.combining(character)
    # Classes (Unicode 3.12): 1 overlays, 7 nuktas, 10 to 36 Hebrew and Arabic points,
    # 200 and up accents. In between are vowels and tones of Indic and South-East Asian scripts.
    if mark:
        return mark in (1, 7) or 10 <= mark <= 36 or mark >= 200
    return unicodedata.category(character) == "Cf"
