"""Register, sign in, change one's profile."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from server import versions
from server.audit import service as audit
from server.config import settings
from server.db import Row, transaction
from server.errors import (
    Conflict,
    NotFound,
    PreconditionFailed,
    Unauthorized,
)
from server.keys import service as keys
from server.lib.fields import canonical_email
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import (
    challenges,
    invitations,
    passwords,
    queries,
    refreshing,
    sessions,
    throttle,
)
from server.users.breached import refuse_breached
from server.users.closed import AccountClosed
from server.users.schemas import (
    LoginIn,
    ProfilePatch,
    RegisterIn,
    SignedIn,
    UserListed,
    UserOut,
)
from server.users.schemas_mfa import ChallengeOut
from server.users.sessions import Device, Identity
from server.users.signed_in import reply, sign_in, user_of

Step = Callable[[Scope, datetime], Awaitable[None]]
# What higher features give a new user, in the transaction that makes it; server/wiring.py fills it.
new_user_steps: list[Step] = []


async def register(data: RegisterIn, device: Device, *, now: datetime) -> SignedIn:
    """Make a user, alone or in the household that invites them, and sign them in.

    The first user becomes admin.

    Raises:
        BadInput: `password_breached`, or `invitation_invalid`.
        Forbidden: `registration_closed`: later users need an invitation, or REGISTRATION=open.
        Conflict: `email_taken`.
    """
    await refuse_breached(data.password, field="password")
    is_free = await invitations.check(data, now=now) or settings().registration == "open"
    if not is_free and await queries.find_any_user():
        raise invitations.closed()  # before a hash is spent on it
    password_hash = await passwords.hash_password(data.password)
    async with transaction():
        anyone = await queries.lock_registration()
        if anyone and not is_free:
            raise invitations.closed()
        joins = await invitations.use(data, now=now)
        user = await _create(data, password_hash, is_first=not anyone, joins=joins, now=now)
        return await sign_in(user, device, now=now)


async def create_user(
    data: RegisterIn, *, household_of: str | None, is_admin: bool, now: datetime
) -> UserOut:
    """Make a user from the box's own command line, whatever REGISTRATION says.

    `household_of` is the e-mail of somebody whose household the new user joins.

    Raises:
        BadInput: `password_breached`. NotFound: nobody has that e-mail. Conflict: `email_taken`.
    """
    await refuse_breached(data.password, field="password")
    password_hash = await passwords.hash_password(data.password)
    async with transaction():
        anyone = await queries.lock_registration()
        household = None
        if household_of is not None:
            household = await queries.find_household_of(canonical_email(household_of))
            if household is None:
                raise NotFound("Nobody with that e-mail has a household to join.")
        return await _create(
            data,
            password_hash,
            is_first=is_admin or not anyone,
            joins=Scope(household, uuid7()) if household else None,
            by_themselves=False,
            now=now,
        )


async def login(data: LoginIn, device: Device, *, now: datetime) -> SignedIn | ChallengeOut:
    """Sign in with e-mail and password; who has a second factor gets a challenge instead.

    Raises:
        Unauthorized: `login_failed`; the same, and as slowly, for an unknown e-mail.
        TriesUsedUp: `too_many_tries`; likewise.
        AccountClosed: told only to who has the password.
    """
    taken = await throttle.take_sign_in(
        data.email, data.earlier_token, address=device.address, now=now
    )
    row = await queries.find_user_by_email(data.email)
    fits = await passwords.check_password(row["password_hash"] if row else None, data.password)
    if row is None or not fits or row["disabled_at"] is not None:
        await _record_failure(row, device, now=now)
        if fits and row is not None and row["erased_from"] is not None:
            raise AccountClosed(row["erased_from"])
        raise Unauthorized("E-mail or password is wrong.", code="login_failed")
    user = user_of(row)
    scope = Scope(user.household_id, user.id)
    upgraded = None
    if passwords.needs_upgrade(row["password_hash"]):
        upgraded = await passwords.hash_password(data.password)
    async with transaction():
        # Checking took a while: a password changed or a user disabled meanwhile counts.
        if await queries.lock_password_hash(scope) != row["password_hash"]:
            raise Unauthorized("E-mail or password is wrong.", code="login_failed")
        if upgraded:
            await queries.upgrade_password_hash(scope, upgraded)
        await throttle.give_back(taken)
        if (challenge := await challenges.challenge(scope, device, now=now)) is not None:
            return challenge
        return await sign_in(user, device, now=now)


async def refresh(refresh_token: str, *, now: datetime) -> SignedIn:
    """Trade a refresh token for a new pair.

    Raises:
        Unauthorized: `refresh_invalid` or `refresh_reused`.
    """
    scope, pair = await refreshing.refresh(refresh_token, now=now)
    return reply(await me(scope), pair)


async def me(scope: Scope) -> UserOut:
    """Return the user who calls.

    Raises:
        NotFound: the user is gone.
    """
    row = await queries.get_user(scope)
    if row is None:
        raise NotFound
    return user_of(row)


async def change_profile(
    identity: Identity, data: ProfilePatch, *, expected: int | None
) -> UserOut:
    """Correct the user's own name, zone, place or language.

    `expected` is the version that the caller knows, None when they do not say.

    Raises:
        NotFound: the user is gone. PreconditionFailed: they have another version.
    """
    async with transaction():
        row = await queries.lock_user(identity.scope)
        if row is None:
            raise NotFound
        values = {**row, **data.model_dump(include=data.model_fields_set)}
        row = await queries.update_profile(identity.scope, values, expected=expected)
        if row is None:
            raise PreconditionFailed("The profile was changed meanwhile: read it again.")
        await versions.changed([identity.scope], "suggestions", "calendar")
        await sessions.forget_identity(identity)
    return user_of(row)


async def list_users() -> list[UserListed]:
    """Return every user of the server, oldest first, for the admin's commands."""
    rows = await queries.list_users_of_server()
    return [UserListed(**{name: row[name] for name in UserListed.model_fields}) for row in rows]


