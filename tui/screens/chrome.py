"""What the lines at the top and the bottom say."""

from collections.abc import Iterable

from textual.app import App
from textual.binding import ActiveBinding
from textual.screen import Screen

from tui.sections import SECTIONS, Section
from tui.session import Session
from tui.widgets.bars import Part, part
from tui.widgets.columns import Cell
from tui.widgets.keys import key_text
from tui.widgets.paint import Tone
from tui.widgets.table import HIDDEN

# Names of the tabs are cut to the first of these with which all of them fit.
_CUTS = (20, 5, 4, 3, 2, 1)


def top(session: Session) -> tuple[list[Part], list[Part]]:
    """Return which box this is, and how the line and the rights are."""
    name = HIDDEN if session.hides_private else session.access.name
    left = [
        part("◆ CatchUp", Tone.KEY),
        part(name, Tone.STRONG),
        part(session.access.kind, Tone.DIM, rank=3),
    ]
    return left, [_line(session), _rate(session), *_modes(session), _rights(session)]


def _line(session: Session) -> Part:
    if session.trouble is None and session.good_at is None:
        return part("◌ connecting", Tone.BUSY)
    if session.trouble is None:
        return part("● live", Tone.GOOD)
    if session.good_at is None:
        return part(f"✗ {_short(session.trouble.code)}", Tone.BAD)
    return part(f"✗ {_short(session.trouble.code)}, values {age_of(session)} old", Tone.BAD)


def _short(code: str) -> str:
    return code.replace("_", " ") or "no answer"


def age_of(session: Session) -> str:
    """Return how old the values shown are, in steps that do not flicker."""
    if session.good_at is None:
        return "–"
    seconds = int((session.now() - session.good_at).total_seconds())
    if seconds < 60:
        return f"{seconds // 5 * 5} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def _rate(session: Session) -> Part:
    if session.is_paused:
        return part("‖ paused", Tone.WARN, action="screen.pause")
    return part(f"every {session.rate_s} s", Tone.DIM, rank=2)


def _modes(session: Session) -> list[Part]:
    return [part("names hidden", Tone.WARN, rank=1)] if session.hides_private else []


def _rights(session: Session) -> Part:
    left = session.elevated_left
    if not left:
        return part("read-only", Tone.DIM, action="app.elevate")
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    # To ten seconds at the end only: a clock that ticks would be written over the line each second.
    text = f"{minutes} min" if minutes else f"{(seconds + 9) // 10 * 10} s"
    return part(f"▲ may act, {text} left", Tone.WARN, action="app.elevate")


def tabs(current: str, width: int) -> tuple[list[Part], list[Part]]:
    """Return the screens; where it is narrow, the other ones by their first letters."""
    parts: list[Part] = []
    for longest in _CUTS:
        parts = [_tab(section, section.name == current, longest) for section in SECTIONS]
        if sum(one.width + 2 for one in parts) <= width:
            break
    return parts, []


def _tab(section: Section, here: bool, longest: int) -> Part:
    title = section.title if here else section.title[:longest].rstrip()
    cells = (
        Cell(section.key, Tone.KEY if not here else Tone.BUSY),
        Cell(f" {title}", Tone.STRONG if here else Tone.DIM),
    )
    return Part(cells, f"app.section('{section.name}')")


def keys(bindings: Iterable[ActiveBinding]) -> list[Part]:
    """Return the keys that are worth saying, those of this screen first."""
    parts: list[Part] = []
    seen: set[str] = set()
    for active in bindings:
        binding = active.binding
        if not binding.show or not binding.description or binding.action in seen:
            continue
        seen.add(binding.action)
        cells = (
            Cell(binding.key_display or key_text(binding.key), Tone.KEY),
            Cell(f" {binding.description}", Tone.DIM),
        )
        action = binding.action if "." in binding.action.split("(")[0] else _on(active)
        parts.append(Part(cells, action, rank=len(parts)))
    return parts


def _on(active: ActiveBinding) -> str:
    if isinstance(active.node, App):
        return f"app.{active.binding.action}"
    if isinstance(active.node, Screen):
        return f"screen.{active.binding.action}"
    return f"focused.{active.binding.action}"
