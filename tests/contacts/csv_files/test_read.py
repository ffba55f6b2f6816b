import io

import pytest

from server.contacts.csv_files.read import TooManyColumns, UnknownColumns, find_layout
from server.contacts.vcard.card import BadCard
from tests.contacts.csv_files.tables import contact_of, contacts_of, points_of, read, table

ZOE = {"Name": "Zoë Smith", "E-mail 1 - Value": "zoe@example.org", "Notes": "a; b\n\tc, d"}


def test_excels_own_first_line_names_the_delimiter():
    assert contacts_of("sep=;\r\nName;Phone\r\nAda;1,2\r\n")[0].card.points[0].value == "1,2"


def test_lines_before_the_header_are_skipped():
    text = 'Notes:\n"Some emails are missing"\n\nFirst Name,Last Name,URL\nAda,Lovelace,x.example\n'

    (contact,) = contacts_of(text)
    assert (contact.card.name, contact.card.line) == ("Ada Lovelace", 5)


def test_google_marks_several_values_labels_and_the_preferred_one():
    row = {
        "Given Name": "Ada",
        "Family Name": "Lovelace",
        "Group Membership": "Chess ::: * myContacts",
        "Phone 1 - Type": "* Mobile",
        "Phone 1 - Value": "1 ::: 2",
        "Custom Field 1 - Type": "Shoe",
        "Custom Field 1 - Value": "38",
        "Relation 1 - Type": "Spouse",
        "Relation 1 - Value": "William",
    }

    (contact,) = contacts_of(table(row))
    assert contact.card.name == "Ada Lovelace"
    assert contact.card.categories == ("Chess",)
    assert points_of(contact) == [("phone", "1", "mobile"), ("phone", "2", "mobile")]
    assert contact.card.points[0].preferred
    assert contact.custom_fields == {"Shoe": "38", "Spouse": "William"}


def test_outlooks_columns_make_addresses_phones_and_mails():
    row = {
        "Title": "Dr.",
        "First Name": "Ada",
        "Last Name": "Lovelace",
        "Job Title": "Analyst",
        "Business Street": "1 Street",
        "Business Street 2": "Floor 2",
        "Business City": "London",
        "Business Country/Region": "UK",
        "Business Fax": "3",
        "Mobile Phone": "4",
        "E-mail Address": "ada@example.org",
        "E-mail Type": "SMTP",
        "E-mail Display Name": "Ada Lovelace (ada@example.org)",
        "E-mail 2 Address": "/o=Org/ou=Exchange/cn=ada",
        "Birthday": "0/0/00",
        "Priority": "Normal",
        "Spouse": "William",
    }

    (contact,) = contacts_of(table(row))
    assert (contact.card.name, contact.card.title) == ("Dr. Ada Lovelace", "Analyst")
    assert points_of(contact) == [
        ("address", "1 Street, Floor 2, London, UK", "work"),
        ("phone", "3", "work fax"),
        ("phone", "4", "cell"),
        ("email", "ada@example.org", ""),
    ]
    assert (contact.card.location, contact.card.dates) == ("London, UK", ())
    assert contact.custom_fields == {
        "E-mail 2 Address": "/o=Org/ou=Exchange/cn=ada",
        "Spouse": "William",
    }
    assert [warning.code for warning in contact.card.warnings] == ["unreadable_email"]


def test_a_thunderbird_file_may_lack_its_header():
    cells = [""] * 37
    cells[0:5] = ["Ada", "Lovelace", "Countess Ada", "", "ada@example.org"]
    cells[29:32] = ["1815", "12", "10"]

    (contact,) = contacts_of(",".join(cells) + "\n")
    assert (contact.card.name, contact.card.line) == ("Countess Ada", 1)
    assert (contact.card.dates[0].year, contact.card.dates[0].day) == (1815, 10)


def test_a_name_that_only_turns_its_parts_around_yields_to_them():
    row = {"Display Name": "Lovelace, Ada", "First Name": "Ada", "Last Name": "Lovelace"}

    assert contacts_of(table(row))[0].card.name == "Ada Lovelace"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"Name": "", "Email": "ada@example.org"}, "ada@example.org"),
        ({"Name": "", "Company": "Engines", "Phone": "1"}, "Engines"),
        ({"Name": "", "Email 2": "b@example.org", "Email 3": "c@example.org"}, "b@example.org"),
    ],
)
def test_who_has_no_name_is_called_by_what_there_is(row, name):
    assert contacts_of(table(row))[0].card.name == name


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1815-12-10", (1815, 12, 10)),
        ("12/10/1815", (1815, 12, 10)),
        ("25/12/1815", (1815, 12, 25)),
        ("10.12.1815", (1815, 12, 10)),
        ("1815/12/10", (1815, 12, 10)),
        ("10 December 1815", (1815, 12, 10)),
        ("Dec 10, 1815", (1815, 12, 10)),
        ("--12-10", (None, 12, 10)),
        (" --12-10", (None, 12, 10)),
        ("10. Dezember", (None, 12, 10)),
        ("1815-12-10T00:00:00Z", (1815, 12, 10)),
    ],
)
def test_a_birthday_is_read_as_it_is_written(written, day):
    (date,) = contact_of(Birthday=written).card.dates
    assert (date.year, date.month, date.day) == day


def test_one_date_tells_how_all_of_a_file_are_written():
    text = table(
        {"Name": "Ada", "Birthday": "10/12/1815"}, {"Name": "Ben", "Birthday": "31/12/1980"}
    )

    days = [(c.card.dates[0].month, c.card.dates[0].day) for c in contacts_of(text)]
    assert days == [(12, 10), (12, 31)]


