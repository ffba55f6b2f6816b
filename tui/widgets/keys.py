"""Keys as they are printed on the keyboard."""

_NAMES = {
    "escape": "Esc",
    "enter": "Enter",
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "tab": "Tab",
    "shift+tab": "⇧Tab",
}


def key_text(key: str) -> str:
    """Return a key of a binding as one reads it: ^T for ctrl+t."""
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+").upper()
    if key.startswith("shift+") and key not in _NAMES:
        return "⇧" + key_text(key.removeprefix("shift+"))
    return _NAMES.get(key, key)
