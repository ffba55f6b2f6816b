"""The two request fields that say how often: a word, or a number of days."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from server.lib.cadence import MAX_CADENCE_DAYS
from server.lib.fields import Shape, Whole

CadenceWord = Literal[
    "daily", "weekly", "biweekly", "monthly", "quarterly", "yearly", "flexible", "none"
]
CadenceWish = Annotated[CadenceWord | None, Field(description="Null inherits.")]
CadenceDaysWish = Annotated[
    Annotated[Whole, Field(ge=1, le=MAX_CADENCE_DAYS)] | None,
    Field(description="Instead of `cadence`."),
]


class CadenceFields(Shape):
    """How often to talk: one of the two fields, or neither to inherit."""

    cadence: CadenceWish = None
    cadence_days: CadenceDaysWish = None

    @model_validator(mode="after")
    def _one_cadence(self) -> Self:
        if self.cadence is not None and self.cadence_days is not None:
            raise ValueError("give cadence or cadence_days, not both")
        return self
