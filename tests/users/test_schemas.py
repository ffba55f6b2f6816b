import pytest
from pydantic import ValidationError

from server.users.schemas import ChangePasswordIn, LoginIn, ProfilePatch, RegisterIn

GOOD = {"email": "ana@example.org", "password": "correct horse"}


def refused(shape, values):
    with pytest.raises(ValidationError) as error:
        shape.model_validate(values)
    return [".".join(str(part) for part in item["loc"]) for item in error.value.errors()]


BAD = {
    "no email": ({"email": ""}, "email"),
    "an email of nobody": ({"email": "@example.org"}, "email"),
    "an email without a host": ({"email": "ana@"}, "email"),
    "an email without an at": ({"email": "ana.example.org"}, "email"),
    "an email with a space": ({"email": "ana b@example.org"}, "email"),
    "an email with a line break": ({"email": "ana@example.org\nBcc: x@y.z"}, "email"),
    "an email with a null byte": ({"email": "ana\0@example.org"}, "email"),
    "an email without end": ({"email": f"{'a' * 320}@example.org"}, "email"),
    "an email that is no text": ({"email": ["ana@example.org"]}, "email"),
    "a short password": ({"password": "seven77"}, "password"),
    "a password without end": ({"password": "x" * 1025}, "password"),
    "a password of half a character": ({"password": "correct \ud800 horse"}, "password"),
    "a password that is a number": ({"password": 12345678}, "password"),
    "a zone nobody knows": ({"zone": "Europe/Atlantis"}, "zone"),
    "a zone that is a path": ({"zone": "../../etc/passwd"}, "zone"),
    "an empty zone": ({"zone": ""}, "zone"),
    "a name without end": ({"name": "x" * 256}, "name"),
    "a name of two lines": ({"name": "Ana\nAdmin"}, "name"),
    "a language that is a sentence": ({"language": "English please"}, "language"),
    "a role of one's own choice": ({"server_role": "admin"}, "server_role"),
    "a household of one's own choice": ({"household_id": "x"}, "household_id"),
}


@pytest.mark.parametrize(("wrong", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_registration_names_the_field(wrong, field):
    assert refused(RegisterIn, {**GOOD, **wrong}) == [field]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" Ana@Example.ORG ", "ana@example.org"),
        ("JOSE\u0301@example.org", "jos\u00e9@example.org"),
        ("ana+box@example.org", "ana+box@example.org"),
        ("ana@localhost", "ana@localhost"),
        ('"a@b"@example.org', '"a@b"@example.org'),
    ],
)
def test_an_email_is_kept_in_one_form(given, kept):
    assert RegisterIn.model_validate({**GOOD, "email": given}).email == kept


def test_a_password_is_kept_as_it_was_typed():
    typed = " Correct\tHorse "

    assert RegisterIn.model_validate({**GOOD, "password": typed}).password == typed


def test_signing_in_takes_a_password_shorter_than_a_new_one_may_be():
    assert LoginIn.model_validate({"email": "ana@example.org", "password": "x"}).password == "x"


def test_a_password_may_be_as_long_as_a_page():
    password = "a long way " * 90

    assert RegisterIn(email="ana@example.org", password=password).password == password


def test_a_new_password_has_the_length_of_a_registration():
    wrong = {"current_password": "x", "new_password": "seven77"}

    assert refused(ChangePasswordIn, wrong) == ["new_password"]


@pytest.mark.parametrize("field", ["name", "zone", "language"])
def test_a_patch_cannot_clear_what_every_user_has(field):
    assert refused(ProfilePatch, {field: None}) == [field]


def test_a_patch_can_clear_the_place():
    assert ProfilePatch.model_validate({"place": None}).model_fields_set == {"place"}


@pytest.mark.parametrize("field", ["email", "server_role", "is_test_user", "phone"])
def test_a_patch_changes_only_what_the_user_may_correct(field):
    assert refused(ProfilePatch, {field: "x"}) == [field]
