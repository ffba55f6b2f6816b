import json

import pytest

from server.admin.schemas_overview import OverviewCheckOut
from server.admin.schemas_settings import SettingOut, SettingsOut
from server.admin.schemas_upgrade import (
    PendingMigrationOut,
    RollbackOut,
    TableLockOut,
    UpgradeOut,
)
from tests.tui.fake_server import FakeServer, problem
from tests.tui.pilot import SMALL, WIDE, running, screen_text, settle
from tests.tui.snapshots import same_as_kept

LEAKED = "hunter2"
ESCAPE = "\x1b]0;owned\x07"


def setting(
    name: str,
    group: str,
    value: str | None = None,
    *,
    source: str = "default",
    is_secret: bool = False,
    default: str | None = None,
    unit: str = "",
    meaning: str = "What it is for.",
) -> SettingOut:
    return SettingOut(
        name=name,
        group=group,
        is_set=source != "default",
        is_secret=is_secret,
        source=source,
        value=value,
        default=default,
        unit=unit,
        meaning=meaning,
    )


def some() -> SettingsOut:
    return SettingsOut(
        items=[
            setting("DATABASE_URL", "Database", is_secret=True, source="credential file"),
            setting("DATABASE_POOL_MAX", "Database", "10", default="10", unit="connections"),
            setting("PUBLIC_URL", "Application", "https://catchup.example.org", source=".env"),
            setting("JWT_SECRET", "Secrets", is_secret=True),
            # What a server that forgets itself would tell.
            setting("SMTP_URL", "E-mail", LEAKED, is_secret=True, source=".env", default=LEAKED),
            setting("NEW_API_KEY", "AI", LEAKED, source="environment", default=LEAKED),
            setting("STORAGE_URL", "Storage", f"s3://ana:{LEAKED}@host/b", source=".env"),
            setting("BACKUP_URL", "Storage", f"s3://host/b?secret={LEAKED}", source=".env"),
            setting("AI_PROMPT", "AI", f"{ESCAPE}[bold]hi", source=".env", meaning="日本 👍🏽"),
        ]
    )


def upgrade() -> UpgradeOut:
    return UpgradeOut(
        status="warn",
        version="0.1.0",
        commit="43b484a0",
        checks=[
            OverviewCheckOut(name="disk", status="ok", reason=None, detail="31 GB free", fix=None),
            OverviewCheckOut(
                name="migrations",
                status="warn",
                reason="pending",
                detail="1 to apply",
                fix="run `catchup migrate`",
            ),
        ],
        pending=[
            PendingMigrationOut(
                id="2026-03-01T10:00:00",
                description="Messages know their cost",
                lock="all",
                estimate_s=1.5,
                tables=[
                    TableLockOut(table="message", rows=120_000, size_bytes=60 << 20, estimate_s=1.5)
                ],
            )
        ],
        estimate_s=1.5,
        database_bytes=812 << 20,
        rollback=RollbackOut(
            version="0.1.0",
            last_migration="2026-02-20T08:00:00",
            sentence="To go back: `catchup migrate --back 1`, then start the version from before.",
        ),
    )


def serve(server: FakeServer) -> None:
    server.on("/settings", some())
    server.on("/upgrade", upgrade())


