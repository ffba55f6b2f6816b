"""Settings that work and are still worth a warning; pure, but for a look at files' modes."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from server.config import Settings
from server.health.checks import Check, failed


def of_settings(settings: Settings) -> list[Check]:
    """Look at roles, the public address, transport and registration."""
    return [
        *_roles(settings),
        _public_url(settings),
        *_transport(settings),
        *_registration(settings),
        *_security_contact(settings),
    ]


def of_files(env_file: Path, environment: Mapping[str, str]) -> list[Check]:
    """See that nobody else can read the files with secrets: the env file, NAME_FILE files."""
    variables = (f"{name.upper()}_FILE" for name in Settings.model_fields)
    named = [Path(environment[name]) for name in variables if environment.get(name)]
    found = []
    for file in dict.fromkeys((env_file, *named)):
        if file.is_file() and file.stat().st_mode & 0o077:
            detail = f"{file} can be read by others"
            found.append(failed("secret files", detail, reason="", fix=f"chmod 600 {file}"))
    return found or [Check("secret files", "ok", "only their owner can read them")]


def data_folders(settings: Settings, home: Path) -> list[Path]:
    """Return the local folders that data goes to."""
    urls = (settings.storage_url, settings.backup_url)
    local = [Path(unquote(urlsplit(url).path)) for url in urls if url and url.startswith("file:")]
    return list(dict.fromkeys((home, *local)))


def _roles(settings: Settings) -> list[Check]:
    application = _user(settings.database)
    found = []
    for variable, url, means in (
        ("DATABASE_OWNER_URL", settings.owner_database, "may change the schema"),
        ("DATABASE_BACKUP_URL", settings.backup_database, "is also the one for backups"),
    ):
        if _user(url) == application:
            detail = f"the application's role {means}"
            found.append(Check("roles", "warn", detail, f"set {variable} to a role of its own"))
    return found or [Check("roles", "ok", "owner, application and backup are apart")]


def _public_url(settings: Settings) -> Check:
    if settings.public_url is None:
        detail = f"PUBLIC_URL is not set; links start with {settings.base_url}"
        fix = "set PUBLIC_URL to the address that members use"
        return Check("public address", "warn" if _is_production(settings) else "ok", detail, fix)
    parts = urlsplit(settings.public_url)
    if parts.username or parts.query or parts.fragment or parts.path.strip("/"):
        detail = "PUBLIC_URL has more than scheme, host and port"
        fix = "set it to something like https://catchup.example.org"
        return failed("public address", detail, reason="", fix=fix)
    if parts.scheme == "http" and not _is_local(parts.hostname):
        detail = "PUBLIC_URL is not https: passwords would travel in the clear"
        return Check("public address", "warn", detail, "put a reverse proxy with TLS in front")
    return Check("public address", "ok", settings.base_url)


def _transport(settings: Settings) -> list[Check]:
    found = []
    database, redis = urlsplit(settings.database), urlsplit(settings.redis)
    mode = parse_qs(database.query).get("sslmode", [""])[0]
    if not (_is_local(database.hostname) or settings.database_ssl or mode.startswith("verify")):
        detail = f"the way to {database.hostname} is not verified by TLS"
        found.append(Check("database transport", "warn", detail, "set DATABASE_SSL=true"))
    if redis.scheme == "redis" and not _is_local(redis.hostname):
        detail = f"the way to {redis.hostname} is in the clear"
        found.append(Check("redis transport", "warn", detail, "use a rediss:// URL"))
    if redis.scheme != "unix" and not redis.password:
        fix = "set `requirepass`, and the password in REDIS_URL"
        found.append(Check("redis password", "warn", "Redis takes commands from anybody", fix))
    return found


def _registration(settings: Settings) -> list[Check]:
    if settings.registration == "open" and _is_production(settings):
        return [
            Check("registration", "warn", "anybody may register", "set REGISTRATION=invite"),
        ]
    return []


def _security_contact(settings: Settings) -> list[Check]:
    if settings.security_contact is None and _is_production(settings):
        host = urlsplit(settings.base_url).hostname
        detail = f"/.well-known/security.txt names security@{host}: does somebody read it?"
        fix = "set SECURITY_CONTACT, such as mailto:you@example.org"
        return [Check("security contact", "warn", detail, fix)]
    return []


def _is_production(settings: Settings) -> bool:
    return settings.app_env == "production"


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")


def _is_local(host: str | None) -> bool:
    """Say whether traffic to `host` stays on this machine; no host is a unix socket."""
    if not host or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
