"""What a person may ask about all of their data: to have it, to be forgotten, to know."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint, validate_querystring

from server.account import service_export
from server.account.schemas import ExportedAccount, ExportQuery
from server.lib.clock import utc_now
from server.lib.http import answers_file
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

account = Blueprint("account", __name__, url_prefix="/api/account")
tag_blueprint(account, ["account"])

EXPORT_LIMIT_S = 3600
"""How long an export may take: its client may be slow. Quart's own limit is a minute."""


@account.get("/export")
@requires(Permission.ACCOUNT_EXPORT)
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