@pytest.fixture
def listing(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    serve(server)
    return server


async def test_variables_say_where_they_come_from(listing):
    async with running(listing, section="settings") as pilot:
        assert "https://catchup" in screen_text(pilot)
        assert "credential file" in screen_text(pilot)


async def test_no_secret_is_shown_even_if_the_server_tells_one(listing):
    async with running(listing, size=WIDE, section="settings") as pilot:
        assert "set, never shown" in screen_text(pilot)
        assert LEAKED not in screen_text(pilot)

        for _ in some().items:
            await pilot.press("enter")
            await settle(pilot)
            assert LEAKED not in screen_text(pilot)
            await pilot.press("escape", "down")
            await settle(pilot)


async def test_no_secret_is_copied_or_exported(listing, tmp_path, monkeypatch):
    copied: list[str] = []
    async with running(listing, section="settings") as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        for _ in some().items:
            await pilot.press("y", "enter")
            await settle(pilot)
            for _ in range(8):
                await pilot.press("y", "down")
            await pilot.press("escape", "down")
            await settle(pilot)
        await pilot.press("e")
        await settle(pilot)

    (path,) = tmp_path.glob("catchup-settings-*.json")
    items = json.loads(path.read_text())["items"]
    assert [one["name"] for one in items] == [one.name for one in some().items]
    assert LEAKED not in path.read_text()
    assert "DATABASE_URL" in copied
    assert not [text for text in copied if LEAKED in text]


async def test_a_search_does_not_find_by_value(listing):
    async with running(listing, section="settings") as pilot:
        await pilot.press("slash", *LEAKED, "enter")
        await settle(pilot)

        assert "No variable fits." in screen_text(pilot)


@pytest.mark.parametrize(
    ("asked", "found", "hidden"),
    [
        ("group:storage", "BACKUP_URL", "JWT_SECRET"),
        ("set:no", "DATABASE_POOL_MAX", "PUBLIC_URL"),
        ("secret:yes", "JWT_SECRET", "PUBLIC_URL"),
        ("pool", "DATABASE_POOL_MAX", "PUBLIC_URL"),
    ],
)
async def test_a_filter_narrows_the_list(listing, asked, found, hidden):
    async with running(listing, section="settings") as pilot:
        await pilot.press("slash", *asked, "enter")
        await settle(pilot)

        assert found in screen_text(pilot)
        assert hidden not in screen_text(pilot)


async def test_what_a_terminal_would_act_upon_is_shown(listing):
    async with running(listing, size=WIDE, section="settings") as pilot:
        assert "␛]0;owned␇[bold]hi" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)


async def test_privacy_hides_values(listing):
    async with running(listing, section="settings") as pilot:
        await pilot.press("P")
        await settle(pilot)

        assert "https://catchup" not in screen_text(pilot)
        assert "PUBLIC_URL" in screen_text(pilot)


async def test_the_line_above_says_how_an_upgrade_would_go(listing):
    async with running(listing, section="settings") as pilot:
        assert "▲ upgrade: 1 to apply" in screen_text(pilot)


async def test_u_looks_ahead_of_an_upgrade_and_changes_nothing(listing):
    async with running(listing, section="settings", theme="catchup") as pilot:
        await pilot.press("u")
        await settle(pilot)
        assert "Migration 2026-03-01T10:00:00" in screen_text(pilot)
        assert "reads and writes wait" in screen_text(pilot)
        assert same_as_kept(pilot, "settings-upgrade")
        assert not listing.writes

        await pilot.press("escape")
        await settle(pilot)
        assert "JWT_SECRET" in screen_text(pilot)


async def test_the_look_ahead_is_not_asked_for_every_round(listing):
    async with running(listing, section="settings") as pilot:
        await pilot.press("r")
        await settle(pilot)

        assert len([one for one in listing.asked if one.path.endswith("/upgrade")]) == 1


async def test_settings_are_shown_although_the_look_ahead_fails(listing):
    listing.on("/upgrade", problem(503, "unavailable", "The database does not answer."))
    async with running(listing, section="settings") as pilot:
        assert "JWT_SECRET" in screen_text(pilot)


async def test_a_list_of_many_pages_is_whole(listing):
    many = [setting(f"VARIABLE_{number:03}", "Application") for number in range(150)]
    listing.on("/settings", SettingsOut(items=many))
    async with running(listing, size=SMALL, section="settings") as pilot:
        await pilot.press("end")
        await settle(pilot)
        await pilot.press("end")
        await settle(pilot)

        assert "VARIABLE_149" in screen_text(pilot)
