import pytest

from server.lib.phone_regions import Reading, Regions, read_phone, regions_of_numbers


def read(text, *, told=(), hinted=(), home=None):
    return read_phone(text, Regions(told=told, hinted=hinted, home=home))


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("030 123456", "+4930123456"),
        ("(030) 123456", "+4930123456"),
        ("(0)30 123456", "+4930123456"),
        ("0151 23456789", "+4915123456789"),
        ("00 44 20 7946 0018", "+442079460018"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_a_number_written_as_at_home_is_of_home(text, e164):
    assert read(text, home="DE") == Reading(e164)


@pytest.mark.parametrize(
    "text",
    [
        "(757) 555-0101",
        "(757)555-0101",
        "757-555-0101",
        "757.555.0101",
        "1-757-555-0101",
        "1 (757) 555-0101",
        "(757) 555-0101 ext. 12",
    ],
)
@pytest.mark.parametrize("home", ["DE", "GB", "ES"])
def test_a_number_written_as_only_north_america_does_is_of_there(text, home):
    assert read(text, home=home) == Reading("+17575550101")


@pytest.mark.parametrize("text", ["757 555 0101", "7575550101", "151 23456789", "30 123456"])
def test_a_number_without_the_zero_that_home_dials_is_doubtful(text):
    assert read(text, home="DE") == Reading(None, is_doubtful=True)


@pytest.mark.parametrize(
    ("text", "home", "e164"),
    [
        ("614-234-5678", "MX", "+526142345678"),
        ("98765 43210", "IN", "+919876543210"),
        ("(532) 123 45 67", "TR", "+905321234567"),
        ("21 123 4567", "PT", "+351211234567"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("415-555-0101", "CA", "+14155550101"),
    ],
)
def test_where_no_zero_is_dialled_none_is_missing(text, home, e164):
    assert read(text, home=home) == Reading(e164)


def test_where_the_zero_may_be_left_out_a_north_american_writing_is_doubtful():
    assert read("(972) 234-5678", home="IN") == Reading(None, is_doubtful=True)


def test_north_america_writes_three_digits_first():
    assert read("81 8342 1234", home="US") == Reading(None, is_doubtful=True)


def test_letters_are_no_digits():
    assert read("030/123456 (privat)", home="DE") == Reading(None, is_doubtful=True)


@pytest.mark.parametrize("where", ["told", "hinted"])
def test_the_contacts_own_country_goes_before_home(where):
    assert read("757 555 0101", home="DE", **{where: ("US",)}) == Reading("+17575550101")


def test_where_it_lives_goes_before_its_other_numbers():
    reading = read("020 7946 0018", told=("GB",), hinted=("DE",), home="DE")

    assert reading == Reading("+442079460018")


def test_another_number_from_abroad_does_not_take_a_number_away_from_home():
    assert read("030 123456", hinted=("US",), home="DE") == Reading("+4930123456")


def test_a_number_that_the_contacts_country_does_not_have_is_not_of_home_instead():
    assert read("021 123 4567", told=("PT",), home="DE") == Reading(None, is_doubtful=True)


def test_a_number_of_two_of_the_contacts_countries_is_doubtful():
    reading = read("030 123456", told=("DE", "IT"), home="US")

    assert reading == Reading(None, is_doubtful=True)


def test_without_any_country_a_national_number_is_doubtful():
    assert read("(757) 555-0101") == Reading(None, is_doubtful=True)


@pytest.mark.parametrize("text", ["ask at the desk", "", "12", "+", "+999 123456789", "9" * 9999])
def test_what_is_no_number_anywhere_is_not_doubtful(text):
    assert read(text, told=("US",), home="DE") == Reading(None)


def test_numbers_with_a_country_code_say_their_country():
    numbers = [
        "+44 20 7946 0018",
        "030 123456",
        "+1 757 555 0101",
        "+44 20 7946 0000",
        "+800 12345678",
    ]

    assert regions_of_numbers(numbers) == ("GB", "US")
