"""create_app(): the only file that knows every routes.py."""

from contextlib import AsyncExitStack
from uuid import uuid4

import structlog
from quart import Quart, Response, g, request
from quart_schema import HttpSecurityScheme, Info, QuartSchema

from server import db, logs, problems, wiring
from server.calendars.routes import calendars
from server.config import Settings, settings
from server.contacts.routes import contacts
from server.contacts.routes_imports import imports
from server.groups.routes import groups
from server.groups.routes_tags import tags
from server.interactions.routes import interactions
from server.keys import server_keys
from server.lib.clock import utc_now
from server.lib.uploads import accept_imports
from server.openapi import CompleteProvider
from server.preferences.routes import preferences
from server.suggestions.routes import suggestions
from server.users.routes import auth

VERSION = "0.1.0"
BLUEPRINTS = (
    auth,
    calendars,
    contacts,
    groups,
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
    app.config.update(
        MAX_CONTENT_LENGTH=config.max_json_bytes,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        QUART_SCHEMA_CONVERSION_PREFERENCE="pydantic",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    QuartSchema(
        app,
        openapi_path="/api/openapi.json",
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="CatchUp", version=VERSION),
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer")},
        security=[{"bearer": []}],
    )
    app.extensions["QUART_SCHEMA"].openapi_provider_class = CompleteProvider
    problems.register(app)
    accept_imports(app, max_bytes=config.max_import_bytes)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _log_requests(app)
    _live(app, config)
    return app


def _live(app: Quart, config: Settings) -> None:
    """Open what the app needs before the first request, close it after the last."""
    stack = AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        await stack.enter_async_context(db.pool(config))
        await server_keys.start(now=utc_now())

    @app.after_serving
    async def stop() -> None:
        await stack.aclose()


def _log_requests(app: Quart) -> None:
    @app.before_request
    async def name_request() -> None:
        g.request_id = str(uuid4())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    async def log_request(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        route = request.url_rule.rule if request.url_rule else "-"
        log.info("request", method=request.method, route=route, status=response.status_code)
        return response
