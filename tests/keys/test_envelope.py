from uuid import UUID

import pytest

from server.keys import envelope
from server.keys.envelope import DecryptError

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
KEY_ID, OTHER_KEY_ID = UUID(int=1), UUID(int=2)
HOUSEHOLD, ROW = UUID(int=10), UUID(int=20)
PLACE = envelope.place(HOUSEHOLD, "contacts", "notes", ROW)


def sealed(text=b"She moved to Lyon."):
    return envelope.seal(KEY, KEY_ID, text, PLACE)


@pytest.mark.parametrize("text", [b"", b"x", "Grüße, Łódź, 東京".encode(), bytes(100_000)])
def test_what_was_sealed_opens_in_its_place(text):
    assert envelope.unseal(KEY, sealed(text), PLACE) == text


@pytest.mark.parametrize(
    "elsewhere",
    [
        envelope.place(UUID(int=11), "contacts", "notes", ROW),
        envelope.place(HOUSEHOLD, "interactions", "notes", ROW),
        envelope.place(HOUSEHOLD, "contacts", "custom_fields", ROW),
        envelope.place(HOUSEHOLD, "contacts", "notes", UUID(int=21)),
        envelope.place(None, "contacts", "notes", ROW),
    ],
    ids=["household", "table", "column", "row", "no household"],
)
def test_a_value_moved_elsewhere_does_not_open(elsewhere):
    with pytest.raises(DecryptError):
        envelope.unseal(KEY, sealed(), elsewhere)


def test_another_key_does_not_open_it():
    with pytest.raises(DecryptError):
        envelope.unseal(OTHER_KEY, sealed(), PLACE)


def test_an_envelope_that_claims_another_key_does_not_open():
    blob = sealed()
    claimed = blob[:2] + OTHER_KEY_ID.bytes + blob[18:]

    with pytest.raises(DecryptError):
        envelope.unseal(KEY, claimed, PLACE)


@pytest.mark.parametrize("position", range(len(sealed())))
def test_a_flipped_bit_anywhere_is_noticed(position):
    blob = bytearray(sealed())
    blob[position] ^= 1

    with pytest.raises(DecryptError):
        envelope.unseal(KEY, bytes(blob), PLACE)


@pytest.mark.parametrize("length", [0, 1, 2, 17, 18, 29, 30, 45])
def test_a_value_cut_short_is_noticed(length):
    with pytest.raises(DecryptError):
        envelope.unseal(KEY, sealed()[:length], PLACE)


def test_a_value_with_more_behind_it_is_noticed():
    with pytest.raises(DecryptError):
        envelope.unseal(KEY, sealed() + b"\0", PLACE)


def test_the_same_text_never_looks_the_same():
    assert sealed() != sealed()


def test_an_envelope_names_its_key():
    assert envelope.key_id_of(sealed()) == KEY_ID


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"plain text that is long enough to be an envelope",
        b"\x02" + sealed()[1:],
        sealed()[:1] + b"\x07" + sealed()[2:],
        sealed(b"")[:-1],
    ],
    ids=["nothing", "plain text", "another version", "another algorithm", "cut short"],
)
def test_what_is_no_envelope_names_no_key(blob):
    with pytest.raises(DecryptError):
        envelope.key_id_of(blob)


def test_every_key_is_another_one():
    assert len({envelope.new_key() for _ in range(100)}) == 100


def test_a_key_has_256_bits():
    assert len(envelope.new_key()) == 32
