import pytest

from server.contacts.csv_files.headers import known_column

APPLES = {
    "Phone (mobile)": ("phone", "value", "cell"),
    "Phone : iPhone": ("phone", "value", "cell"),
    "Phone (home fax)": ("phone", "value", "home fax"),
    "Phone (work) 2": ("phone", "value", "work"),
    "Email (home)": ("email", "value", "home"),
    "Email: work": ("email", "value", "work"),
    "URL (home)": ("link", "value", "home"),
    "Street (home)": ("address", "street", "home"),
    "City (work)": ("address", "locality", "work"),
    "Address (home)": ("address", "street", "home"),
}


@pytest.mark.parametrize(("header", "expected"), APPLES.items())
def test_a_label_behind_its_field_is_understood(header, expected):
    column = known_column(header)

    assert column is not None
    assert (column.field, column.part, column.label) == expected


def test_a_label_behind_and_before_make_the_same_phone():
    behind, before = known_column("Phone (work)"), known_column("Work Phone")

    assert behind is not None
    assert before is not None
    assert (behind.slot, behind.label) == (before.slot, before.label)


@pytest.mark.parametrize("header", ["Mobile", "Telephone home town", "Street cred", "Emails sent"])
def test_what_only_sounds_like_it_is_not_taken_for_a_labelled_field(header):
    column = known_column(header)

    assert column is None or column.label in ("", "cell")
