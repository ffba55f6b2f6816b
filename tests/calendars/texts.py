"""Calendar files for tests, written from their lines."""

from itertools import count

_numbers = count(1)


def event(*lines: str, uid: str | None = None) -> str:
    """A VEVENT of these lines, with a UID of its own."""
    return "\r\n".join(
        ("BEGIN:VEVENT", f"UID:{uid or f'event-{next(_numbers)}'}", *lines, "END:VEVENT")
    )


def calendar(*parts: str, head: tuple[str, ...] = ()) -> str:
    """A VCALENDAR around components."""
    top = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *head)
    return "\r\n".join((*top, *parts, "END:VCALENDAR", ""))
