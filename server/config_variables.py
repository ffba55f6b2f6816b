"""Every environment variable by group, as `catchup config` prints it: default, unit, meaning."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from server import config_checks as checks
from server import config_messages as messages
from server import config_webhooks as webhooks


def var(
    default: Any, meaning: str, *, unit: str = "", alias: str | None = None, **bounds: Any
) -> Any:
    """Declare one variable: its default, what it means, and the unit of its number."""
    if alias:
        bounds["validation_alias"] = AliasChoices(*alias.split(","))
    return Field(default, description=meaning, json_schema_extra={"unit": unit}, **bounds)


Duration = Annotated[str, AfterValidator(checks.a_duration)]
PostgresUrl = Annotated[SecretStr | None, checks.a_url("postgresql", "postgres")]
RedisUrl = Annotated[SecretStr | None, checks.a_url("redis", "rediss", "unix")]
HttpUrl = Annotated[str | None, checks.a_url("http", "https")]
StoreUrl = Annotated[str | None, checks.a_url("file", "s3", "gs", "az")]
CommaList = Annotated[list[str], NoDecode, BeforeValidator(checks.comma_list)]
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
    database_replica_urls: Annotated[CommaList, checks.a_url("postgresql", "postgres")] = var(
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
    cors_allowed_origins: Annotated[CommaList, AfterValidator(checks.exact_origins)] = var(
        [], "Origins that browsers may call from, separated by commas; never *."
    )
    registration: Literal["invite", "open"] = var(
        "invite", "Who may register after the first user: invited people, or anyone."
    )
    max_json_bytes: int = var(1_048_576, "Largest JSON body.", unit="bytes", ge=1024)
    max_import_bytes: int = var(20_971_520, "Largest imported file.", unit="bytes", ge=1024)
    max_audio_bytes: int = var(10_485_760, "Largest voice note.", unit="bytes", ge=1024)
    security_contact: Annotated[str | None, AfterValidator(checks.a_contact)] = var(
        None,
        "Where to report a weakness (mailto:, https: or tel:), for /.well-known/security.txt."
        " Default: security@ the host of PUBLIC_URL (RFC 2142).",
    )
    catchup_embedded: Literal["auto", "system", "wheel"] = var(
        "auto",
        "Whose PostgreSQL and Redis `catchup up` runs: the system's, the wheels', or either.",
    )
    catchup_console: bool = var(
        False,
        "Print messages that have no provider in the worker's output, with their text;"
        " `catchup up` sets it to true.",
    )


class Secrets(BaseModel):
    """Secrets."""

    jwt_secret: Annotated[SecretStr | None, AfterValidator(checks.long_secret)] = var(
        None, "Imported as one of the signing keys; without it a key is made in the database."
    )
    jwt_expires_in: Duration = var("7d", "Life of an access token.", unit="duration")
    encryption_key: Annotated[SecretStr | None, AfterValidator(checks.hex_key)] = var(
        None, "The master key that wraps every data key. Without it nothing encrypted can be read."
    )
    encryption_key_next: Annotated[SecretStr | None, AfterValidator(checks.hex_key)] = var(
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

    twilio_account_sid: Annotated[str | None, AfterValidator(messages.checked_account)] = var(
        None, "Account that sends SMS (AC…)."
    )
    twilio_auth_token: SecretStr | None = var(None, "Its token; also verifies webhooks.")
    twilio_webhook_secret: SecretStr | None = var(
        None,
        "More secrets that webhooks may be signed with, separated by commas: Twilio's shared keys,"
        " or the former token while it is changed.",
    )
    twilio_phone_number: Annotated[str | None, AfterValidator(messages.checked_sender_number)] = (
        var(None, "Sender: a number of the account, E.164, or a short code.")
    )
    twilio_messaging_service_sid: Annotated[
        str | None, AfterValidator(messages.checked_service)
    ] = var(None, "Sender: a messaging service (MG…); beats TWILIO_PHONE_NUMBER.")
    twilio_base_url: HttpUrl = var(None, "Another address for Twilio's API (tests).")


class Email(BaseModel):
    """E-mail."""

    sendgrid_api_key: SecretStr | None = var(
        None, "Sends e-mail through SendGrid; beats SMTP_URL. It needs the scope mail.send only."
    )
    sendgrid_from_email: Annotated[str | None, AfterValidator(messages.checked_sender)] = var(
        None, "Sender: an address, or Name <address>."
    )
    sendgrid_webhook_public_key: Annotated[
        str | None, AfterValidator(webhooks.checked_public_keys)
    ] = var(
        None,
        "Verifies events and inbound mail; several, separated by commas, while a key is changed or"
        " where the two have different ones.",
    )
    sendgrid_base_url: HttpUrl = var(None, "Another address for SendGrid's API (tests).")
    smtp_url: Annotated[SecretStr | None, AfterValidator(messages.checked_smtp_url)] = var(
        None,
        "Sends e-mail through SMTP. smtp:// is STARTTLS at port 587 (none to this machine itself),"
        " smtps:// TLS at once at 465. smtp://user:password@host:port; ?starttls=off sends in the"
        " clear; ?ca=FILE trusts a private authority.",
    )
    smtp_from_email: Annotated[str | None, AfterValidator(messages.checked_sender)] = var(
        None, "Sender: an address, or Name <address>."
    )
    email_inbound_address: Annotated[str | None, AfterValidator(webhooks.checked_mailbox)] = var(
        None,
        "Mailbox whose mail comes to /api/webhooks/email/inbound. Our mails then ask for replies to"
        " it, with a +part that tells which mail is answered.",
    )
    email_inbound_secret: Annotated[SecretStr | None, AfterValidator(webhooks.checked_secrets)] = (
        var(
            None,
            "Lets a sender of inbound mail in that cannot sign: https://SECRET@…; the new and the"
            " old one, separated by commas, while it is changed.",
        )
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

    sentry_dsn: Annotated[SecretStr | None, checks.a_url("http", "https")] = var(
        None, "Report errors to Sentry."
    )
    sentry_traces_sample_rate: float = var(
        0.1, "Share of requests traced.", unit="0 to 1", ge=0, le=1
    )


GROUPS: tuple[type[BaseModel], ...] = (
    Database, Redis, Application, Secrets, Google, Twilio, Email, Ai, Storage, Errors,
)  # fmt: skip
