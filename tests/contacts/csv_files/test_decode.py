import pytest

from tests.contacts.csv_files.tables import contacts_of, points_of, table

ZOE = {"Name": "Zoë Smith", "E-mail 1 - Value": "zoe@example.org", "Notes": "a; b\n\tc, d"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_file_is_read_in_every_encoding_with_every_delimiter(encoding, delimiter):
    content = table(ZOE, ZOE, delimiter=delimiter).encode(encoding)

    for contact in contacts_of(content):
        assert (contact.card.name, contact.card.notes) == ("Zoë Smith", "a; b\n\tc, d")
        assert points_of(contact) == [("email", "zoe@example.org", "")]


def test_utf_16_with_the_other_byte_order_mark_is_read():
    content = b"\xfe\xff" + table(ZOE).encode("utf-16-be")

    assert contacts_of(content)[0].card.name == "Zoë Smith"


def test_one_bad_byte_does_not_make_a_file_of_utf_8_latin():
    content = table(ZOE, ZOE, {"Name": "?"}).encode().replace(b"?", b"Ren\xe9")

    contacts = contacts_of(content)
    assert [contact.card.name for contact in contacts] == ["Zoë Smith", "Zoë Smith", "Ren\ufffd"]
    assert [w.code for w in contacts[2].card.warnings] == ["unreadable_characters"]
