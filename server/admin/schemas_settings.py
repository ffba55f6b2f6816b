"""Every variable of the server as this process read it; a secret's value is not among it."""

from pydantic import Field

from server.lib.fields import Shape


class SettingOut(Shape):
    """One environment variable."""

    name: str = Field(examples=["DATABASE_POOL_MAX"])
    group: str = Field(examples=["Database"])
    is_set: bool
    is_secret: bool
    source: str = Field(
        description="`environment`, `credential file`, `default` or the path of the env file."
    )
    value: str | None = Field(description="Null: none, or it is a secret.")
    default: str | None
    unit: str
    meaning: str


class SettingsOut(Shape):
    """All variables, by group."""

    items: list[SettingOut]
