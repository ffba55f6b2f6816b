"""Whether a reply is what the OpenAPI document says of it."""

from typing import Any

import jsonschema

from tests.openapi_walk import JSON, Operation

PROBLEM = "application/problem+json"
FORMATS = jsonschema.FormatChecker(["date", "date-time", "uuid"])


async def check_reply(operation: Operation, reply: Any) -> None:
    """Compare status, type, headers and body with the document.

    Raises:
        AssertionError: the status or a header is not documented, or was promised and lacks.
        jsonschema.ValidationError: the body does not fit.
    """
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
