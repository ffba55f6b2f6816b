"""Suggestions: list, make, and what a member does with one."""

from uuid import UUID

from quart import Blueprint
from quart_schema import (
    tag_blueprint,
    validate_querystring,
    validate_request,
    validate_response,
)

from server.lib.clock import utc_now
from server.lib.http import errors, etag
from server.suggestions import service
from server.suggestions.schemas import (
    AcceptedOut,
    ConfirmIn,
    DismissedOut,
    DismissIn,
    GeneratedOut,
    SnoozeIn,
    SuggestionList,
    SuggestionOut,
    SuggestionQuery,
    WhyOut,
)
from server.users.conditional import conditional
from server.users.guards import current_scope, requires
from server.users.permissions import Permission

suggestions = Blueprint("suggestions", __name__, url_prefix="/api")
tag_blueprint(suggestions, ["suggestions"])

Versioned = tuple[SuggestionOut, int, dict[str, str]]


@suggestions.get("/suggestions")
@requires(Permission.SUGGESTIONS_READ)
@conditional("suggestions", "household_contacts", daily=True)
@validate_querystring(SuggestionQuery)
@validate_response(SuggestionList)
@errors(404)
async def list_suggestions(query_args: SuggestionQuery) -> SuggestionList:
    """List suggestions, the soonest slot first."""
    return await service.list_suggestions(current_scope(), query_args, now=utc_now())


@suggestions.post("/suggestions/generate")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_response(GeneratedOut)
async def generate_suggestions() -> GeneratedOut:
    """Make what is due now; a second call right after makes nothing new."""
    return await service.generate(current_scope(), now=utc_now())


@suggestions.get("/suggestions/<uuid:suggestion_id>")
@requires(Permission.SUGGESTIONS_READ, reads=True)
@validate_response(SuggestionOut)
async def get_suggestion(suggestion_id: UUID) -> Versioned:
    """Return one suggestion with its reasons."""
    found = await service.get_suggestion(current_scope(), suggestion_id, now=utc_now())
    return found, 200, etag(found.version)


@suggestions.post("/suggestions/<uuid:suggestion_id>/accept")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_response(AcceptedOut)
@errors(409)
async def accept_suggestion(suggestion_id: UUID) -> AcceptedOut:
    """Take a pending suggestion; the reply has a draft message for the contact."""
    return await service.accept(current_scope(), suggestion_id, now=utc_now())


@suggestions.post("/suggestions/<uuid:suggestion_id>/dismiss")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_request(DismissIn)
@validate_response(DismissedOut)
@errors(409)
async def dismiss_suggestion(suggestion_id: UUID, data: DismissIn) -> DismissedOut:
    """Say no, and why."""
    return await service.dismiss(current_scope(), suggestion_id, data, now=utc_now())


@suggestions.post("/suggestions/<uuid:suggestion_id>/snooze")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_request(SnoozeIn)
@validate_response(SuggestionOut)
@errors(409)
async def snooze_suggestion(suggestion_id: UUID, data: SnoozeIn) -> Versioned:
    """Hide a suggestion for a number of days."""
    found = await service.snooze(current_scope(), suggestion_id, days=data.days, now=utc_now())
    return found, 200, etag(found.version)


@suggestions.post("/suggestions/<uuid:suggestion_id>/confirm")
@requires(Permission.SUGGESTIONS_WRITE)
@validate_request(ConfirmIn)
@validate_response(SuggestionOut)
@errors(409)
async def confirm_suggestion(suggestion_id: UUID, data: ConfirmIn) -> Versioned:
    """Say whether an accepted suggestion happened: only this moves the cadence."""
    found = await service.confirm(current_scope(), suggestion_id, data, now=utc_now())
    return found, 200, etag(found.version)


@suggestions.get("/contacts/<uuid:contact_id>/why")
@requires(Permission.SUGGESTIONS_READ, reads=True)
@validate_response(WhyOut)
async def why_contact(contact_id: UUID) -> WhyOut:
    """Say why a contact is, or is not, suggested now."""
    return await service.why(current_scope(), contact_id, now=utc_now())
