import pytest

from tests.conformance.vcard_facts import disagreements
from tests.conformance.vcard_lines import read_lines

EXPORT = "\r\n".join(
    (
        "BEGIN:VCARD",
        "VERSION:4.0",
        "FN:Ada",
        "N:Lovelace;Ada;;;",
        "TEL;TYPE=home;PREF=1:1",
        "ORG:Engines\\, Ltd;Analysis",
        "GEO:geo:1.5,-2.5",
        "TZ:-0500",
        "PHOTO:data:image/png;base64,AAAA",
        "X-LONG:a very lo",
        " ng line",
        "END:VCARD",
        "",
    )
)
POINT = {"value": "1", "label": "home"}
CONTACT = {
    "name": "Ada", "nickname": None, "organisation": "Engines, Ltd", "title": None, "notes": None,
    "zone": None,
    "dates": [{"kind": "birthday", "label": None, "year": None, "month": 2, "day": 3}],
    "phones": [POINT], "emails": [], "addresses": [], "links": [], "socials": [],
}  # fmt: skip

TRUE = [
    ("FormattedName", {"value": "Ada"}),
    ("structuredName", {"family": "Lovelace", "given": "Ada"}),
    ("telephone", {"types": ["HOME", "PREF"], "text": "1"}),
    ("Organization", {"values": ["Engines, Ltd", "Analysis"]}),
    ("Geo", {"latitude": 1.5, "longitude": -2.5}),
    ("Timezone", {"offset": "-05:00"}),
    ("Photo", {"contentType": "PNG", "dataLength": 3}),
    ("Birthday", {"date": "--02-03"}),
    ("X-LONG", {"value": "a very long line"}),
]
FALSE = [
    ("FormattedName", {"value": "Eve"}),
    ("structuredName", {"family": "Lovelace", "given": "Eve"}),
    ("telephone", {"types": "WORK", "text": "1"}),
    ("telephone", {"text": "2"}),
    ("Organization", {"values": ["Engines, Ltd"]}),
    ("Geo", {"latitude": 1.5, "longitude": 2.5}),
    ("Timezone", {"offset": "+05:00"}),
    ("Photo", {"dataLength": 4}),
    ("Photo", {"contentType": "GIF"}),
    ("Birthday", {"date": "2000-02-03"}),
    ("X-LONG", {"value": "a very lo"}),
    ("Unheard-Of", {"value": "1"}),
]


def told(kind, item):
    return disagreements([{"kind": kind, "items": [item]}], CONTACT, read_lines(EXPORT)[0])


@pytest.mark.parametrize(("kind", "item"), TRUE)
def test_a_true_fact_is_no_disagreement(kind, item):
    assert told(kind, item) == []


@pytest.mark.parametrize(("kind", "item"), FALSE)
def test_a_false_fact_is_told(kind, item):
    assert len(told(kind, item)) == 1


@pytest.mark.parametrize(
    "fact", [{}, {"kind": "X"}, {"kind": "X", "items": [{}, 1, None]}, {"kind": 1, "items": ["a"]}]
)
def test_a_fact_of_an_unknown_shape_is_passed_over(fact):
    assert disagreements([fact], CONTACT, read_lines(EXPORT)[0]) == []


def test_each_exported_property_stands_for_one_fact():
    twice = [{"kind": "X-LONG", "items": [{"value": "a very long line"}] * 2}]

    assert len(disagreements(twice, CONTACT, read_lines(EXPORT)[0])) == 1
