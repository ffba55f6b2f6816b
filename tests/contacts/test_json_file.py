import io
import json
from typing import Any

import pytest

from server.contacts.import_entries import Entry
from server.contacts.json_file import MAX_CONTACT_CHARS, BadFile, read_contacts

ESCAPED = '"'


def file_of(*contacts: dict[str, Any]) -> io.BytesIO:
    head = {"format": "catchup-contacts", "version": 1}
    return io.BytesIO(json.dumps(head | {"contacts": contacts}).encode())


def test_the_fullest_contact_of_the_api_is_read():
    line = ESCAPED * 255
    links = [{"kind": "link", "value": ESCAPED * 2000, "label": ESCAPED * 100}] * 50
    fullest = {
        "name": line,
        "notes": ESCAPED * 50_000,
        "custom_fields": {f"{n:03}{ESCAPED * 97}": ESCAPED * 5_000 for n in range(100)},
        "points": links
        + [
            {
                "kind": "address",
                "value": ESCAPED * 1000,
                "components": dict.fromkeys(("street", "locality", "region", "country"), line),
            }
        ]
        * 50,
    }

    (entry,) = read_contacts(file_of(fullest))

    assert isinstance(entry, Entry), entry
    assert len(entry.draft.points) == 100


def test_a_contact_of_more_text_than_that_is_refused_unread():
    file = file_of({"name": "Ada"}, {"name": "Ben", "extra": "x" * 2 * MAX_CONTACT_CHARS})

    with pytest.raises(BadFile, match="over 2097152 characters"):
        list(read_contacts(file))

    assert file.tell() < 2 * MAX_CONTACT_CHARS


def test_many_contacts_are_read_however_long_they_are_together():
    note = "x" * 40_000

    entries = list(read_contacts(file_of(*({"name": f"N{n}", "notes": note} for n in range(100)))))

    assert len(entries) == 100