async def find_scope(email: str) -> Scope:
    """Return the scope of the user with this e-mail, for the admin's commands.

    Raises:
        NotFound: nobody has it.
    """
    row = await queries.find_user_by_email(canonical_email(email))
    if row is None:
        raise NotFound("Nobody has that e-mail; see `catchup users list`.")
    return Scope(row["household_id"], row["id"])


async def _create(
    data: RegisterIn,
    password_hash: str,
    *,
    is_first: bool,
    now: datetime,
    joins: Scope | None = None,
    by_themselves: bool = True,
) -> UserOut:
    scope = joins or Scope(uuid7(), uuid7())
    if joins is None:
        await queries.insert_household(scope.household_id, data.household_name, now=now)
        await keys.create_household_keys(scope.household_id, now=now)
    values = {
        "email": data.email,
        "name": data.name,
        "password_hash": password_hash,
        "server_role": "admin" if is_first else "member",
        "household_role": "member" if joins else "owner",
        "zone": data.zone,
        "place": data.place,
        "language": data.language,
        "is_test_user": False,
    }
    row = await queries.insert_user(scope, values, now=now)
    if row is None:
        raise Conflict("Somebody has registered with this e-mail.", code="email_taken")
    for step in new_user_steps:
        await step(scope, now)
    await audit.record(
        scope.household_id,
        "user.created",
        actor_id=scope.user_id if by_themselves else None,
        subject_kind="user",
        subject_id=scope.user_id,
        details={"server_role": values["server_role"]},
        now=now,
    )
    return user_of(row)


async def _record_failure(row: Row | None, device: Device, *, now: datetime) -> None:
    await audit.record(
        row["household_id"] if row else audit.SERVER_CHAIN,
        "user.sign_in_failed",
        actor_id=None,
        subject_kind="user" if row else None,
        subject_id=row["id"] if row else None,
        address=device.address,
        now=now,
    )
