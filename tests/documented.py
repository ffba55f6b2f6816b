"""Whether a reply is what the OpenAPI document says of it."""

from typing import Any

import jsonschema

from tests.openapi_walk import JSON, Operation

PROBLEM = "application/problem+json"
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FORMATS = jsonschema.FormatChecker(["date", "date-time", "uuid"])


async def check_reply(operation: Operation, reply: Any) -> None:
    """Compare status, type, headers and body with the document.

    Raises:
        AssertionError: the status or a header is not documented, or was promised and lacks.
        jsonschema.ValidationError: the body does not fit.
    """
    check_headers(reply)
    documented = operation.spec["responses"].get(str(reply.status_code))
    assert documented, f"{operation.name} answers {reply.status_code}, which is not documented"
    assert ("ETag" in documented.get("headers", {})) == ("ETag" in reply.headers), operation.name
    if "content" not in documented:
        assert await reply.get_data() == b""
        return
    content_type = reply.mimetype
    assert content_type in documented["content"], operation.name
    content = documented["content"][content_type]
    if content_type in {JSON, PROBLEM}:
        validator = jsonschema.Draft202012Validator(
            operation.closed(content["schema"]), format_checker=FORMATS
        )
        validator.validate(await reply.get_json())


def check_headers(reply: Any) -> None:
    """Check what every reply carries for browsers: the Observatory's rules, and nothing else."""
    for name, value in STRICT.items():
        assert reply.headers.getlist(name) == [value], name
    (policy,) = reply.headers.getlist("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    assert len(reply.headers.getlist("Cache-Control")) == 1
    assert "microphone=()" in reply.headers["Permissions-Policy"]
    assert reply.headers["X-Request-ID"]
    for name in ("Server", "X-Powered-By", "Set-Cookie"):
        assert name not in reply.headers
