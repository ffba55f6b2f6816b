"""create_app(): the only file that knows every routes.py."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import structlog
from quart import Quart, Response, g, request
from quart_schema import HttpSecurityScheme, Info, QuartSchema, hide

from server import db, logs, problems, queue, reporting, wiring
from server.calendars.routes import calendars
from server.config import Settings, settings
from server.connection import Connection
from server.contacts.routes import contacts
from server.contacts.routes_imports import imports
from server.docs_page import docs_page
from server.groups.routes import groups
from server.groups.routes_tags import tags
from server.health.routes import health
from server.interactions.routes import interactions
from server.keys import server_keys
from server.lib import http
from server.lib.clock import utc_now
from server.lib.replies import write_json
from server.lib.uploads import accept_imports
from server.lib.version import VERSION
from server.openapi import CompleteProvider, document
from server.preferences.routes import preferences
from server.suggestions.routes import suggestions
from server.users.guards import public
from server.users.routes import auth

BLUEPRINTS = (
    auth,
    calendars,
    contacts,
    groups,
    health,
    imports,
    interactions,
    preferences,
    suggestions,
    tags,
)

log = structlog.get_logger()


def create_app(config: Settings | None = None) -> Quart:
    """Build the HTTP application; the pool opens when it starts to serve."""
    config = config or settings()
    logs.configure(config.log_level)
    wiring.connect()
    app = Quart("catchup", static_folder=None)
    app.asgi_http_class = Connection
    # One address for each thing: /api//contacts is 404, not a redirect that drops a body.
    app.url_map.merge_slashes = False
    app.config.update(
        MAX_CONTENT_LENGTH=config.max_json_bytes,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        QUART_SCHEMA_CONVERSION_PREFERENCE="pydantic",
    )
    QuartSchema(
        app,
        openapi_path="/api/openapi.json",
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="CatchUp", version=VERSION),
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer")},
        security=[{"bearer": []}],
        openapi_provider_class=CompleteProvider,
    )
    write_json(app)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # QuartSchema brings a provider
    problems.register(app)
    accept_imports(app, max_bytes=config.max_import_bytes)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _add_docs(app)
    _log_requests(app)
    http.refuse_unknown_parameters(app)
    _add_headers(app)
    _live(app, config)
    return app


def _add_docs(app: Quart) -> None:
    @app.get("/api/docs")
    @hide
    @public("it says nothing that the source does not")
    async def docs() -> Response:
        return Response(docs_page(document(app)), content_type="text/html; charset=utf-8")


def _live(app: Quart, config: Settings) -> None:
    """Open what the app needs before the first request, close it after the last."""
    stack = AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        reporting.start(config)
        await stack.enter_async_context(db.pool(config))
        await server_keys.start(now=utc_now())

    @app.after_serving
    async def stop() -> None:
        await stack.aclose()
        await queue.close()
        await asyncio.to_thread(reporting.stop)


def _log_requests(app: Quart) -> None:
    @app.before_request
    async def name_request() -> None:
        g.request_id = str(uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        g.end_trace = reporting.trace(_route())

    @app.after_request
    async def log_request(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        log.info("request", method=request.method, route=_route(), status=response.status_code)
        if "end_trace" in g:
            g.end_trace(response.status_code)
        return response


def _add_headers(app: Quart) -> None:
    @app.after_request
    async def add_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _route() -> str:
    """Return the template of the address, never the address: it may carry a token."""
    return request.url_rule.rule if request.url_rule else "-"
