import base64

import pytest

from tui import clipboard

SECRETLESS = "0198f2a4-7b1c"


def test_text_goes_to_the_terminal_by_osc_52():
    code = base64.b64encode(SECRETLESS.encode()).decode()

    assert clipboard.sequence(SECRETLESS, {}) == f"\x1b]52;c;{code}\a"


def test_inside_tmux_the_sequence_is_wrapped():
    wrapped = clipboard.sequence(SECRETLESS, {"TMUX": "/tmp/tmux-0/default,1,0"})

    assert wrapped.startswith("\x1bPtmux;\x1b\x1b]52;c;")
    assert wrapped.endswith("\a\x1b\\")


def test_screen_gets_pieces_that_it_takes():
    pieces = clipboard.sequence("x" * 3000, {"STY": "1.pts-0"}).split("\x1b\\")

    assert all(len(piece) <= 502 for piece in pieces)


def test_what_is_longer_than_the_cap_is_refused():
    with pytest.raises(ValueError, match="too long"):
        clipboard.sequence("x" * (64 * 1024 + 1), {})


def test_half_a_surrogate_pair_is_copied_as_a_question_mark():
    assert clipboard.sequence("\ud83d", {}) == "\x1b]52;c;Pw==\a"
