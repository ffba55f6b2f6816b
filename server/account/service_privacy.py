"""Say what is stored of a person, where it goes and how long it stays: for machines and people."""

from collections.abc import Iterable

from server.account.columns import TABLES
from server.account.kinds import Personal
from server.account.schemas import DataKindOut, PrivacyOut, RecipientOut
from server.account.words import ALWAYS, KINDS, RECIPIENTS, RIGHTS, days_of, is_active
from server.config import Settings
from server.keys.classes import ENCRYPTED, HASHED


def statement(settings: Settings) -> PrivacyOut:
    """Return what holds on this server, with its settings."""
    data = [_kind(personal, settings) for personal in Personal]
    goes_to = [
        RecipientOut(name=one.name, gets=one.gets, why=one.why, active=is_active(one, settings))
        for one in (*RECIPIENTS, *ALWAYS)
    ]
    return PrivacyOut(
        data=data,
        goes_to=goes_to,
        grace_days=settings.erasure_grace_days,
        backups_days=settings.retention_backups_days,
        rights=list(RIGHTS),
        text=_text(data, goes_to, settings),
    )


def _kind(personal: Personal, settings: Settings) -> DataKindOut:
    tables = [name for name, rule in TABLES.items() if rule.personal is personal]
    kind = KINDS[personal]

    def places(columns: Iterable[tuple[str, str]]) -> list[str]:
        return sorted(f"{table}.{column}" for table, column in columns if table in tables)

    return DataKindOut(
        name=personal,
        what=kind.what,
        tables=tables,
        encrypted=places(ENCRYPTED),
        hashed=places(HASHED),
        kept=kind.kept,
        kept_days=days_of(kind, settings),
    )


def _text(data: list[DataKindOut], goes_to: list[RecipientOut], settings: Settings) -> str:
    lines = ["What this server stores", ""]
    for one in data:
        days = "" if one.kept_days is None else f" ({one.kept_days} days)"
        lines.append(f"- {one.what} Kept: {one.kept}{days}.")
    lines += ["", "Who else gets some of it", ""]
    lines += [f"- {one.name} gets {one.gets}, {one.why}." for one in goes_to if one.active]
    lines += ["", "What you can do", "", *(f"- {right}" for right in RIGHTS), ""]
    lines.append(
        f"A closed account can be restored for {settings.erasure_grace_days} days. An erased one is"
        f" in backups for at most {settings.retention_backups_days} days more."
    )
    return "\n".join(lines) + "\n"
