"""What a column of a CSV file may be: the names of our fields, and one column's place in them."""

from dataclasses import dataclass

from server.contacts.rules import ADDRESS_PARTS

NAME_PARTS = ("prefix", "given_name", "additional_name", "family_name", "suffix")
TEXTS = ("nickname", "organisation", "title", "location", "zone", "uid")
SETTINGS = (
    "visibility",
    "circle",
    "cadence",
    "cadence_days",
    "paused_until",
    "never_suggest",
    "preferred_way",
    "archived_at",
)
POINTS = {"phone": "phone", "email": "email", "link": "link", "social": "social"}
"""Field → kind of a point whose value is one cell."""

MAPPABLE = (
    "name",
    *NAME_PARTS,
    *TEXTS,
    "notes",
    *POINTS,
    "address",
    *ADDRESS_PARTS,
    "birthday",
    "anniversary",
    "date",
    "tags",
    "groups",
    *SETTINGS,
    "ignore",
)
"""What a mapping may name, besides `custom_fields.NAME`."""

LABELLED = frozenset({*POINTS, "address", *ADDRESS_PARTS, "date"})
"""Fields that a mapping may give a label: `phone:boat`."""

IDENTITY = frozenset({"name", "file_as", *NAME_PARTS, "nickname", "organisation", *POINTS})
"""A header without any of these says nothing of who is meant."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds: `field`, and of a field that several columns make, which `part`.

    Columns of the same field and `slot` make one entry (a phone and its type). `label` is what
    the header itself says of it (`Home Phone`).
    """

    header: str
    field: str
    part: str = "value"
    slot: str = ""
    label: str = ""
