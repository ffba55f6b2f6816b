"""Draw the screens of the dashboard for the README: `make pictures`.

    python -m tests.tui.pictures docs/pictures

The answers are made up (facts.py, everything.py), the screens are the real ones.
"""

import asyncio
import re
import sys
from pathlib import Path

from tests.tui import facts
from tests.tui.fake_server import FakeServer
from tests.tui.pilot import running

SIZE = (120, 36)
SHOWN = ("overview",)
# The font would be fetched from elsewhere by whoever looks; theirs does as well.
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


async def draw(folder: Path) -> list[Path]:
    """Write one SVG a screen into `folder`; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    server = FakeServer()
    await server.start()
    facts.serve(server)
    drawn = []
    try:
        for name in SHOWN:
            async with running(server, size=SIZE, section=name) as pilot:
                svg = pilot.app.export_screenshot(title="catchup admin", simplify=True)
            path = folder / f"{name}.svg"
            path.write_text(FONT_FACES.sub("", svg), encoding="utf-8")
            drawn.append(path)
    finally:
        await server.stop()
    return drawn


if __name__ == "__main__":
    for made in asyncio.run(draw(Path(sys.argv[1]))):
        print(made)
