"""What a terminal shows of the bytes that a program writes: text, cursor moves, erasing.

Of the styles it keeps which text is reversed, as a button is that has the focus; colours and modes
are left out. A sequence that is not known here fails the test, so that nothing is shown wrongly in
silence.
"""

import re
from codecs import getincrementaldecoder

from rich.cells import cell_len

# An operating-system command (title, clipboard), a control sequence, another escape.
_SEQUENCE = re.compile(
    r"\x1b(?:\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\[(?P<parameters>[0-9;:<=>?]*)(?P<between>[ !\"#$'()*+,./-]*)(?P<final>[@-~])"
    r"|(?P<other>[()][0-9A-Za-z]|[=>78M]))"
)
_UNFINISHED = re.compile(r"\x1b(?:\][^\x07\x1b]*\x1b?|\[[0-9;:<=>?]*[ !\"#$'()*+,./-]*|[()]?)\Z")
_MOST_UNFINISHED = 100_000  # a copy of 64 KB comes as one command
# Colours; modes on and off; questions to the terminal; the keyboard's protocol.
_WITHOUT_EFFECT = set("hlpcnu")
_ALTERNATE = "?1049"


class TerminalScreen:
    """A grid of cells; `feed` it what the program writes."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.is_alternate = False
        """Whether the program has the whole screen, and not the shell's lines."""
        self.commands: list[str] = []
        """Operating-system commands, such as `52;c;…`: what was copied."""
        self.overflown: list[str] = []
        """What was written beyond the right edge."""
        self._decode = getincrementaldecoder("utf-8")().decode
        self._rest = ""
        self._reverses = False
        self._reversed: set[tuple[int, int]] = set()
        self._lines: list[list[str]] = []
        self._row = self._column = 0
        self._erase_all()

    def feed(self, data: bytes) -> None:
        """Take bytes as they come; a sequence may be cut anywhere."""
        text = self._rest + self._decode(data)
        place = 0
        self._rest = ""
        while place < len(text):
            if text[place] != "\x1b":
                end = text.find("\x1b", place)
                end = len(text) if end < 0 else end
                for char in text[place:end]:
                    self._put(char)
                place = end
            elif found := _SEQUENCE.match(text, place):
                self._obey(found)
                place = found.end()
            else:
                self._rest = text[place:]
                known = len(self._rest) < _MOST_UNFINISHED and _UNFINISHED.match(self._rest)
                assert known, f"a sequence that no terminal knows: {self._rest[:40]!r}"
                return

    @property
    def text(self) -> str:
        """What stands on the screen, line by line."""
        return "\n".join("".join(line).rstrip() for line in self._lines)

    def is_reversed(self, text: str) -> bool:
        """Whether `text` stands on the screen and is reversed wherever it does."""
        found = [
            (row, line.index(text))
            for row, line in enumerate("".join(cells) for cells in self._lines)
            if text in line
        ]
        return bool(found) and all(place in self._reversed for place in found)

    def _put(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\n":
            self._next_line()
        elif char == "\b":
            self._column = max(0, self._column - 1)
        elif char >= " ":
            self._write(char)
        else:
            assert char == "\x07", f"a control that nothing should write: {char!r}"

    def _write(self, char: str) -> None:
        width = cell_len(char)
        if width == 0:
            # It joins the character before it.
            self._lines[self._row][max(0, self._column - 1)] += char
            return
        if self._column + width > self.columns:
            self.overflown.append(f"line {self._row}: {char!r}")
            return
        line = self._lines[self._row]
        line[self._column : self._column + width] = [char] + [""] * (width - 1)
        mark = self._reversed.add if self._reverses else self._reversed.discard
        mark((self._row, self._column))
        self._column += width

    def _next_line(self) -> None:
        if self._row < self.rows - 1:
            self._row += 1
        else:
            self._lines = [*self._lines[1:], [" "] * self.columns]

    def _obey(self, found: re.Match[str]) -> None:
        if found["osc"] is not None:
            self.commands.append(found["osc"])
        elif final := found["final"]:
            self._control(final, found["parameters"])

    def _control(self, final: str, parameters: str) -> None:
        if final in "hl" and _ALTERNATE in parameters:
            self.is_alternate = final == "h"
            self._erase_all()
        if final in _WITHOUT_EFFECT or parameters.startswith((">", "<")):
            return
        numbers = [int(part or 0) for part in parameters.split(";")]
        first = max(1, numbers[0])
        if final == "m":
            self._style(numbers)
        elif final in "Hf":
            column = numbers[1] if len(numbers) > 1 else 1
            self._move(first - 1, max(1, column) - 1)
        elif final in "ABCD":
            down, right = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}[final]
            self._move(self._row + down * first, self._column + right * first)
        elif final == "K" and numbers[0] == 0:
            line = self._lines[self._row]
            line[self._column :] = [" "] * (self.columns - self._column)
        elif final == "J" and numbers[0] in {2, 3}:
            self._erase_all()
        elif final != "t":  # the size of the window in pixels
            raise AssertionError(f"a sequence that is not known here: {parameters}{final}")

    def _style(self, numbers: list[int]) -> None:
        # Colours have numbers of their own behind them: 38;5;7 reverses nothing.
        place = 0
        while place < len(numbers):
            number = numbers[place]
            if number in {0, 27}:
                self._reverses = False
            elif number == 7:
                self._reverses = True
            elif number in {38, 48}:
                place += 2 if numbers[place + 1] == 5 else 4
            place += 1

    def _move(self, row: int, column: int) -> None:
        self._row = max(0, min(row, self.rows - 1))
        self._column = max(0, min(column, self.columns - 1))

    def _erase_all(self) -> None:
        self._lines = [[" "] * self.columns for _ in range(self.rows)]
        self._row = self._column = 0
        self._reversed.clear()
