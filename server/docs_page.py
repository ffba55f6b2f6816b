"""`/api/docs`: the OpenAPI document for people, one page that asks nothing of the outside."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
details { border: 1px solid #ddd; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem }
summary { cursor: pointer }
code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { background: #f6f6f6; padding: .8rem; overflow: auto }
td, th { text-align: left; padding: .15rem 1rem .15rem 0; vertical-align: top }
.verb { display: inline-block; width: 4.5rem; font-weight: 600 }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818 } pre { background: #222 }
  details { border-color: #444 } h2 { border-color: #444 } a { color: #8cf }
}
"""
DOCS_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own style sheet, and nothing else."""


def docs_page(document: dict[str, Any]) -> str:
    """Return an OpenAPI document as one HTML page, without scripts."""
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document['info']['title'])} API</title><style>{_STYLE}</style>",
        f"<h1>{escape(document['info']['title'])} API {escape(document['info']['version'])}</h1>",
        "<p>Send the token of <code>POST /api/auth/login</code> as",
        "<code>Authorization: Bearer …</code>. Errors are <code>application/problem+json</code>",
        "with a stable <code>code</code>. For machines:",
        '<a href="/api/openapi.json">openapi.json</a>.</p>',
    ]
    for tag, operations in _by_tag(document).items():
        parts.append(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>')
        parts.extend(_operation(*operation, document) for operation in operations)
    parts.append("<h2>shapes</h2>")
    parts.extend(_shapes(document))
    return "\n".join(parts)


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in sorted(document["paths"].items()):
        for method, operation in operations.items():
            for tag in operation.get("tags", ["other"])[:1]:
                found.setdefault(tag, []).append((method, path, operation))
    return dict(sorted(found.items()))


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code><td>{escape(p['in'])}"
        f"<td>{escape(p.get('description', ''))}"
        for p in operation.get("parameters", ())
    )
    replies = "".join(
        f"<tr><td><code>{escape(status)}</code><td>{escape(reply.get('description', ''))}"
        f"<td>{_content(reply)}"
        for status, reply in operation["responses"].items()
    )
    needs = operation.get("x-permission")
    return (
        f'<details id="{escape(operation["operationId"])}"><summary>'
        f'<span class="verb">{escape(method.upper())}</span> <code>{escape(path)}</code> '
        f"— {escape(operation.get('summary', ''))}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"<p>{'Needs <code>' + escape(needs) + '</code>.' if needs else 'Open to anyone.'}</p>"
        + (f"<table>{rows}</table>" if rows else "")
        + _body(operation)
        + f"<table>{replies}</table></details>"
    )


def _body(operation: dict[str, Any]) -> str:
    body = operation.get("requestBody")
    return f"<p>Body: {_content(body)}</p>" if body else ""


def _content(holder: dict[str, Any]) -> str:
    return ", ".join(
        f"<code>{escape(kind)}</code> {_reference(media.get('schema', {}))}"
        for kind, media in holder.get("content", {}).items()
    )


def _reference(schema: dict[str, Any]) -> str:
    name = str(schema.get("$ref", "")).rpartition("/")[2] or str(schema.get("title", ""))
    return f'<a href="#shape-{escape(name)}">{escape(name)}</a>' if name else ""


def _shapes(document: dict[str, Any]) -> Iterator[str]:
    shapes = dict(document["components"]["schemas"])
    for _, _, operation in (each for group in _by_tag(document).values() for each in group):
        for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in holder.get("content", {}).values():
                schema = media.get("schema", {})
                if "title" in schema:
                    shapes.setdefault(schema["title"], schema)
    for name, schema in sorted(shapes.items()):
        text = escape(json.dumps(schema, indent=2, ensure_ascii=False))
        yield (
            f'<details id="shape-{escape(name)}"><summary><code>{escape(name)}</code> '
            f"{escape(schema.get('description', ''))}</summary><pre>{text}</pre></details>"
        )
