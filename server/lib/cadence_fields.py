"""The two request fields that say how often: a word, or a number of days."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from server.lib.cadence import MAX_CADENCE_DAYS
from server.lib.fields import Shape

CadenceWord = Literal[
    "daily", "weekly", "biweekly", "monthly", "quarterly", "yearly", "flexible", "none"
]
CadenceDays = Annotated[StrictInt, Field(ge=1, le=MAX_CADENCE_DAYS)]


class CadenceFields(Shape):
    """How often to talk: one of the two fields, or neither to inherit."""

    cadence: CadenceWord | None = Field(default=None, examples=["monthly"])
    cadence_days: CadenceDays | None = Field(default=None, description="Instead of `cadence`.")

    @model_validator(mode="after")
    def _one_cadence(self) -> Self:
        if self.cadence is not None and self.cadence_days is not None:
            raise ValueError("give cadence or cadence_days, not both")
        return self
