"""The clipboard of the machine one sits at, through the terminal (OSC 52).

Nobody acknowledges it, and terminals cut or refuse what is long; so what is longer than the cap
goes to a file. Inside tmux the sequence is wrapped, or tmux would keep it.
"""

import base64
from collections.abc import Mapping

MOST_BYTES = 64 * 1024
_ESC = "\x1b"


def fits(text: str) -> bool:
    """Whether `text` may be sent to a terminal."""
    return len(text.encode(errors="replace")) <= MOST_BYTES


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """Return what to write to the terminal so that `text` is on its clipboard.

    Raises:
        ValueError: it is longer than the cap.
    """
    if not fits(text):
        raise ValueError("too long for a terminal's clipboard")
    code = base64.b64encode(text.encode(errors="replace")).decode("ascii")
    plain = f"{_ESC}]52;c;{code}\a"
    if environment.get("TMUX"):
        return f"{_ESC}Ptmux;{plain.replace(_ESC, _ESC * 2)}{_ESC}\\"
    if environment.get("STY"):  # screen takes pieces of at most 768 bytes
        pieces = [plain[i : i + 500] for i in range(0, len(plain), 500)]
        return "".join(f"{_ESC}P{piece}{_ESC}\\" for piece in pieces)
    return plain
