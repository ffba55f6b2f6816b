"""Pictures for tests: tiny ones, made when asked for."""

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from server import storage
from server.lib.clock import utc_now
from tests.factories import Member


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    """Return a file with a red left half and a blue right half."""
    mode = more.pop("mode", "RGB")
    # Converting a huge one takes seconds; one bit a pixel has no colours to convert.
    left, right = (0, 1) if mode == "1" else ("red", "blue")
    drawn = Image.new("1" if mode == "1" else "RGB", size, right)
    drawn.paste(left, (0, 0, size[0] // 2, size[1]))
    written = io.BytesIO()
    drawn.convert(mode).save(written, kind, **more)
    return written.getvalue()


async def stored(member: Member) -> list[str]:
    """Return the names of the objects of a member's household."""
    prefix = f"photos/{member.scope.household_id}/"
    found = storage.list_older(prefix, before=utc_now() + timedelta(days=1))
    return [name async for names in found for name in names]
