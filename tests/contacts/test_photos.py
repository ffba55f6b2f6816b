import io

import pytest
from PIL import Image

from server.contacts import photos
from server.errors import BadInput
from tests.pictures import picture

SECRET = b"taken at 52.52 13.40"


def opened(file):
    return Image.open(io.BytesIO(photos.prepare(file).content))


def is_near(pixel, colour):
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


RED, BLUE, WHITE = (254, 0, 0), (0, 0, 254), (255, 255, 255)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "CMYK"),
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("WEBP", "RGB"),
        ("GIF", "P"),
    ],
)
def test_each_format_becomes_a_jpeg(kind, mode):
    found = opened(picture(kind, mode=mode))

    assert (found.format, found.mode, found.size) == ("JPEG", "RGB", (40, 30))
    assert is_near(found.getpixel((5, 15)), RED)
    assert is_near(found.getpixel((35, 15)), BLUE)


def test_picture_of_16_bits_is_scaled_not_cut():
    deep = Image.new("I;16", (20, 20), 128 * 256)
    file = io.BytesIO()
    deep.save(file, "PNG")

    assert is_near(opened(file.getvalue()).getpixel((9, 9)), (128, 128, 128))


def test_what_is_transparent_is_white():
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")

    assert is_near(opened(file.getvalue()).getpixel((9, 9)), WHITE)


def test_first_frame_of_an_animation_is_taken():
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    assert is_near(opened(file.getvalue()).getpixel((9, 9)), RED)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((3000, 1500), (1024, 512)), ((100, 4000), (26, 1024)), ((9000, 1), (1024, 1))],
)
def test_large_picture_is_made_small(size, expected):
    found = photos.prepare(picture(size=size))

    assert (found.width, found.height) == expected


def test_small_picture_is_not_made_larger():
    found = photos.prepare(picture(size=(3, 2)))

    assert (found.width, found.height) == (3, 2)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (40, 30), (5, 15), (35, 15)),
        (2, (40, 30), (35, 15), (5, 15)),
        (3, (40, 30), (35, 15), (5, 15)),
        (4, (40, 30), (5, 15), (35, 15)),
        (5, (30, 40), (15, 5), (15, 35)),
        (6, (30, 40), (15, 5), (15, 35)),
        (7, (30, 40), (15, 35), (15, 5)),
        (8, (30, 40), (15, 35), (15, 5)),
        (99, (40, 30), (5, 15), (35, 15)),
    ],
)
def test_picture_is_turned_as_its_camera_was_held(orientation, size, red_at, blue_at):
    exif = Image.Exif()
    exif[0x0112] = orientation

    found = opened(picture(exif=exif))

    assert found.size == size
    assert is_near(found.getpixel(red_at), RED)
    assert is_near(found.getpixel(blue_at), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_survives(kind):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    file = picture(kind, exif=exif, icc_profile=SECRET * 10, comment=SECRET)
    assert SECRET in file or kind == "PNG"

    found = photos.prepare(file).content

    assert SECRET not in found
    assert Image.open(io.BytesIO(found)).info.keys() <= {"jfif", "jfif_version", "jfif_unit",
                                                         "jfif_density"}  # fmt: skip


def test_file_hidden_behind_a_picture_is_dropped():
    hidden = b"<script>alert(1)</script>PK\x03\x04"

    assert hidden not in photos.prepare(picture() + hidden).content


def test_same_file_gives_the_same_photo():
    assert photos.prepare(picture()) == photos.prepare(picture())


def test_broken_metadata_is_no_reason_to_refuse():
    file = picture()
    exif = b"\xff\xe1\x00\x10Exif\0\0MM\0*\xff\xff\xff\xff"

    assert photos.prepare(file[:2] + exif + file[2:]).width == 40


@pytest.mark.parametrize(
    "file",
    [
        b"x",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><img src=x onerror=alert(1)>",
        b"%PDF-1.7\n",
        b"GIF89a<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        picture("BMP"),
        picture("TIFF"),
        picture("ICO"),
        picture()[:-200],
        picture("PNG")[:60],
    ],
)
def test_what_is_no_picture_is_refused(file):
    with pytest.raises(BadInput) as caught:
        photos.prepare(file)

    assert caught.value.code == "not_an_image"


@pytest.mark.parametrize(
    ("kind", "size", "more"),
    [
        ("PNG", (5000, 3000), {}),
        ("GIF", (5000, 3000), {"mode": "P"}),
        ("WEBP", (5000, 3000), {}),
        ("JPEG", (5000, 3000), {"progressive": True}),
        ("PNG", (15_000, 15_000), {"mode": "1"}),
    ],
)
def test_bomb_is_refused_before_it_is_decoded(kind, size, more, monkeypatch):
    file = picture(kind, size, **more)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))

    with pytest.raises(BadInput) as caught:
        photos.prepare(file)

    assert caught.value.code == "too_many_pixels"


def test_endless_scans_are_refused():
    file = picture(progressive=True)

    with pytest.raises(BadInput) as caught:
        photos.prepare(file[:-2] + b"\xff\xda" * 50 + file[-2:])

    assert caught.value.code == "too_many_pixels"
