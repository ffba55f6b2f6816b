"""create_app(): the only file that knows every routes.py."""

import asyncio
import json
from contextlib import AsyncExitStack
from functools import cache, partial

from quart import Quart, Response
from quart_schema import HttpSecurityScheme, Info, QuartSchema, hide

from server import cors, db, logs, problems, queue, reporting, request_log, wiring
from server.account.routes import account
from server.admin.routes_alerts import admin_alerts
from server.admin.routes_audit import admin_audit
from server.admin.routes_integrations import admin_integrations
from server.admin.routes_jobs import admin_jobs, admin_queues, admin_schedules
from server.admin.routes_keys import admin_keys
from server.admin.routes_logs import admin_logs
from server.admin.routes_messages import admin_messages, admin_silence
from server.admin.routes_overview import admin_overview
from server.admin.routes_user_acts import admin_user_acts
from server.admin.routes_users import admin_invitations, admin_users
from server.calendars.routes import calendars
from server.calendars.routes_connections import connections
from server.config import Settings, settings
from server.connection import Connection
from server.contacts.photos import MOST_BYTES
from server.contacts.routes import contacts
from server.contacts.routes_imports import imports
from server.contacts.routes_photos import photos
from server.db_connections import REQUEST_LIMIT_S
from server.digests.routes import unsubscribe
from server.docs_page import DOCS_POLICY, docs_page
from server.feeds.routes import feeds
from server.groups.routes import groups
from server.groups.routes_tags import tags
from server.health.routes import health
from server.health.routes_metrics import metrics
from server.http_headers import Door
from server.interactions.routes import interactions
from server.keys import holders, server_keys
from server.lib import http
from server.lib.clock import utc_now
from server.lib.lean_quart import LeanQuart
from server.lib.replies import write_json
from server.lib.uploads import accept_files
from server.lib.version import VERSION
from server.openapi import CompleteProvider, document
from server.openapi_parts import INTRODUCTION
from server.preferences.routes import preferences
from server.preferences.routes_phone import phone
from server.replies.routes import inbox
from server.samples.sampler import sampling
from server.suggestions.routes import suggestions
from server.users.guards import note_own_write, public
from server.users.routes import auth
from server.users.routes_api_tokens import api_tokens
from server.users.routes_events import events
from server.users.routes_invitations import invitations
from server.users.routes_mfa import mfa
from server.users.routes_resets import resets
from server.users.routes_sessions import sessions
from server.webhooks import routes as webhook_routes
from server.webhooks.routes import webhooks

BLUEPRINTS = (
    account,
    admin_alerts,
    admin_jobs,
    admin_logs,
    admin_queues,
    admin_schedules,
    admin_audit,
    api_tokens,
    admin_invitations,
    admin_integrations,
    admin_keys,
    admin_messages,
    admin_overview,
    admin_silence,
    admin_user_acts,
    admin_users,
    auth,
    calendars,
    connections,
    contacts,
    events,
    feeds,
    groups,
    health,
    imports,
    inbox,
    interactions,
    invitations,
    metrics,
    mfa,
    phone,
    photos,
    preferences,
    resets,
    sessions,
    suggestions,
    tags,
    unsubscribe,
    webhooks,
)


def create_app(config: Settings | None = None) -> Quart:
    """Build the HTTP application; the pool opens when it starts to serve."""
    config = config or settings()
    logs.configure(config.log_level)
    wiring.connect()
    app = LeanQuart("catchup", static_folder=None)
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
        openapi_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="CatchUp", version=VERSION, description=INTRODUCTION),
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer")},
        security=[{"bearer": []}],
        openapi_provider_class=CompleteProvider,
    )
    write_json(app)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # QuartSchema brings a provider
    problems.register(app)
    accept_files(
        app, {"import": config.max_import_bytes, "photo": MOST_BYTES, **webhook_routes.MOST_BYTES}
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    _add_docs(app)
    if config.database_replica_urls:
        _note_own_writes(app)
    request_log.register(app)
    http.name_replies(app)
    cors.allow(app, config.cors_allowed_origins)
    _live(app, config)
    app.asgi_app = Door(  # type: ignore[method-assign]  # as Quart's documentation has it
        app.asgi_app,
        hops=config.trusted_proxy_hops,
        is_https=config.base_url.startswith("https:"),
    )
    return app


def _add_docs(app: Quart) -> None:
    # Made once, when somebody asks: it takes a few tenths of a second.
    described = cache(partial(document, app))

    @app.get("/api/openapi.json")
    @hide
    @public("it says nothing that the source does not")
    async def openapi() -> Response:
        return Response(json.dumps(described()), content_type="application/json")

    @app.get("/api/docs")
    @hide
    @public("likewise")
    async def docs() -> Response:
        return Response(
            docs_page(described()),
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": DOCS_POLICY},
        )


def _note_own_writes(app: Quart) -> None:
    @app.after_request
    async def note(response: Response) -> Response:
        await note_own_write()
        return response


def _live(app: Quart, config: Settings) -> None:
    """Open what the app needs before the first request, close it after the last."""
    stack = AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        reporting.start(config)
        await stack.enter_async_context(
            db.pool(config, limit_s=REQUEST_LIMIT_S, with_replicas=True)
        )
        await server_keys.start(now=utc_now())
        await stack.enter_async_context(holders.holding())
        await stack.enter_async_context(sampling("server"))

    @app.after_serving
    async def stop() -> None:
        await stack.aclose()
        await queue.close()
        await asyncio.to_thread(reporting.stop)
