"""Pictures as they are stored: decoded, turned upright, small, and written anew as JPEG.

Nothing of the file that came in is kept: no metadata (a phone's says where it was taken), no
colour profile, no second file hidden in the first. Refused before a pixel is decoded: what is
none of four formats by its bytes, and what would take more memory than the limits below.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.errors import BadInput, FieldError

if TYPE_CHECKING:
    from PIL.Image import Image

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
STORED_TYPE = "image/jpeg"
MOST_BYTES = 10 * 2**20
LONGEST_SIDE = 1024
# A baseline JPEG is decoded at an eighth to a half of its size and takes little memory; a
# progressive one, and every other format, is held whole: 5 to 16 bytes a pixel, so 200 MB.
MOST_PIXELS_BASELINE = 80_000_000
MOST_PIXELS = 12_500_000
# Each scan of a progressive JPEG is a pass over the whole picture; programs write about ten.
MOST_SCANS = 40

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 85
_ORIENTATION = 0x0112
# EXIF's orientation → Pillow's name of what undoes it
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_SCAN = b"\xff\xda"
# What Pillow's decoders raise for broken files, as its own `open` and `verify` list them.
_BROKEN = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without metadata; sides in pixels."""

    content: bytes
    width: int
    height: int


def prepare(file: bytes) -> Picture:
    """Make the picture that is stored from an uploaded file; takes up to seconds: use a thread.

    Raises:
        BadInput: `not_an_image`: not JPEG, PNG, WebP or GIF, or broken.
            `too_many_pixels`: it would take too much memory.
    """
    from PIL import Image

    try:
        with Image.open(io.BytesIO(file), formats=_FORMATS) as opened:
            _check_pixels(opened, file)
            return _written(_upright(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except _BROKEN:
        raise BadInput(
            "The file is not a picture that can be read: send JPEG, PNG, WebP or GIF.",
            code="not_an_image",
            fields=[FieldError("file", "not_an_image", "must be JPEG, PNG, WebP or GIF")],
        ) from None


def _check_pixels(opened: "Image", file: bytes) -> None:
    is_baseline = opened.format == "JPEG" and not opened.info.get("progressive")
    limit = MOST_PIXELS_BASELINE if is_baseline else MOST_PIXELS
    if opened.width * opened.height > limit:
        raise _too_many()
    if opened.format == "JPEG" and file.count(_SCAN) > MOST_SCANS:
        raise _too_many()


def _upright(opened: "Image") -> "Image":
    """Return the picture in RGB, at most LONGEST_SIDE long, turned as its camera was held."""
    from PIL import Image

    turn = _TURNS.get(_orientation(opened))
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG: decode a smaller one
    picture: Image.Image = opened
    if picture.mode.startswith("I"):  # 16 bits a pixel; conversion would cut, not scale
        picture = picture.point(lambda value: value / 256).convert("L")
    has_holes = "A" in picture.mode or "transparency" in picture.info
    if picture.mode not in ("RGB", "RGBA", "L"):
        picture = picture.convert("RGBA" if has_holes else "RGB")
    elif has_holes:
        picture = picture.convert("RGBA")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if has_holes:
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    picture = picture.convert("RGB")
    return picture if turn is None else picture.transpose(Image.Transpose[turn])


def _orientation(opened: "Image") -> Any:
    try:
        return opened.getexif().get(_ORIENTATION)
    except _BROKEN:  # a picture whose metadata is broken is one all the same
        return None


def _written(picture: "Image") -> Picture:
    from PIL import Image

    # Pixels only: Pillow would carry comment and profile over from what the picture came with.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(written.getvalue(), clean.width, clean.height)


def _too_many() -> BadInput:
    return BadInput(
        "The picture has too many pixels: send one of at most 12 million, or a plain JPEG of at"
        " most 80 million.",
        code="too_many_pixels",
        fields=[FieldError("file", "too_many_pixels", "has too many pixels")],
    )
