"""What only CatchUp writes on a card: custom fields, circle and cadence; pure.

    X-CATCHUP-CUSTOM;X-NAME=shoe size;VALUE=integer:42
    X-CATCHUP-CIRCLE:inner
    X-CATCHUP-CADENCE:monthly        or, in days, X-CATCHUP-CADENCE;VALUE=integer:12

A custom field without VALUE is text; integer, float and boolean are RFC 6350's, 4.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from server.contacts.drafts import ContactDraft, SettingsDraft
from server.contacts.schemas import CustomFields
from server.contacts.schemas_file import SettingsRecord
from server.contacts.vcard.card import CardWarning, KeptProperty, Params
from server.contacts.vcard.params import values_of
from server.contacts.vcard.values import escape, many_lines, one_line

CUSTOM = "X-CATCHUP-CUSTOM"
CIRCLE = "X-CATCHUP-CIRCLE"
CADENCE = "X-CATCHUP-CADENCE"

_CUSTOM_FIELDS: TypeAdapter[dict[str, Any]] = TypeAdapter(CustomFields)
_WHOLE: tuple[tuple[str, tuple[str, ...]], ...] = (("VALUE", ("integer",)),)
_READ: dict[str, Callable[[str], Any]] = {
    "": many_lines,
    "text": many_lines,
    "integer": int,
    "float": float,
    "boolean": lambda raw: {"true": True, "false": False}[raw],
}


def own_properties(draft: ContactDraft) -> list[KeptProperty]:
    """Return the properties that say what a card has no place for."""
    settings = draft.settings
    found = [_custom(name, value) for name, value in draft.custom_fields.items()]
    if settings.circle:
        found.append(KeptProperty("", CIRCLE, (), settings.circle))
    if settings.cadence:
        found.append(KeptProperty("", CADENCE, (), settings.cadence))
    elif settings.cadence_days:
        found.append(KeptProperty("", CADENCE, _WHOLE, str(settings.cadence_days)))
    return found


def with_own_properties(draft: ContactDraft, line: int) -> tuple[ContactDraft, list[CardWarning]]:
    """Return a card's draft with what its own properties say, and a warning for each bad one.

    A bad one stays a kept property.
    """
    kept, custom, settings, warnings = [], dict(draft.custom_fields), draft.settings, []
    for entry in draft.kept_properties or ():
        name = entry[1].upper()
        try:
            if name == CUSTOM:
                custom = _with_custom(custom, entry)
            elif name in (CIRCLE, CADENCE):
                settings = _with_setting(settings, name, entry)
            else:
                kept.append(entry)
        except (ValueError, KeyError):
            kept.append(entry)
            reason = f"{name} cannot be read; kept as it is."
            warnings.append(CardWarning(line, "bad_setting", reason))
    return (
        replace(draft, kept_properties=kept or None, custom_fields=custom, settings=settings),
        warnings,
    )


def _custom(name: str, value: Any) -> KeptProperty:
    if isinstance(value, str):
        kind, raw = "", escape(value)
    else:
        kind = {bool: "boolean", int: "integer", float: "float"}[type(value)]
        raw = json.dumps(value)
    params: Params = (("X-NAME", (name,)), *([("VALUE", (kind,))] if kind else []))
    return KeptProperty("", CUSTOM, params, raw)


def _with_custom(custom: dict[str, Any], entry: Sequence[Any]) -> dict[str, Any]:
    """Raises ValueError or KeyError where the entry is no custom field, or one too many."""
    params = _params(entry)
    # A name with a comma in it may come back as two values.
    name = ",".join(values_of(params, "X-NAME"))
    if name in custom:
        raise ValueError("it is there already")
    value = _READ["".join(values_of(params, "VALUE")).lower()](entry[3])
    return _CUSTOM_FIELDS.validate_python({**custom, name: value})


def _with_setting(settings: SettingsDraft, name: str, entry: Sequence[Any]) -> SettingsDraft:
    """Raises ValueError where the entry is no setting, or contradicts another."""
    text = one_line(entry[3]).lower()
    wish: dict[str, Any] = {
        "circle": settings.circle,
        "cadence": settings.cadence,
        "cadence_days": settings.cadence_days,
    }
    if name == CIRCLE:
        wanted: dict[str, Any] = {"circle": text}
    elif values_of(_params(entry), "VALUE"):
        wanted = {"cadence_days": int(text)}
    else:
        wanted = {"cadence": text}
    if any(wish[field] not in (None, value) for field, value in wanted.items()):
        raise ValueError("it is said otherwise already")
    try:
        SettingsRecord.model_validate(wish | wanted)
    except ValidationError as error:
        raise ValueError("it is no such setting") from error
    return replace(settings, **wanted)


def _params(entry: Sequence[Any]) -> Params:
    return tuple((name, tuple(values)) for name, values in entry[2])
