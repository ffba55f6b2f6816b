"""A PATCH merges custom fields by name; null takes one away."""

import pytest

from server.contacts.drafts import ContactDraft
from server.contacts.schemas import ContactPatch
from server.contacts.service_edits import patched
from server.errors import BadInput


def merged(stored, wishes):
    """Return the custom fields of a contact that had `stored`, after a PATCH."""
    draft = ContactDraft(name="Ana", custom_fields=stored)
    data = ContactPatch.model_validate({"custom_fields": wishes})
    return patched(draft, data).custom_fields


@pytest.mark.parametrize(
    ("stored", "wishes", "after"),
    [
        ({"a": 1, "b": 2}, {"b": "x"}, {"a": 1, "b": "x"}),
        ({"a": 1}, {"b": True}, {"a": 1, "b": True}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": ""}, {"a": ""}),
        ({"a": 1}, {"a": False}, {"a": False}),
    ],
)
def test_custom_fields_are_merged_by_name(stored, wishes, after):
    assert merged(stored, wishes) == after


def test_all_custom_fields_may_be_exchanged_at_once():
    old, new = {f"old {i}": i for i in range(100)}, {f"new {i}": i for i in range(100)}

    assert merged(old, new | dict.fromkeys(old)) == new


def test_a_merge_keeps_to_the_most_custom_fields():
    with pytest.raises(BadInput) as refused:
        merged({f"k{i}": i for i in range(100)}, {"one more": 1})

    assert [error.field for error in refused.value.fields] == ["custom_fields"]


def test_what_an_import_brought_beyond_the_limit_can_be_changed_and_taken_away():
    many = {f"k{i}": i for i in range(120)}

    assert len(merged(many, {"k0": "changed", "k1": None})) == 119
