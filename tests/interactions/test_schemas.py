from uuid import UUID

import pytest
from pydantic import ValidationError

from server.interactions.schemas import InteractionIn, InteractionPatch, InteractionsQuery

BEN, EVA = UUID(int=1), UUID(int=2)
GOOD = {"contact_ids": [str(BEN)], "kind": "call", "occurred_at": "2020-05-01T18:30:00+02:00"}

BAD = {
    "no contacts": ({"contact_ids": []}, "contact_ids"),
    "too many contacts": ({"contact_ids": [str(UUID(int=n)) for n in range(51)]}, "contact_ids"),
    "a contact that is no id": ({"contact_ids": ["ben"]}, "contact_ids.0"),
    "contacts that are no list": ({"contact_ids": "ben"}, "contact_ids"),
    "an unknown kind": ({"kind": "letter"}, "kind"),
    "an unknown state": ({"state": "missed"}, "state"),
    "an unknown visibility": ({"visibility": "public"}, "visibility"),
    "a time without an offset": ({"occurred_at": "2020-05-01T18:30:00"}, "occurred_at"),
    "a day without a time": ({"occurred_at": "2020-05-01"}, "occurred_at"),
    "a time as a number": ({"occurred_at": 1588350600}, "occurred_at"),
    "a number as text for a time": ({"occurred_at": "1588350600"}, "occurred_at"),
    "the year 1": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
    "the year 9999": ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
    "no time": ({"occurred_at": None}, "occurred_at"),
    "notes that are no text": ({"notes": 5}, "notes"),
    "notes without end": ({"notes": "x" * 50_001}, "notes"),
    "notes with a null byte": ({"notes": "a\0b"}, "notes"),
    "notes with half a character": ({"notes": "\ud800"}, "notes"),
    "a field nobody knows": ({"mood": "good"}, "mood"),
}


def refused(shape, values):
    with pytest.raises(ValidationError) as error:
        shape.model_validate(values)
    return [".".join(str(part) for part in item["loc"]) for item in error.value.errors()]


@pytest.mark.parametrize(("wrong", "field"), BAD.values(), ids=BAD.keys())
def test_bad_input_names_the_field(wrong, field):
    assert refused(InteractionIn, {**GOOD, **wrong}) == [field]


@pytest.mark.parametrize(("wrong", "field"), BAD.values(), ids=BAD.keys())
def test_a_bad_patch_names_the_field(wrong, field):
    assert refused(InteractionPatch, wrong) == [field]


@pytest.mark.parametrize("field", ["kind", "state", "visibility", "contact_ids", "occurred_at"])
def test_a_patch_cannot_clear_what_must_be_there(field):
    assert refused(InteractionPatch, {field: None}) == [field]


@pytest.mark.parametrize("field", ["contact_ids", "kind", "occurred_at"])
def test_a_whole_interaction_needs(field):
    assert refused(InteractionIn, {k: v for k, v in GOOD.items() if k != field}) == [field]


def test_a_contact_named_twice_counts_once():
    twice = [str(EVA), str(BEN), str(EVA)]

    assert InteractionIn.model_validate({**GOOD, "contact_ids": twice}).contact_ids == [EVA, BEN]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"state": "done"}, "state"),
        ({"contact": "ben"}, "contact"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2020-05-01"}, "to"),
        ({"cursor": "x" * 2049}, "cursor"),
        ({"order": "oldest"}, "order"),
    ],
)
def test_a_bad_filter_is_named(query, field):
    assert refused(InteractionsQuery, query) == [field]
