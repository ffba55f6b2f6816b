"""Interactions: log, plan, confirm, list."""

from uuid import UUID

from quart import Blueprint, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.interactions import service
from server.interactions.schemas import (
    ContactInteractionsQuery,
    InteractionIn,
    InteractionOut,
    InteractionPatch,
    InteractionsPage,
    InteractionsQuery,
)
from server.lib.clock import utc_now
from server.lib.http import errors, etag, expected_version, tries_each_tag
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

interactions = Blueprint("interactions", __name__, url_prefix="/api")
tag_blueprint(interactions, ["interactions"])

Reply = tuple[InteractionOut, int, dict[str, str]]


@interactions.post("/interactions")
@requires(Permission.INTERACTIONS_WRITE)
@validate_request(InteractionIn)
@validate_response(InteractionOut, 201)
@errors(404)
async def create_interaction(data: InteractionIn) -> Reply:
    """Log what took place, or plan what shall; a past one counts as confirmed at once."""
    made = await service.create(current_scope(), data, now=utc_now())
    return made, 201, {**etag(made.version), "Location": f"/api/interactions/{made.id}"}


@interactions.get("/interactions")
@requires(Permission.INTERACTIONS_READ, reads=True)
@validate_querystring(InteractionsQuery)
@validate_response(InteractionsPage)
@errors(404)
async def list_interactions(query_args: InteractionsQuery) -> InteractionsPage:
    """List interactions, newest first."""
    return await service.list_page(current_scope(), query_args, contact_id=query_args.contact)


@interactions.get("/contacts/<uuid:contact_id>/interactions")
@requires(Permission.INTERACTIONS_READ, reads=True)
@validate_querystring(ContactInteractionsQuery)
@validate_response(InteractionsPage)
async def list_contact_interactions(
    contact_id: UUID, query_args: ContactInteractionsQuery
) -> InteractionsPage:
    """List the interactions with one contact, newest first."""
    return await service.list_page(current_scope(), query_args, contact_id=contact_id)


@interactions.get("/interactions/<uuid:interaction_id>")
@requires(Permission.INTERACTIONS_READ, reads=True)
@validate_response(InteractionOut)
async def get_interaction(interaction_id: UUID) -> Reply:
    """Read one interaction."""
    return _reply(await service.get(current_scope(), interaction_id))


@interactions.put("/interactions/<uuid:interaction_id>")
@requires(Permission.INTERACTIONS_WRITE)
@validate_request(InteractionIn)
@validate_response(InteractionOut)
@errors(412)
@tries_each_tag
async def replace_interaction(interaction_id: UUID, data: InteractionIn) -> Reply:
    """Replace one's own interaction.

    403 `author_only`: another member wrote it and lets you see it.
    """
    replaced = await service.replace(
        current_scope(), interaction_id, data, expected=_expected(), now=utc_now()
    )
    return _reply(replaced)


@interactions.patch("/interactions/<uuid:interaction_id>")
@requires(Permission.INTERACTIONS_WRITE)
@validate_request(InteractionPatch)
@validate_response(InteractionOut)
@errors(412)
@tries_each_tag
async def change_interaction(interaction_id: UUID, data: InteractionPatch) -> Reply:
    """Change some fields of one's own interaction.

    403 `author_only`: another member wrote it and lets you see it.
    """
    changed = await service.change(
        current_scope(), interaction_id, data, expected=_expected(), now=utc_now()
    )
    return _reply(changed)


@interactions.delete("/interactions/<uuid:interaction_id>")
@requires(Permission.INTERACTIONS_WRITE)
@errors(412)
@tries_each_tag
async def delete_interaction(interaction_id: UUID) -> tuple[str, int]:
    """Remove one's own interaction; the cadence falls back to the one before.

    403 `author_only`: another member wrote it and lets you see it.
    """
    await service.delete(current_scope(), interaction_id, expected=_expected())
    return "", 204


@interactions.post("/interactions/<uuid:interaction_id>/confirm")
@requires(Permission.INTERACTIONS_WRITE)
@validate_response(InteractionOut)
@errors(409)
async def confirm_interaction(interaction_id: UUID) -> Reply:
    """Say that it took place; from now on it counts for the cadence.

    403 `author_only`: another member wrote it and lets you see it.
    """
    return _reply(await service.confirm(current_scope(), interaction_id, now=utc_now()))


def _reply(found: InteractionOut) -> Reply:
    return found, 200, etag(found.version)


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
