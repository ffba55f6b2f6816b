"""What a person may ask about all of their data: to have it, to be forgotten, to know."""

from quart import Blueprint, Response
from quart_schema import (
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from server.account import service_close, service_export, service_privacy
from server.account.schemas import (
    ClosedOut,
    CloseIn,
    ErasureOut,
    ExportedAccount,
    ExportQuery,
    PrivacyOut,
    RestoreIn,
)
from server.config import settings
from server.lib.clock import utc_now
from server.lib.http import answers_file, errors
from server.users.guards import current_identity, current_scope, public, requires
from server.users.permissions import Permission

account = Blueprint("account", __name__, url_prefix="/api/account")
tag_blueprint(account, ["account"])

EXPORT_LIMIT_S = 3600
"""How long an export may take: its client may be slow. Quart's own limit is a minute."""


@account.get("/export")
@requires(Permission.ACCOUNT_EXPORT, step_up=True)
@validate_querystring(ExportQuery)
@answers_file("application/zip", models={"application/json": ExportedAccount})
async def export_account(query_args: ExportQuery) -> Response:
    """Export everything that is yours, decrypted; what others share with you is theirs.

    Noted in the audit trail. An export that was cut off has no end: JSON without its last
    brackets, a zip without its list of files.
    """
    wanted = query_args.format
    reply = Response(
        await service_export.export(current_scope(), wanted, now=utc_now()),
        content_type=service_export.CONTENT_TYPES[wanted],
        headers={
            "Content-Disposition": (
                f'attachment; filename="catchup.{service_export.ENDINGS[wanted]}"'
            )
        },
    )
    reply.timeout = EXPORT_LIMIT_S
    return reply


@account.get("/privacy")
@requires(Permission.ACCOUNT_READ)
@validate_response(PrivacyOut)
async def get_privacy() -> PrivacyOut:
    """Say what is stored of you, who gets it and how long it stays, for machines and in words."""
    return service_privacy.statement(settings())


@account.delete("")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_request(CloseIn)
@validate_response(ClosedOut)
@errors(409)
async def close_account(data: CloseIn) -> ClosedOut:
    """Close your account: all sessions end at once, and after some days it is erased for good.

    409: `last_admin`; `last_owner`, unless you pass the ownership on.
    """
    return await service_close.close(current_identity(), data, now=utc_now())


@account.post("/restore")
@public("nobody can sign in to a closed account; the token proves whose it is")
@validate_request(RestoreIn)
@validate_response(ErasureOut)
@errors(404, 409)
async def restore_account(data: RestoreIn) -> ErasureOut:
    """Open a closed account again; then sign in as before. 409 `not_restorable`: too late."""
    return await service_close.restore(data.restore_token, now=utc_now())


@account.post("/erasure")
@public("nobody can sign in to an erased account; the token proves whose it was")
@validate_request(RestoreIn)
@validate_response(ErasureOut)
@errors(404)
async def get_erasure(data: RestoreIn) -> ErasureOut:
    """Say how far the erasure of a closed account is; once it is done, with the proof."""
    return await service_close.get_erasure(data.restore_token)
