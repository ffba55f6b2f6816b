"""Every variable as `catchup config` lists it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from server import config_variables as variables
from server.config import CredentialSource, Settings, env_file, env_file_source, names_of
from server.config_retention import Retention

_PASSWORD = re.compile(r"(://[^/:@]*:)[^@]*@")


@dataclass(frozen=True, slots=True)
class Variable:
    """One line of `catchup config`: `value` is masked when it is a secret."""

    name: str
    group: str
    is_secret: bool
    value: str | None
    source: str
    default: str | None
    unit: str
    meaning: str


def describe(current: Settings) -> list[Variable]:
    """List every variable with its value, where it comes from, default, unit and meaning."""
    sources: list[tuple[str, Mapping[str, Any]]] = [
        ("environment", {name.lower(): value for name, value in os.environ.items() if value}),
        ("credential file", CredentialSource(Settings)()),
        (f"{env_file()}", env_file_source(Settings).env_vars),
    ]
    lines = []
    groups: tuple[type[BaseModel], ...] = (*variables.GROUPS, Retention)
    for group in groups:
        for name, field in group.model_fields.items():
            names = set(names_of(name))
            source = next((label for label, values in sources if names & values.keys()), "default")
            extra = field.json_schema_extra
            lines.append(
                Variable(
                    name=name.upper(),
                    group=(group.__doc__ or "").rstrip("."),
                    is_secret="SecretStr" in repr(field.annotation),
                    value=_shown(getattr(current, name)),
                    source=source,
                    default=_shown(field.default),
                    unit=str(extra.get("unit", "")) if isinstance(extra, dict) else "",
                    meaning=field.description or "",
                )
            )
    return lines


def _shown(value: object) -> str | None:
    if value is None or value == []:
        return None
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_without_password(str(item)) for item in value)
    return _without_password(str(value))


def _without_password(url: str) -> str:
    return _PASSWORD.sub(r"\1********@", url)
