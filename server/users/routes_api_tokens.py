"""API tokens: make, list, renew, revoke."""

from uuid import UUID

from quart import Blueprint
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.lib.clock import utc_now
from server.lib.http import errors
from server.lib.paging import ShortListQuery
from server.users import api_tokens as service
from server.users.guards import current_identity, current_scope, requires
from server.users.permissions import Permission
from server.users.schemas_api_tokens import TokenCreated, TokenIn, TokenPage, TokenRenewal

api_tokens = Blueprint("api_tokens", __name__, url_prefix="/api/auth/tokens")
tag_blueprint(api_tokens, ["auth"])


@api_tokens.post("")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_request(TokenIn)
@validate_response(TokenCreated, 201)
@errors(409)
async def create_token(data: TokenIn) -> tuple[TokenCreated, int]:
    """Make a token for a program, with rights of one's own; the reply alone has its secret."""
    caller = current_identity()
    made = await service.create_token(caller.scope, caller.permissions, data, now=utc_now())
    return made, 201


@api_tokens.get("")
@requires(Permission.ACCOUNT_READ)
@validate_querystring(ShortListQuery)
@validate_response(TokenPage)
async def list_tokens(query_args: ShortListQuery) -> TokenPage:
    """List the caller's tokens, those out of date too, without those revoked."""
    return await service.list_tokens(current_scope(), query_args)


@api_tokens.post("/<uuid:token_id>/rotate")
@requires(Permission.ACCOUNT_WRITE, step_up=True)
@validate_request(TokenRenewal)
@validate_response(TokenCreated)
async def rotate_token(token_id: UUID, data: TokenRenewal) -> TokenCreated:
    """Give a token a new secret; the one before stays good for up to an hour, as asked."""
    return await service.renew_token(current_scope(), token_id, data, now=utc_now())


@api_tokens.delete("/<uuid:token_id>")
@requires(Permission.ACCOUNT_WRITE)
async def revoke_token(token_id: UUID) -> tuple[str, int]:
    """Revoke a token: it opens nothing from now on, after 5 s at the latest."""
    await service.revoke_token(current_scope(), token_id, now=utc_now())
    return "", 204
