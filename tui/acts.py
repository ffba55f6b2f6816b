"""Acts: what an admin can do to the thing under the cursor."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tui.connect.access import Question
from tui.widgets.dialogs import Preview


@dataclass(frozen=True)
class Progress:
    """How far a job on the server is: `share` 0 to 1, and what it is doing."""

    share: float
    sentence: str
    is_done: bool = False


@dataclass(frozen=True)
class Outcome:
    """What an act did, in a sentence that says what it touched; `watch` looks at a job it began."""

    sentence: str
    watch: Callable[[], Awaitable[Progress]] | None = None


@dataclass(frozen=True)
class Act:
    """One thing to do, by its name in the menu (`a`), the palette and `act('NAME')` bindings.

    `questions` are asked first, then one of `choices` (what is answered, and what is read) is to be
    chosen; the answers go to `preview` and `perform`, the choice last. `destroys`: it needs a
    `preview`, which is shown with its effect and, if it has a name, wants that typed.
    `writes`: it needs elevation.

    Raises (all calls): ApiError.
    """

    name: str
    title: str
    perform: Callable[[list[str]], Awaitable[Outcome]]
    preview: Callable[[list[str]], Awaitable[Preview]] | None = None
    questions: Sequence[Question] = field(default=())
    choices: Callable[[], Awaitable[Sequence[tuple[str, str]]]] | None = None
    destroys: bool = False
    writes: bool = True

    def __post_init__(self) -> None:
        if self.destroys and self.preview is None:
            raise ValueError(f"act {self.name} destroys and shows no preview")
