"""Households, users, their sessions and tokens, and replies kept for safe retries."""

from piccolo.columns import Array, BigInt, Boolean, Bytea, SmallInt, Text, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Household(Table, tablename="households"):
    """People who share a box's data; several may share one server and never see each other."""

    id = primary_id()
    name = Varchar(length=255)
    created_at = instant()


class User(Table, tablename="users"):
    """A person who signs in; belongs to exactly one household."""

    id = primary_id()
    household_id = reference()
    email = Varchar(length=320, help_text="Canonical: stripped, NFC, lower case.")
    name = Varchar(length=255)
    password_hash = Text(secret=True)
    password_changed_at = instant()
    server_role = Varchar(length=6, default="member", help_text="admin or member")
    household_role = Varchar(length=6, default="member", help_text="owner or member")
    zone = Varchar(length=64, default="UTC", help_text="IANA zone of the wall clock.")
    place = Varchar(length=255, null=True, default=None)
    language = Varchar(length=35, default="en", help_text="BCP 47 tag.")
    phone = Bytea(null=True, default=None, help_text="E.164, encrypted.")
    phone_index = Bytea(null=True, default=None, help_text="Blind index, by keys of odd version.")
    phone_index_key_id = reference(null=True)
    phone_index_2 = Bytea(null=True, default=None, help_text="The same, by keys of even version.")
    phone_index_2_key_id = reference(null=True)
    phone_verified_at = instant(null=True)
    is_test_user = Boolean(default=False)
    disabled_at = instant(null=True)
    created_at = instant()
    version = version()


class Session(Table, tablename="sessions"):
    """One sign-in on one device; an access token names it, so that logout is immediate."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    user_agent = Varchar(length=255)
    address = Varchar(length=45)
    created_at = instant()
    last_used_at = instant()
    expires_at = instant()
    revoked_at = instant(null=True)
    revoked_reason = Varchar(length=40, null=True, default=None)
    mfa_at = instant(null=True)  # when a second factor was last shown in it; None: never
    proven_at = instant(null=True)  # when it was last proven who holds it, by password or code
    console = Varchar(
        length=5, null=True, default=None, help_text="read or write: made by the box's console."
    )


class RefreshToken(Table, tablename="refresh_tokens"):
    """One link of a session's refresh chain; used once, a second use ends the session."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    session_id = reference()
    token_hash = Bytea(help_text="SHA-256 of the opaque token.")
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)
    replaced_by = reference(null=True)
    successor = Bytea(
        null=True, default=None, help_text="The next token, encrypted under this very token."
    )


class TotpFactor(Table, tablename="totp_factors"):
    """A user's authenticator app (RFC 6238); not in force before `confirmed_at`."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    secret = Bytea(help_text="Base32 text, encrypted.")
    created_at = instant()
    confirmed_at = instant(null=True)
    last_step = BigInt(
        null=True, default=None, help_text="The newest time step whose code was used."
    )


class RecoveryCode(Table, tablename="recovery_codes"):
    """A code that stands in for the app once."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    code_hash = Bytea(help_text="SHA-256 of user and code.")
    created_at = instant()
    used_at = instant(null=True)


class SignInChallenge(Table, tablename="sign_in_challenges"):
    """A sign-in whose password fitted and whose second factor is awaited."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    token_hash = Bytea(help_text="SHA-256 of the opaque token.")
    attempts = SmallInt(default=0)
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)


class ProofBudget(Table, tablename="proof_budgets"):
    """How many proofs of a user failed in a row, and when the last was tried."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    purpose = Varchar(length=7, help_text="sign_in, or session: by who is signed in already.")
    attempts = SmallInt(default=0)
    last_at = instant()


class ApiToken(Table, tablename="api_tokens"):
    """A long-lived token with scopes; shown once, kept as a hash."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    name = Varchar(length=100)
    token_hash = Bytea(help_text="SHA-256 of the token.")
    scopes = Array(base_column=Varchar(length=40))
    created_at = instant()
    last_used_at = instant(null=True)
    expires_at = instant(null=True)
    revoked_at = instant(null=True)
    previous_hash = Bytea(null=True, default=None, help_text="SHA-256 of the one before.")
    previous_until = instant(null=True)


class Invitation(Table, tablename="invitations"):
    """Lets one new user into the household of the user who made it."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    email = Varchar(length=320, null=True, default=None, help_text="Canonical; null: anyone's.")
    token_hash = Bytea(help_text="SHA-256 of the token.")
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)
    revoked_at = instant(null=True)


class PasswordReset(Table, tablename="password_resets"):
    """Lets its holder choose a new password, once."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    token_hash = Bytea(help_text="SHA-256 of the token.")
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)


class Budget(Table, tablename="sign_in_budgets"):
    """How many passwords may still be tried: of an e-mail, a device, a session (GCRA)."""

    id = primary_id()
    name = Bytea(help_text="SHA-256 of what is counted.")
    full_at = instant()
    noted_at = instant(null=True)


class IdempotencyKey(Table, tablename="idempotency_keys"):
    """The reply to a write, kept 24 h so that a retry gets the same one."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    key = Varchar(length=255)
    status = SmallInt()
    body = Bytea(help_text="The reply and what it answers, encrypted.")
    created_at = instant()
    expires_at = instant()
