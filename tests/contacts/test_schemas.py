import pytest
from pydantic import ValidationError

from server.contacts.schemas import ContactIn, ContactListQuery, ContactPatch


def refused_fields(shape, body):
    with pytest.raises(ValidationError) as refused:
        shape.model_validate(body)
    return {".".join(map(str, error["loc"])) for error in refused.value.errors()}


def accepts(**fields):
    return ContactIn.model_validate({"name": "Ana", **fields})


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 256, "a\0b", "a\ud800", "a\nb", "a\x1b[31m", None, 5, ["Ana"]]
)
def test_bad_names_are_refused(name):
    assert refused_fields(ContactIn, {"name": name}) == {"name"}


def test_a_name_that_normalisation_makes_too_long_is_refused():
    # U+0958 is two characters in NFC, and the column holds 255.
    assert refused_fields(ContactIn, {"name": "\u0958" * 200}) == {"name"}


def test_a_name_comes_clean():
    assert accepts(name="  Zoe\u0308 ").name == "Zoë"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nickname", "x" * 256),
        ("zone", "Mars/Olympus"),
        ("zone", "x" * 65),
        ("notes", "x" * 50_001),
        ("notes", "a\0"),
        ("visibility", "public"),
        ("circle", "outer"),
        ("preferred_way", "letter"),
        ("never_suggest", "yes"),
        ("never_suggest", 1),
        ("paused_until", "tomorrow"),
        ("paused_until", "2026-01-01T00:00:00"),
        ("paused_until", 5),
        ("cadence", "sometimes"),
        ("cadence", "days"),
        ("cadence_days", 0),
        ("cadence_days", 3661),
        ("cadence_days", "7"),
        ("cadence_days", True),
        ("phones", None),
        ("phones", [{"value": "1"}] * 51),
        ("custom_fields", {f"k{i}": 1 for i in range(101)}),
        ("favourite_colour", "red"),
    ],
)
def test_bad_values_are_refused(field, value):
    assert refused_fields(ContactIn, {"name": "Ana", field: value}) == {field}


@pytest.mark.parametrize(
    ("field", "entry", "where"),
    [
        ("phones", {"value": ""}, "phones.0.value"),
        ("phones", {"value": "1" * 101}, "phones.0.value"),
        ("phones", {"value": "1", "label": "x" * 101}, "phones.0.label"),
        ("phones", {"value": "1", "preferred": "yes"}, "phones.0.preferred"),
        ("phones", {"value": "1", "colour": "red"}, "phones.0.colour"),
        ("emails", {"value": "ana at example"}, "emails.0.value"),
        ("emails", {"value": "@"}, "emails.0.value"),
        ("links", {"value": "x" * 2001}, "links.0.value"),
        ("socials", {"value": None}, "socials.0.value"),
        ("addresses", {}, "addresses.0"),
        ("addresses", {"street": "", "label": "home"}, "addresses.0"),
        ("addresses", {"street": "a\0"}, "addresses.0.street"),
        ("dates", {"kind": "birthday", "month": 2, "day": 30}, "dates.0"),
        ("dates", {"kind": "birthday", "month": 2, "day": 29, "year": 2023}, "dates.0"),
        ("dates", {"kind": "birthday", "month": 1, "day": 1, "year": 9999}, "dates.0"),
        ("dates", {"kind": "birthday", "month": 13, "day": 1}, "dates.0.month"),
        ("dates", {"kind": "birthday", "month": 10**30, "day": 1}, "dates.0.month"),
        ("dates", {"kind": "wedding", "month": 1, "day": 1}, "dates.0.kind"),
        ("dates", {"kind": "birthday", "day": 1}, "dates.0.month"),
    ],
)
def test_an_error_names_the_entry(field, entry, where):
    assert refused_fields(ContactIn, {"name": "Ana", field: [entry]}) == {where}


@pytest.mark.parametrize(
    "value",
    [None, [], {}, float("nan"), float("inf"), 10**16, -(10**400), "x" * 5001, "a\0", "\udfff"],
)
def test_a_custom_field_is_a_text_a_usable_number_or_a_truth(value):
    assert refused_fields(ContactIn, {"name": "Ana", "custom_fields": {"k": value}}) == {
        "custom_fields.k"
    }


def test_custom_fields_keep_their_types():
    given = {"shoe size": 42, "height": 1.8, "vegan": True, "note": "two\nlines"}

    kept = accepts(custom_fields=given).custom_fields

    assert [(k, v, type(v)) for k, v in kept.items()] == [(k, v, type(v)) for k, v in given.items()]


def test_a_custom_field_needs_a_name():
    assert refused_fields(ContactIn, {"name": "Ana", "custom_fields": {" ": 1}}) == {
        "custom_fields. .[key]"
    }


def test_a_birthday_without_a_year_may_be_a_leap_day():
    assert accepts(dates=[{"kind": "birthday", "month": 2, "day": 29}]).dates[0].year is None


def test_cadence_is_a_word_or_a_number_but_not_both():
    assert refused_fields(ContactIn, {"name": "A", "cadence": "weekly", "cadence_days": 3}) == {""}


def test_a_point_may_come_back_with_the_fields_that_only_replies_have():
    point = {"value": "1", "normalised": "+1", "source": "import", "confirmed_at": None}

    assert accepts(phones=[point]).phones[0].value == "1"


def test_a_patch_cannot_empty_the_name():
    assert refused_fields(ContactPatch, {"name": None}) == {"name"}


def test_a_patch_documents_no_defaults_that_a_client_might_send():
    properties = ContactPatch.model_json_schema()["properties"]

    assert not [name for name, field in properties.items() if "default" in field]


def test_put_and_patch_take_the_same_fields():
    assert set(ContactIn.model_fields) == set(ContactPatch.model_fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "many"),
        ("cursor", "x"),
        ("cursor", "x" * 3000),
        ("group", "friends"),
        ("archived", "maybe"),
        ("search", "a\0"),
        ("search", "x" * 201),
        ("colour", "red"),
    ],
)
def test_bad_list_parameters_are_refused(field, value):
    assert refused_fields(ContactListQuery, {field: value}) == {field}
