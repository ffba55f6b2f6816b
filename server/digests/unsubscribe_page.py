"""`/unsubscribe/…`: one question and one button, without a script."""

import base64
import hashlib
from html import escape

from server.lib.languages.language import Language

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 4rem auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1rem }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own style, and a form that leads back here."""


def page(language: Language, *, is_stopped: bool, token: str) -> str:
    """Return the page: it asks whether to stop mails, or says that they are, and takes it back."""
    texts = language.digest
    said, button, path = (
        (texts["page_done"], texts["page_again"], f"{token}/undo")
        if is_stopped
        else (texts["page_ask"], texts["page_button"], token)
    )
    return (
        f'<!doctype html><html lang="{language.tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>CatchUp</title><style>{_STYLE}</style>'
        f"</head><body><h1>{escape(texts['page_title'])}</h1><p>{escape(said)}</p>"
        f'<form method="post" action="/unsubscribe/{escape(path)}">'
        f"<button>{escape(button)}</button></form></body></html>\n"
    )
