"""Pictures of screens, as text: what stands where, and in which style.

A picture is kept beside its test, in `snapshots/NAME.txt`: the lines of the screen, then for each
line the runs of its styles. `CATCHUP_SNAPSHOTS=write` writes them anew; read the difference.
"""

import os
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot

FOLDER = Path(__file__).parent / "snapshots"


def picture(pilot: Pilot[None]) -> str:
    """Return the screen in front, with all that is over it, as text and styles."""
    strips = pilot.app.screen._compositor.render_strips()
    lines, styles = [], []
    for strip in strips:
        lines.append(strip.text.rstrip())
        runs: list[tuple[str, int]] = []
        for segment in strip:
            style = _said(segment.style)
            if runs and runs[-1][0] == style:
                runs[-1] = (style, runs[-1][1] + len(segment.text))
            else:
                runs.append((style, len(segment.text)))
        styles.append("; ".join(f"{count} {style}" for style, count in runs))
    return "\n".join([*lines, "", *styles]) + "\n"


def _said(style: Style | None) -> str:
    # Without the ids of links and other data that differ from run to run.
    return str(style.clear_meta_and_links()) if style is not None else "none"


def same_as_kept(pilot: Pilot[None], name: str) -> bool:
    """Compare with the picture kept under `name`; say the first line that differs."""
    path, now = FOLDER / f"{name}.txt", picture(pilot)
    if os.environ.get("CATCHUP_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(now, encoding="utf-8")
        return True
    kept = path.read_text(encoding="utf-8")
    for before, after in zip(kept.splitlines(), now.splitlines(), strict=False):
        assert after == before
    return now == kept
