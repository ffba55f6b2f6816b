"""JSON in and out without detours (ADR 0018): models by pydantic itself, hot replies by msgspec."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter
from quart import Quart, Response, request
from quart_schema import DataSource, RequestSchemaValidationError, conversion
from quart_schema.validation import (
    QUART_SCHEMA_REQUEST_ATTRIBUTE,
    QUART_SCHEMA_RESPONSE_ATTRIBUTE,
)

M = TypeVar("M", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


encode = msgspec.json.Encoder(enc_hook=BaseModel.model_dump).encode
"""Python's own objects, and models among them, to JSON."""


@dataclass(frozen=True, slots=True)
class Encoded(Generic[M]):
    """A reply that is JSON already: what `model` describes, without having been one.

    `version` is that of a single object, for its ETag.
    """

    model: type[M]
    body: bytes
    version: int = 0

    def read(self) -> M:
        """Return it as the model that describes it; for tests and callers inside."""
        return self.model.model_validate_json(self.body)


def answers(model: type[BaseModel], status: int = 200) -> Callable[[F], Callable[..., Any]]:
    """Document what a route answers, as quart-schema's `validate_response`, and check nothing.

    For routes that answer `Encoded`, whose tests compare them with their models, and for those
    that are asked most and are declared to return the model itself.
    """

    def decorate(handler: F) -> Callable[..., Any]:
        documented = getattr(handler, QUART_SCHEMA_RESPONSE_ATTRIBUTE, {})
        setattr(handler, QUART_SCHEMA_RESPONSE_ATTRIBUTE, documented | {status: (model, None)})
        return handler

    return decorate


def takes(model: type[BaseModel]) -> Callable[[F], Callable[..., Any]]:
    """Read a route's JSON body as `data`, as quart-schema's `validate_request` in fewer steps.

    Raises (from the route):
        RequestSchemaValidationError: the body is not what `model` wants.
    """

    def decorate(handler: F) -> Callable[..., Any]:
        setattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE, (model, DataSource.JSON))

        @wraps(handler)
        async def read(*args: Any, **kwargs: Any) -> Any:
            body = await request.get_json()
            try:
                data = model.model_validate(body)
            except (TypeError, ValueError) as error:
                raise RequestSchemaValidationError(error) from error
            return await handler(*args, data=data, **kwargs)

        return read

    return decorate


def write_json(app: Quart) -> None:
    """Let routes answer `Encoded` and models at once as JSON; call it after quart-schema's setup.

    Quart-schema would make Python objects of a model, build a validator for its headers, and
    leave the rest to Python's json. It also makes an adapter for each body that it reads: one for
    each model is enough.
    """
    conversion.TypeAdapter = cache(TypeAdapter)  # type: ignore[attr-defined,assignment]
    otherwise = app.make_response

    async def make_response(result: Any) -> Any:
        value, *more = result if isinstance(result, tuple) else (result,)
        if isinstance(value, Encoded):
            body = value.body
        elif (writer := getattr(type(value), "__pydantic_serializer__", None)) is not None:
            body = writer.to_json(value)
        elif value is result and isinstance(value, Response):
            return value
        else:
            return await otherwise(result)
        reply = Response(body, content_type="application/json")
        for part in more:
            if isinstance(part, int):
                reply.status_code = part
            elif part:
                reply.headers.update(part)
        return reply

    app.make_response = make_response  # type: ignore[method-assign]  # as quart-schema does
