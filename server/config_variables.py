"""Every environment variable by group, as `catchup config` prints it: default, unit, meaning."""

import base64
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)?")
# URLs of these may name a file or a socket instead of a host.
_WITHOUT_HOST = ("file", "unix", "postgresql", "postgres")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration_s(text: str) -> int:
    """Return the seconds in `7d`, `12h`, `15m`, `30s` or a bare number of seconds.

    Raises:
        ValueError: it is none of these, or zero.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError("a duration such as 7d, 12h, 15m or 900 (seconds)")
    return int(match[1]) * _UNIT_S[match[2] or "s"]


def _a_duration(text: str) -> str:
    duration_s(text)
    return text


def _hex_key(value: SecretStr | None) -> SecretStr | None:
    if value is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", value.get_secret_value()):
        raise ValueError("64 hex digits (make them with: openssl rand -hex 32)")
    return value


def _long_secret(value: SecretStr | None) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < 32:
        raise ValueError("at least 32 characters (make them with: openssl rand -hex 32)")
    return value


def split_secrets(value: SecretStr | None) -> list[str]:
    """Return the secrets of a variable that takes several, separated by commas."""
    return _comma_list(value.get_secret_value()) if value is not None else []


def _long_secrets(value: SecretStr | None) -> SecretStr | None:
    for secret in split_secrets(value):
        if not re.fullmatch(r"[A-Za-z0-9._~-]{32,}", secret):
            raise ValueError(
                "at least 32 letters, digits or ._~- (make them with: openssl rand -hex 32)"
            )
    return value


# Every P-256 key in DER (RFC 5480) begins with these bytes; its point follows.
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def _p256_keys(value: str | None) -> str | None:
    for key in _comma_list(value or ""):
        try:
            der = base64.b64decode(key, validate=True)
        except ValueError:
            der = b""
        if not der.startswith(_P256) or len(der) != len(_P256) + 64:
            raise ValueError("the verification key that SendGrid shows, beginning with MFkw")
    return value


def _a_mailbox(value: str | None) -> str | None:
    # The part before the @ may have 64 characters (RFC 5321), 43 of which are ours.
    if value is not None and not re.fullmatch(
        r"[a-z0-9._-]{1,21}@[a-z0-9-]+(\.[a-z0-9-]+)+", value
    ):
        raise ValueError(
            "an address in lower case such as reply@in.example.org, at most 21 characters before @"
        )
    return value


def _url(*schemes: str) -> AfterValidator:
    expected = "a URL that starts with " + " or ".join(
        f"{s}:///" if s == "file" else f"{s}://" for s in schemes
    )

    def check(value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        for item in texts:
            text = item.get_secret_value() if isinstance(item, SecretStr) else item
            if text is None:
                continue
            try:
                parts = urlsplit(text)
            except ValueError:
                raise ValueError(expected) from None
            if parts.scheme not in schemes or not text[len(parts.scheme) :].startswith("://"):
                raise ValueError(expected)
            if not (parts.netloc or (parts.scheme in _WITHOUT_HOST and parts.path.strip("/"))):
                raise ValueError(expected)
        return value

    return AfterValidator(check)


def _comma_list(value: Any) -> Any:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _exact_origins(values: list[str]) -> list[str]:
    expected = "exact origins such as https://app.example.org, separated by commas; never *"
    for value in values:
        try:
            parts = urlsplit(value)
            origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            raise ValueError(expected) from None
        # As browsers send it: in lower case, without a path or a last slash.
        if parts.scheme not in ("http", "https") or "*" in value or value != origin:
            raise ValueError(expected)
    return values


def _a_contact(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"(mailto:[^@\s]+@|https://|tel:\+?)[!-~]+", value):
        raise ValueError("an address such as mailto:security@example.org or https://…")
    return value


def var(
    default: Any, meaning: str, *, unit: str = "", alias: str | None = None, **bounds: Any
) -> Any:
    """Declare one variable: its default, what it means, and the unit of its number."""
    if alias:
        bounds["validation_alias"] = AliasChoices(*alias.split(","))
    return Field(default, description=meaning, json_schema_extra={"unit": unit}, **bounds)


Duration = Annotated[str, AfterValidator(_a_duration)]
PostgresUrl = Annotated[SecretStr | None, _url("postgresql", "postgres")]
RedisUrl = Annotated[SecretStr | None, _url("redis", "rediss", "unix")]
HttpUrl = Annotated[str | None, _url("http", "https")]
StoreUrl = Annotated[str | None, _url("file", "s3", "gs", "az")]
CommaList = Annotated[list[str], NoDecode, BeforeValidator(_comma_list)]
Port = Annotated[int, Field(ge=1, le=65_535)]


class Database(BaseModel):
    """Database."""

    database_url: PostgresUrl = var(None, "PostgreSQL of the application role; beats its parts.")
    database_host: str | None = var(None, "Part of the URL: host.")
    database_port: Port = var(5432, "Part of the URL: port.")
    database_name: str = var("catchup", "Part of the URL: database.")
    database_user: str = var("catchup", "Part of the URL: role.")
    database_password: SecretStr | None = var(None, "Part of the URL: password.")
    database_ssl: bool = var(False, "Part of the URL: true = TLS with verify-full.")
    database_ssl_ca: str | None = var(
        None, "File with the authority that DATABASE_SSL trusts. Default: the system's."
    )
    database_direct_url: PostgresUrl = var(
        None, "The same database without PgBouncer (LISTEN, session locks). Default: DATABASE_URL."
    )
    database_owner_url: PostgresUrl = var(
        None, "The role that owns the schema (migrations). Default: the direct URL."
    )
    database_backup_url: PostgresUrl = var(
        None, "The role that reads everything for backups. Default: the direct URL."
    )
    database_replica_urls: Annotated[CommaList, _url("postgresql", "postgres")] = var(
        [], "Read replicas, separated by commas."
    )
    database_pool_min: int = var(2, "Connections each process keeps open.", ge=0, le=1000)
    database_pool_max: int = var(20, "Connections each process opens at most.", ge=1, le=1000)
    database_log_queries: bool = var(False, "Log each statement's text and time, never its values.")


class Redis(BaseModel):
    """Redis."""

    redis_url: RedisUrl = var(None, "Redis; beats its parts.")
    redis_host: str | None = var(None, "Part of the URL: host.")
    redis_port: Port = var(6379, "Part of the URL: port.")
    redis_password: SecretStr | None = var(None, "Part of the URL: password.")
    redis_db: int = var(0, "Part of the URL: database number.", ge=0, le=15)
    redis_cluster_nodes: str | None = var(None, "Not supported: use one primary or Sentinel.")


class Application(BaseModel):
    """Application."""

    port: Port = var(3000, "HTTP port.")
    public_url: HttpUrl = var(None, "How the world reaches this server; every link starts with it.")
    app_env: Literal["production", "development"] = var(
        "production", "production or development.", alias="app_env,node_env"
    )
    log_level: Literal["debug", "info", "warning", "error"] = var(
        "info", "Least severe line that is logged."
    )
    worker_concurrency: int = var(5, "Jobs a worker runs at once.", ge=1, le=100)
    rate_limit_per_minute: int = var(
        60,
        "Requests a user may make, or an address that has not signed in (sign-in: always 20);"
        " 0 = off.",
        unit="per minute",
        ge=0,
    )
    trusted_proxy_hops: int = var(
        0,
        "Reverse proxies in front: the client's address is that many entries from the right of"
        " X-Forwarded-For (or Forwarded); 0 = these headers are not believed.",
        ge=0,
        le=10,
    )
    cors_allowed_origins: Annotated[CommaList, AfterValidator(_exact_origins)] = var(
        [], "Origins that browsers may call from, separated by commas; never *."
    )
    registration: Literal["invite", "open"] = var(
        "invite", "Who may register after the first user: invited people, or anyone."
    )
    max_json_bytes: int = var(1_048_576, "Largest JSON body.", unit="bytes", ge=1024)
    max_import_bytes: int = var(20_971_520, "Largest imported file.", unit="bytes", ge=1024)
    max_audio_bytes: int = var(10_485_760, "Largest voice note.", unit="bytes", ge=1024)
    security_contact: Annotated[str | None, AfterValidator(_a_contact)] = var(
        None,
        "Where to report a weakness (mailto:, https: or tel:), for /.well-known/security.txt."
        " Default: security@ the host of PUBLIC_URL (RFC 2142).",
    )
    catchup_embedded: Literal["auto", "system", "wheel"] = var(
        "auto",
        "Whose PostgreSQL and Redis `catchup up` runs: the system's, the wheels', or either.",
    )


class Secrets(BaseModel):
    """Secrets."""

    jwt_secret: Annotated[SecretStr | None, AfterValidator(_long_secret)] = var(
        None, "Imported as one of the signing keys; without it a key is made in the database."
    )
    jwt_expires_in: Duration = var("7d", "Life of an access token.", unit="duration")
    encryption_key: Annotated[SecretStr | None, AfterValidator(_hex_key)] = var(
        None, "The master key that wraps every data key. Without it nothing encrypted can be read."
    )
    encryption_key_next: Annotated[SecretStr | None, AfterValidator(_hex_key)] = var(
        None, "The master key to come, while `catchup keys rotate master` is under way."
    )


class Google(BaseModel):
    """Google."""

    google_client_id: str | None = var(None, "OAuth client of Google Calendar and Contacts.")
    google_client_secret: SecretStr | None = var(None, "Its secret.")
    google_redirect_uri: HttpUrl = var(None, "Default: PUBLIC_URL/auth/google/callback.")
    google_base_url: HttpUrl = var(None, "Another address for Google's API (tests).")


class Twilio(BaseModel):
    """Twilio."""

    twilio_account_sid: str | None = var(None, "Account that sends SMS.")
    twilio_auth_token: SecretStr | None = var(None, "Its token; also verifies webhooks.")
    twilio_webhook_secret: SecretStr | None = var(
        None,
        "More secrets that webhooks may be signed with, separated by commas: Twilio's shared keys,"
        " or the former token while it is changed.",
    )
    twilio_phone_number: str | None = var(None, "Sender, E.164.")
    twilio_messaging_service_sid: str | None = var(None, "Sender, as a messaging service.")
    twilio_base_url: HttpUrl = var(None, "Another address for Twilio's API (tests).")


class Email(BaseModel):
    """E-mail."""

    sendgrid_api_key: SecretStr | None = var(None, "Sends e-mail through SendGrid.")
    sendgrid_from_email: str | None = var(None, "Sender address.")
    sendgrid_webhook_public_key: Annotated[str | None, AfterValidator(_p256_keys)] = var(
        None,
        "Verifies events and inbound mail; several, separated by commas, while a key is changed or"
        " where the two have different ones.",
    )
    sendgrid_base_url: HttpUrl = var(None, "Another address for SendGrid's API (tests).")
    smtp_url: Annotated[SecretStr | None, _url("smtp", "smtps")] = var(
        None, "Sends e-mail through SMTP."
    )
    smtp_from_email: str | None = var(None, "Sender address.")
    email_inbound_address: Annotated[str | None, AfterValidator(_a_mailbox)] = var(
        None,
        "Mailbox whose mail comes to /api/webhooks/email/inbound. Our mails then ask for replies to"
        " it, with a +part that tells which mail is answered.",
    )
    email_inbound_secret: Annotated[SecretStr | None, AfterValidator(_long_secrets)] = var(
        None,
        "Lets a sender of inbound mail in that cannot sign: https://SECRET@…; the new and the old"
        " one, separated by commas, while it is changed.",
    )


class Ai(BaseModel):
    """AI."""

    openai_api_key: SecretStr | None = var(None, "Key of the model that reads notes and replies.")
    openai_base_url: HttpUrl = var(None, "Any compatible server, also one at home.")
    openai_model: str | None = var(None, "Model.")
    openai_transcription_base_url: HttpUrl = var(
        None, "Server that transcribes; default OPENAI_BASE_URL."
    )
    openai_transcription_api_key: SecretStr | None = var(None, "Its key; default OPENAI_API_KEY.")
    openai_transcription_model: str | None = var(None, "Its model.")
    openai_transcription_language: str | None = var(
        None, "Spoken language; default: found by the model."
    )
    openai_transcription_timeout_s: int = var(
        120, "Give up on one transcription.", unit="seconds", ge=1
    )


class Storage(BaseModel):
    """Storage."""

    storage_url: StoreUrl = var(
        None, "Where photos and audio live; default: a folder in CATCHUP_HOME."
    )
    storage_endpoint: HttpUrl = var(None, "S3-compatible endpoint of STORAGE_URL.")
    storage_access_key_id: SecretStr | None = var(None, "Credential of STORAGE_URL.")
    storage_secret_access_key: SecretStr | None = var(None, "Credential of STORAGE_URL.")
    backup_url: StoreUrl = var(None, "Where archives go; default: a folder in CATCHUP_HOME.")
    backup_endpoint: HttpUrl = var(None, "S3-compatible endpoint of BACKUP_URL.")
    backup_access_key_id: SecretStr | None = var(None, "Credential of BACKUP_URL.")
    backup_secret_access_key: SecretStr | None = var(None, "Credential of BACKUP_URL.")


class Errors(BaseModel):
    """Errors."""

    sentry_dsn: Annotated[SecretStr | None, _url("http", "https")] = var(
        None, "Report errors to Sentry."
    )
    sentry_traces_sample_rate: float = var(
        0.1, "Share of requests traced.", unit="0 to 1", ge=0, le=1
    )


GROUPS: tuple[type[BaseModel], ...] = (
    Database, Redis, Application, Secrets, Google, Twilio, Email, Ai, Storage, Errors,
)  # fmt: skip
