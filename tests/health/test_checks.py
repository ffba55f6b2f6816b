"""What the checks say of given facts; those that ask a server are in test_service.py."""

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from server.alerts.rules_late import Late
from server.health import checks
from server.health.checks import Check
from tests.times import MONDAY

GIB = 2**30


def state(**changes: Any) -> dict[str, Check]:
    facts = {
        "applied": list(checks.known_migrations()),
        "late": [],
        "schedules": 5,
        "alerts": [],
        "at": MONDAY,
        **changes,
    }
    return {check.name: check for check in checks.state(facts, now=MONDAY)}


def server(**changes: Any) -> dict[str, Check]:
    facts = {
        "version": "15.18",
        "version_num": 150_018,
        "extensions": ["plpgsql", "pg_trgm", "btree_gin", "btree_gist", "fuzzystrmatch"],
        "is_superuser": False,
        "may_create": False,
        **changes,
    }
    return {check.name: check for check in checks.server(facts)}


def test_all_is_well_when_everything_is_as_it_should_be():
    assert checks.worst([*state().values(), *server().values()]) == "ok"


def test_the_worst_status_wins():
    assert checks.worst([Check("a", "ok"), Check("b", "fail"), Check("c", "warn")]) == "fail"


def test_no_check_is_no_complaint():
    assert checks.worst([]) == "ok"


def test_a_missing_migration_fails_and_names_the_command():
    check = state(applied=[])["migrations"]

    assert (check.status, check.reason) == ("fail", "pending")
    assert "catchup migrate" in check.fix


def test_a_database_ahead_of_this_version_is_fine():
    applied = [*checks.known_migrations(), "2999-01-01T00:00:00:000000"]

    assert state(applied=applied)["migrations"].status == "ok"


def test_a_database_without_tables_wants_migrations():
    check = checks.database_error(asyncpg.UndefinedTableError("relation does not exist"))

    assert (check.name, check.reason) == ("migrations", "pending")


def test_a_database_that_cannot_be_reached_is_named_by_the_errors_class():
    check = checks.database_error(ConnectionRefusedError("password=hunter2"))

    assert (check.status, check.reason) == ("fail", "unreachable")
    assert "hunter2" not in check.detail


def test_a_schedule_that_is_late_is_a_warning_that_names_it():
    check = state(late=["retention"])["schedules"]

    assert (check.status, check.reason) == ("warn", "late")
    assert "retention" in check.detail


def test_a_database_that_no_worker_has_seen_is_a_warning():
    assert state(schedules=0)["schedules"].reason == "no_worker"


def test_an_alert_warns_and_is_named():
    check = state(alerts=["mass_export", "new_device"])["security"]

    assert (check.status, check.reason) == ("warn", "alerts")
    assert check.detail.endswith("mass_export")


def test_a_new_device_alone_is_no_reason_to_be_unwell():
    assert state(alerts=["new_device"])["security"].status == "ok"


def test_late_messages_are_a_warning_that_says_how_many_and_why():
    late = [Late("sms", "pending", "breaker", 2, MONDAY), Late("email", "unknown", None, 1, MONDAY)]

    check = checks.messages(late)

    assert (check.status, check.reason) == ("warn", "late")
    assert check.detail == "3 due and not accepted by a provider: breaker, unknown"


@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (5.1, "warn"), (-5.1, "warn")])
def test_clocks_may_differ_by_five_seconds(seconds, status):
    assert state(at=MONDAY + timedelta(seconds=seconds))["clock"].status == status


@pytest.mark.parametrize(("number", "status"), [(150_000, "ok"), (149_999, "fail")])
def test_postgresql_15_is_the_oldest(number, status):
    assert server(version_num=number)["postgresql version"].status == status


def test_a_missing_extension_fails_by_name():
    assert "btree_gist" in server(extensions=["pg_trgm"])["extensions"].detail


@pytest.mark.parametrize("right", ["is_superuser", "may_create"])
def test_an_application_role_with_too_many_rights_is_a_warning(right):
    assert server(**{right: True})["role"].status == "warn"


@pytest.mark.parametrize(
    ("free", "status"), [(2 * GIB, "ok"), (GIB // 2, "warn"), (GIB // 10, "fail")]
)
def test_disk_space_runs_out_in_two_steps(monkeypatch, free, status):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))

    assert checks.disk(Path("/")).status == status


def test_a_folder_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path):
    assert checks.disk(tmp_path / "data" / "photos").status in ("ok", "warn", "fail")


async def test_memory_use_is_a_warning_above_its_bound(monkeypatch):
    monkeypatch.setattr(checks, "MOST_MEMORY_BYTES", 1)

    assert [check.status for check in await checks.memory()] == ["warn"]


async def test_a_check_that_hangs_fails_in_time_even_if_it_cannot_be_cancelled():
    released = asyncio.Event()

    async def hang() -> list[Check]:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        raise ConnectionResetError

    [check] = await checks.in_time("database", hang(), limit_s=0.05)
    released.set()

    assert (check.name, check.status, check.reason) == ("database", "fail", "no_answer")
