from server.contacts.vcard.address import address_text, location_of, read_address, write_address
from server.contacts.vcard.card import Address, Point, PointKind


def place(locality, country="", **facts):
    address = Address(locality=locality, country=country)
    return Point(PointKind.ADDRESS, address_text(address), components=address, **facts)


def test_the_seven_components_are_read():
    assert read_address(r"1;2;3\, b;4;5;6;7") == Address("1", "2", "3, b", "4", "5", "6", "7")


def test_missing_components_are_empty():
    assert read_address(";;Street") == Address(street="Street")


def test_further_components_are_given_back():
    raw = ";;Street;City;;;;Room 5;;Floor 2"

    assert write_address(read_address(raw)) == raw


def test_an_address_in_one_piece_is_a_street():
    assert read_address("1 Main Street, Austin") == Address(street="1 Main Street, Austin")


def test_the_text_leaves_out_what_is_empty():
    assert address_text(read_address(";; 1 Main\\nStreet ;City;;;Land")) == (
        "1 Main, Street, City, Land"
    )


def test_the_location_is_city_and_country():
    assert location_of([place("Austin", "USA")]) == "Austin, USA"


def test_a_location_without_country_is_the_city():
    assert location_of([place("Austin")]) == "Austin"


def test_the_preferred_address_beats_home_and_home_beats_the_first():
    work, home = place("Work"), place("Home", label="home")
    preferred = place("Best", preferred=True)

    assert location_of([work, home, preferred]) == "Best"
    assert location_of([work, home]) == "Home"
    assert location_of([work, place("Other")]) == "Work"


def test_an_address_without_locality_says_no_location():
    assert location_of([place("", "USA", preferred=True)]) == ""
