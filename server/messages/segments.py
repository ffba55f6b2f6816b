"""How many SMS a text is: what carriers count and providers charge for."""

# GSM 03.38: each of the first is one septet, each of the second two (ESC and another).
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = (160, 153)
_UCS2 = (70, 67)


def is_gsm(text: str) -> bool:
    """Say whether a text fits the 7-bit alphabet; a single other letter makes all of it UCS-2."""
    return all(letter in _BASIC or letter in _EXTENDED for letter in text)


def count_segments(text: str) -> int:
    """Return the number of SMS that a text leaves as; an empty one is one.

    A text that does not fit one SMS loses a header's room in each, and no letter is cut in two.
    """
    if is_gsm(text):
        sizes = [2 if letter in _EXTENDED else 1 for letter in text]
        return _pack(sizes, *_GSM)
    return _pack([2 if ord(letter) > 0xFFFF else 1 for letter in text], *_UCS2)


def _pack(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    segments, room = 1, each
    for size in sizes:
        if size > room:
            segments, room = segments + 1, each
        room -= size
    return segments
