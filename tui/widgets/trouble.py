"""What went wrong and the way on, above the values that stay; away while all is well."""

from rich.segment import Segment
from textual.strip import Strip

from tui.errors import ApiError
from tui.widgets.paint import MARKS, Painted, Tone
from tui.widgets.safe_text import fitted, wrapped

# The server's sentences may be long; what one reads stays in view below them.
MOST_LINES = 3


class TroubleLines(Painted):
    """An error's sentence, and below it the way on."""

    DEFAULT_CSS = "TroubleLines { display: none; height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._said = ("", "")
        self._lines: list[tuple[str, Tone]] = []

    def put(self, error: ApiError | None) -> None:
        """Show an error, or none; the same one again writes nothing."""
        said = (error.sentence, error.way_on) if error is not None else ("", "")
        if said != self._said:
            self._said = said
            self._lay_out()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        # Before it is shown it has no size; it is as wide as the screen.
        room = max(10, self.screen.size.width - 4)
        texts = zip((MARKS[Tone.BAD], "→"), self._said, (Tone.BAD, Tone.KEY), strict=True)
        lines = [
            (f"{mark if i == 0 else ' '} {line}", tone)
            for mark, text, tone in texts
            if text
            for i, line in enumerate(_cut(wrapped(text, room)))
        ]
        if lines != self._lines:
            self._lines = lines
            self.display = bool(lines)
            self.styles.height = len(lines)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self.tone(Tone.PLAIN))
        text, tone = self._lines[y]
        return Strip([Segment(fitted(f" {text}", width), self.tone(tone))])


def _cut(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]}…"]
