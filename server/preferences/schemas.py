"""Shapes of the preference routes. Times are wall clock in the user's own zone."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from server.lib.fields import Shape, Whole

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WeekdayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["18:00"])]
EndTime = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", examples=["21:00"])
]


class Window(Shape):
    """Part of one day; `24:00` is its end."""

    start: ClockTime
    end: EndTime

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.start >= self.end:
            raise ValueError("must start before it ends; split what crosses midnight in two days")
        return self


class Span(Shape):
    """A stretch that may cross midnight: 22:00 to 08:00 ends on the next day."""

    start: ClockTime
    end: EndTime

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.start == self.end:
            raise ValueError("must not start and end at the same time")
        return self


def _apart(windows: list[Window]) -> list[Window]:
    windows = sorted(windows, key=lambda window: window.start)
    for earlier, later in pairwise(windows):
        if later.start < earlier.end:
            raise ValueError(f"{later.start} lies inside {earlier.start}-{earlier.end}")
    return windows


Day = Annotated[list[Window], Field(max_length=48), AfterValidator(_apart)]


class Week(Shape):
    """Windows of each weekday, which must not overlap; a day that is left out has none."""

    monday: Day = Field([])
    tuesday: Day = Field([])
    wednesday: Day = Field([])
    thursday: Day = Field([])
    friday: Day = Field([])
    saturday: Day = Field([])
    sunday: Day = Field([])


_EVENING = [Window(start="18:00", end="21:00")]
_DAYTIME = [Window(start="10:00", end="20:00")]
DEFAULT_WINDOWS = Week(
    monday=_EVENING,
    tuesday=_EVENING,
    wednesday=_EVENING,
    thursday=_EVENING,
    friday=_EVENING,
    saturday=_DAYTIME,
    sunday=_DAYTIME,
)
NO_WINDOWS = Week.model_validate({})
DEFAULT_NIGHT = Span(start="22:00", end="08:00")


class AvailabilityIn(Shape):
    """When to be asked; what is left out goes back to its default."""

    # By factories: clients are generated without what has an object for its default.
    windows: Week = Field(
        default_factory=lambda: DEFAULT_WINDOWS,
        description="When the user has time for people. Default: from Monday to Friday 18:00 to"
        " 21:00, on Saturday and Sunday 10:00 to 20:00.",
    )
    commute: Week = Field(
        default_factory=lambda: NO_WINDOWS,
        description="On the way: no time for people. Default: none.",
    )
    night: Span | None = Field(
        default_factory=lambda: DEFAULT_NIGHT,
        description="Never inside; null = no night. Default: 22:00 to 08:00.",
    )
    minimum_slot_minutes: Whole = Field(30, ge=5, le=1440, description="Shortest free slot.")
    horizon_days: Whole = Field(14, ge=1, le=92, description="How far ahead slots are sought.")
    all_day_blocks: StrictBool = Field(False, description="All-day events block their days.")
    transparent_blocks: StrictBool = Field(False, description="Events marked as free block, too.")


class AvailabilityOut(AvailabilityIn):
    """When to be asked; `is_default` until the user has set it."""

    is_default: bool
    version: int = Field(description="0 until set.")


def _number(value: int | str) -> int:
    return value if isinstance(value, int) else WEEKDAYS.index(value)


Weekday = Annotated[
    Annotated[Whole, Field(ge=0, le=6)] | WeekdayName,
    AfterValidator(_number),
    Field(description="0 = Monday to 6 = Sunday, or the day's name."),
]


class NotificationsIn(Shape):
    """How and when to hear from CatchUp; what is left out goes back to its default."""

    sms: StrictBool = Field(False, description="By SMS, once the phone is verified.")
    email: StrictBool = Field(
        True,
        description="By e-mail. True, when it is said and not left out, ends the user's own"
        " unsubscribing, too.",
    )
    digest_weekday: Weekday = 6
    digest_time: ClockTime = "09:00"
    quiet_hours: Span | None = Field(None, description="Nothing is sent inside; null = none.")
    max_open_suggestions: Whole = Field(
        5, ge=0, le=50, description="Open suggestions that a pass leaves at most; 0 = none."
    )


class NotificationsOut(NotificationsIn):
    """How and when to hear from CatchUp; `is_default` until the user has set it."""

    digest_weekday: int = Field(6, ge=0, le=6, description="0 = Monday to 6 = Sunday.")
    email: bool = Field(True, description="By e-mail; false also once the user unsubscribed.")
    email_state: Literal["off", "on", "stopped"] = Field(
        "on", description="`stopped`: the user unsubscribed; turning e-mail on ends that."
    )
    sms_state: Literal["off", "on", "needs_phone", "stopped"] = Field(
        "off",
        description="`needs_phone`: SMS are wanted, and come once a phone is verified. `stopped`:"
        " the user's phone said STOP, which only a START from it ends.",
    )
    is_default: bool
    version: int = Field(description="0 until set.")
