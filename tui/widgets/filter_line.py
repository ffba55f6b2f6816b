"""The line in which one writes a filter: `state:failed kind:digest` and, where it helps, words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input


@dataclass(frozen=True)
class Filter:
    """What was asked for: facets by name, and free words."""

    facets: Mapping[str, str]
    words: str

    @property
    def text(self) -> str:
        """As it is written."""
        return " ".join([*(f"{name}:{value}" for name, value in self.facets.items()), self.words])


NO_FILTER = Filter({}, "")


def parse(text: str, facets: Mapping[str, Sequence[str]], *, takes_words: bool) -> Filter:
    """Read a filter; a facet takes one of its values, or any when it lists none.

    Raises:
        ValueError: says what is not understood, and what would be.
    """
    found: dict[str, str] = {}
    words: list[str] = []
    for piece in text.split():
        name, colon, value = piece.partition(":")
        if colon and name in facets:
            allowed = facets[name]
            if allowed and value not in allowed:
                raise ValueError(f"{name}: one of {', '.join(allowed)}")
            if value:
                found[name] = value
        else:
            words.append(piece)
    if words and not takes_words:
        names = ", ".join(f"{name}:" for name in facets)
        raise ValueError(f"{words[0]}? This list is filtered by {names}")
    return Filter(found, " ".join(words))


class _Facets(Suggester):
    """Completes the last word to a facet or to one of its values."""

    def __init__(self, facets: Mapping[str, Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._offers = [
            offer
            for name, values in facets.items()
            for offer in ([f"{name}:", *(f"{name}:{value}" for value in values)])
        ]

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line with its last word completed."""
        head, blank, last = value.rpartition(" ")
        if not last:
            return None
        for offer in self._offers:
            if offer.startswith(last) and offer != last:
                return f"{head}{blank}{offer}"
        return None


class FilterLine(Input):
    """Hidden until `/`; Enter applies, Esc takes the filter away."""

    DEFAULT_CSS = """
    FilterLine { height: 1; border: none; padding: 0 1; background: $bar; display: none; }
    FilterLine:focus { border: none; }
    FilterLine.-open { display: block; }
    """

    @dataclass
    class Left(Message):
        """Esc was pressed."""

    def __init__(self, facets: Mapping[str, Sequence[str]]) -> None:
        hint = "  ".join(f"{name}:" for name in facets)
        super().__init__(
            placeholder=f"filter: {hint}", suggester=_Facets(facets), compact=True, id="filter"
        )

    def key_escape(self) -> None:
        """Leave."""
        self.post_message(self.Left())
