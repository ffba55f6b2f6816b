"""Who may call a route, and who calls: serves every routes.py."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from quart import g, request

from server.errors import Forbidden, Unauthorized
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.users import idempotency, sessions
from server.users.permissions import Permission
from server.users.sessions import Device, Identity

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[P, Awaitable[T]]


def requires(permission: Permission) -> Callable[[Handler[P, T]], Handler[P, T]]:
    """Let only signed-in callers with `permission` through; the outermost decorator of a route.

    Raises (from the route):
        Unauthorized: no token, or one that is not valid any more.
        Forbidden: `permission_missing`.
    """

    def decorate(handler: Handler[P, T]) -> Handler[P, T]:
        @wraps(handler)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            g.identity = await sessions.identify(_bearer(), now=utc_now())
            if permission not in current_identity().permissions:
                raise Forbidden(
                    f"This needs the permission {permission}.", code="permission_missing"
                )
            reply = await idempotency.once(
                current_scope(),
                lambda: handler(*args, **kwargs),
                takes_file=hasattr(handler, "file_types"),
            )
            return cast(T, reply)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by openapi and tests
        return guarded

    return decorate


def public(reason: str) -> Callable[[Handler[P, T]], Handler[P, T]]:
    """Mark a route that anyone may call, and say why; tests/test_architecture.py wants one."""

    def decorate(handler: Handler[P, T]) -> Handler[P, T]:
        handler.public_because = reason  # type: ignore[attr-defined]
        return handler

    return decorate


def current_identity() -> Identity:
    """Return who calls; only inside a route that `requires` something."""
    return cast(Identity, g.identity)


def current_scope() -> Scope:
    """Return whose data the caller may touch."""
    return current_identity().scope


def current_device() -> Device:
    """Return where the request comes from, as far as we believe it."""
    return Device(
        user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or ""
    )


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(
            "Send the access token as `Authorization: Bearer …`.", code="token_missing"
        )
    return token.strip()