def test_a_date_that_could_be_two_days_is_told():
    contact = contact_of(Birthday="3/4/1980")

    assert (contact.card.dates[0].month, contact.card.dates[0].day) == (3, 4)
    assert [warning.code for warning in contact.card.warnings] == ["ambiguous_date"]


@pytest.mark.parametrize("written", ["2/30/1980", "tomorrow", "15", "99.99.1980"])
def test_what_names_no_day_is_kept(written):
    contact = contact_of(Birthday=written)

    assert (contact.card.dates, contact.custom_fields) == ((), {"Birthday": written})
    assert [warning.code for warning in contact.card.warnings] == ["unreadable_date"]


def test_columns_that_nobody_knows_are_kept():
    assert contact_of(Shoe_size="38", **{"": "x"}).custom_fields == {
        "Shoe size": "38",
        "Column 3": "x",
    }


def test_more_cells_than_headers_are_kept():
    (contact,) = contacts_of("Name,Phone\nAda,1,2,3\n")

    assert contact.custom_fields == {"Column 3": "2", "Column 4": "3"}


@pytest.mark.parametrize(
    ("header", "length"), [("Nickname", 256), ("Phone", 101), ("Home City", 256), ("Notes", 50_001)]
)
def test_what_is_too_long_is_kept_with_a_warning(header, length):
    (contact,) = contacts_of(table({"Name": "Ada", header: "x" * length}))

    kept = [*contact.custom_fields.values(), *(entry.value for entry in contact.card.kept)]
    assert any("x" * length in each for each in kept)
    assert [warning.code for warning in contact.card.warnings] == ["too_long"]


def test_a_name_that_is_too_long_fails_with_its_line():
    _, bad = read(table({"Name": "Ada"}, {"Name": "x" * 256}))

    assert isinstance(bad, BadCard)
    assert (bad.code, bad.line, bad.position) == ("name_too_long", 3, 2)


def test_a_mapping_says_what_columns_hold():
    (contact,) = contacts_of(
        "wer,fon,mail,schuhgröße,egal\nAda,1,a@b.example,38,x\n",
        wer="name",
        fon="phone:boat",
        mail="email",
        schuhgröße="custom_fields.Shoe",
        egal="ignore",
    )

    assert contact.card.name == "Ada"
    assert points_of(contact) == [("phone", "1", "boat"), ("email", "a@b.example", "")]
    assert contact.custom_fields == {"Shoe": "38"}


def test_a_mapping_by_number_reads_a_file_without_a_header():
    contacts = contacts_of("Ada,1\nBen,2\n", **{"1": "name", "2": "phone"})

    assert [(c.card.name, c.card.points[0].value) for c in contacts] == [("Ada", "1"), ("Ben", "2")]


def test_a_mapping_goes_before_what_a_header_says():
    assert contacts_of("Name,Company\nAda,x\n", Company="notes")[0].card.notes == "x"


def test_a_header_that_names_nobody_is_refused_with_what_it_has():
    with pytest.raises(UnknownColumns) as caught:
        read("foo,bar\n1,2\n")

    assert caught.value.headers == ("foo", "bar")


def test_a_header_of_a_million_columns_is_refused():
    with pytest.raises(TooManyColumns):
        find_layout(io.BytesIO(b"Name" + b",x" * 300_000), {})


def test_a_quote_that_never_closes_costs_its_row_only():
    rows = read('Name,Phone\nAda,1\n"Ben,2\nEve,3\nZoe,4\n')

    assert [row.code if isinstance(row, BadCard) else row.card.name for row in rows] == [
        "Ada",
        "unbalanced_quote",
        "Eve",
        "Zoe",
    ]


def test_text_behind_a_quote_that_never_closes_makes_nobody():
    rows = read('Name,Phone,Notes\nAda,1,"a\nlong letter\nto Ben\n')

    assert [row.code for row in rows if isinstance(row, BadCard)] == [
        "unbalanced_quote",
        "stray_text",
        "stray_text",
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("x" * 140_000, "field_too_large"),
        ("x" * 1_100_000, "line_too_long"),
        ("," * 200_000, "too_many_cells"),
    ],
)
def test_a_huge_row_fails_and_the_next_ones_go_in(row, code):
    rows = read(f"Name,Phone\n{row}\nAda,1\n")

    assert [each.code if isinstance(each, BadCard) else each.card.name for each in rows] == [
        code,
        "Ada",
    ]


def test_rows_behind_broken_quotes_are_read():
    content = "Name,Phone\n" + ('"Ada,1\n' + "x,y\n" * 300) * 3

    assert len(read(content)) > 600


def test_backslashes_are_letters():
    assert contact_of(Notes="C:\\new").card.notes == "C:\\new"


def test_two_columns_of_one_header_are_two_phones():
    (contact,) = contacts_of("Name,Phone,Phone\nAda,1,2\n")

    assert [point.value for point in contact.card.points] == ["1", "2"]


def test_a_row_is_known_again_whatever_its_encoding_and_delimiter():
    row = {"Name": "Zoë", "Phone": "1", "Shoe": ""}
    other = {"Phone": "1", "Name": "Zoë"}

    digests = {
        contacts_of(content)[0].card.digest
        for content in (
            table(row).encode(),
            table(other, delimiter=";").encode("cp1252"),
            table(row, delimiter="\t").encode("utf-16"),
        )
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("more", "location"),
    [("Phone", "London"), ("Location", ""), ("Location,Directory Server", "London")],
)
def test_an_empty_location_column_means_none_but_in_googles_former_export(more, location):
    (contact,) = contacts_of(f"Name,City,{more}\nAda,London,\n")
    assert contact.card.location == location
