from pathlib import Path

from server.lib import city_table
from server.lib.clock import is_zone

TABLE = Path(city_table.__file__).with_name("cities.tsv")


def rows(kind: str) -> list[list[str]]:
    with TABLE.open(encoding="utf-8") as lines:
        return [line[1:].rstrip("\n").split("\t") for line in lines if line[0] == kind]


def test_rows_are_sorted_by_their_first_column_and_unique():
    names = [line.split(b"\t")[0] for line in TABLE.read_bytes().splitlines() if line[:1] != b"#"]
    assert names == sorted(set(names))


def test_the_head_credits_geonames():
    assert "City data © GeoNames" in TABLE.read_text("utf-8")[:500]


def test_every_zone_of_a_place_is_known_to_the_machine():
    assert [zone for *_, zone, _ in rows("p") if not is_zone(zone)] == []


def test_every_name_leads_to_places():
    known = {row[0] for row in rows("p")}
    assert [key for key, ids in rows("n") if not set(ids.split()) <= known] == []


def test_every_area_that_is_named_has_zones():
    known = {row[0] for row in rows("c") if row[3]}
    named = rows("a") + rows("b")
    assert [key for key, areas in named if not set(areas.split()) <= known] == []


def test_the_first_and_the_last_row_are_found():
    lines = TABLE.read_text("utf-8").splitlines()
    first = next(line for line in lines if not line.startswith("#"))
    assert city_table.areas_named([first.split("\t")[0][1:]]) == first.split("\t")[1].split()
    assert city_table.zone_spelt(lines[-1].split("\t")[0][1:]) == lines[-1].split("\t")[1]


def test_every_place_is_found_by_its_own_name():
    lost = []
    for place_id, name, *_ in rows("p")[::50]:
        places = city_table.cities_named(city_table.place_words(name))
        if city_table.city_by_id(place_id) not in places:
            lost.append(name)
    assert lost == []


def test_saints_and_forts_are_spelt_out():
    assert city_table.place_words("St. John's") == ["saint", "johns"]


def test_the_last_word_is_never_spelt_out():
    assert city_table.place_words("High St") == ["high", "st"]


def test_vowel_signs_of_indic_scripts_stay():
    assert city_table.place_words("दिल्ली") == ["दिल्ली"]


def test_zones_of_an_area_come_biggest_first():
    assert [city.name for city in city_table.area_zones("ES")] == [
        "Madrid",
        "Las Palmas de Gran Canaria",
    ]


def test_a_zone_without_a_city_is_named_after_itself():
    chatham = city_table.area_zones("NZ")[-1]
    assert (chatham.name, chatham.zone) == ("Chatham", "Pacific/Chatham")
