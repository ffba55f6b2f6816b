"""A household with people, history and a calendar, made by the services that members use."""

from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from server.calendars import service_import as calendars
from server.calendars.schemas import ImportQuery
from server.contacts import service as contacts
from server.contacts.schemas import ContactIn
from server.db import transaction
from server.demo import script
from server.errors import Conflict
from server.groups import service as groups
from server.groups import service_tags as tags
from server.groups.schemas import GroupListQuery
from server.interactions import service as interactions
from server.interactions.schemas import InteractionIn
from server.lib.scope import Scope
from server.lib.uploads import Upload
from server.suggestions import service as suggestions
from server.users import service as users
from server.users.schemas import RegisterIn, UserOut

# How many of the first suggestions have been accepted and put off already.
ACCEPTED, SNOOZED = 1, 1
SNOOZED_DAYS = 5


async def make(password: str, *, now: datetime) -> list[UserOut]:
    """Make the demo household on an empty server, whole or not at all; return its members.

    Safe to repeat: a household that is there already stays as it is, its password, too.

    Raises:
        Conflict: `not_empty`: others use this server.
    """
    plan = script.read()
    expected = {member["email"] for member in plan.members}
    there = await users.list_users()
    if any(user.email not in expected for user in there):
        raise Conflict(
            "This server has users already; the demo needs an empty one.", code="not_empty"
        )
    if there:
        return list(there)
    async with transaction():
        members = await _make_members(plan, password, now)
        for member in plan.members:
            scope = await users.find_scope(member["email"])
            await _fill(scope, plan.part_of(member), now)
            await _decide(scope, now)
    return members


async def _make_members(plan: script.Script, password: str, now: datetime) -> list[UserOut]:
    """Make the users; the first is the server's admin, the others join them."""
    members: list[UserOut] = []
    for member in plan.members:
        data = RegisterIn(
            **member,
            password=password,
            zone=str(script.ZONE),
            place=script.PLACE,
            household_name="",
        )
        members.append(
            await users.create_user(
                data,
                household_of=members[0].email if members else None,
                is_admin=not members,
                now=now,
            )
        )
    return members


async def _fill(scope: Scope, plan: script.Script, now: datetime) -> None:
    listed = await groups.list_groups(scope, GroupListQuery())
    group_ids = {group.name: group.id for group in listed.items}
    members: dict[UUID, list[UUID]] = {}
    for person in plan.contacts:
        contact_id = await _add(scope, person, now)
        for name in person.get("groups", ()):
            members.setdefault(group_ids[name], []).append(contact_id)
    for group_id, contact_ids in members.items():
        await groups.add_members(scope, group_id, contact_ids, now=now)
    file = BytesIO(script.calendar(plan.events, now))
    await calendars.import_file(scope, Upload(file, "Home.ics"), ImportQuery(), now=now)


async def _add(scope: Scope, person: dict[str, Any], now: datetime) -> UUID:
    today = now.astimezone(script.ZONE).date()
    data = ContactIn.model_validate(script.contact_fields(person, today))
    made = (await contacts.create_contact(scope, data, now=now)).read()
    for name in person.get("tags", ()):
        await tags.tag_contact(scope, made.id, name, now=now)
    for number, at in enumerate(script.talks(person, now)):
        talk = InteractionIn(
            contact_ids=[made.id],
            kind=person["kind"],
            occurred_at=at,
            notes=person.get("said") if number == 0 else None,
        )
        await interactions.create(scope, talk, now=now)
    if person.get("archived"):
        await contacts.archive_contact(scope, made.id, now=now)
    return made.id


async def _decide(scope: Scope, now: datetime) -> None:
    """Suggest, and answer some: the lists then show every state that a member meets."""
    found = (await suggestions.generate(scope, now=now)).items
    for suggestion in found[:ACCEPTED]:
        await suggestions.accept(scope, suggestion.id, now=now)
    for suggestion in found[ACCEPTED : ACCEPTED + SNOOZED]:
        await suggestions.snooze(scope, suggestion.id, days=SNOOZED_DAYS, now=now)
