from base64 import b64encode
from uuid import UUID

import pytest

from server.contacts.kept_photos import content_of, inline_photos, our_id, photo_property
from server.lib.ids import uuid7

CODED = b64encode(b"picture").decode()


def kept(value: str, name: str = "PHOTO", params: object = ()) -> list[object]:
    return ["", name, params, value, ""]


def test_only_photos_that_are_in_the_card_are_inline():
    here = kept("DATA:image/png;base64,AAAA")

    found = inline_photos([kept("https://example.org/a.png"), kept("data:,x", "LOGO"), here])

    assert found == [here]


@pytest.mark.parametrize(
    "head", ["data:image/png;base64,", "data:image/png\\;base64\\,", "data:;BASE64,"]
)
def test_the_file_is_read_from_base64(head):
    assert content_of(kept(head.replace("\\;", ";") + CODED)) == b"picture"


@pytest.mark.parametrize("value", ["data:image/svg+xml,<svg/>", "data:image/png;base64,A", "data:"])
def test_what_is_not_in_base64_is_refused(value):
    with pytest.raises(ValueError, match=r".+"):
        content_of(kept(value))


def test_a_photo_of_our_export_is_known_by_its_id():
    photo_id = uuid7()
    written = photo_property(photo_id, b"picture")

    assert our_id(kept(written.value, params=[[n, list(v)] for n, v in written.params])) == photo_id
    assert content_of(kept(written.value)) == b"picture"


@pytest.mark.parametrize("params", [[], [["X-CATCHUP-ID", ["nonsense"]]], [["TYPE", ["home"]]]])
def test_any_other_photo_has_no_id_of_ours(params):
    assert our_id(kept("data:,", params=params)) is None


def test_an_id_of_ours_is_a_uuid():
    assert isinstance(our_id(kept("data:,", params=[["X-CATCHUP-ID", [str(uuid7())]]])), UUID)
