import asyncio
from collections import Counter
from datetime import timedelta

import bcrypt
import pytest

from server import config, db
from server.audit import service as audit
from server.audit import service_verify
from server.errors import BadInput, Conflict, Forbidden, NotFound, Unauthorized
from server.users import service, service_passwords, sessions
from server.users.schemas import ChangePasswordIn, LoginIn, RegisterIn
from server.users.sessions import Device
from tests.factories import PASSWORD
from tests.times import MONDAY

NEW_PASSWORD = "a whole new passphrase"


def registration(email="ana@example.org", **more):
    return RegisterIn.model_validate({"email": email, "password": PASSWORD, **more})


async def register(email="ana@example.org", **more):
    return await service.register(registration(email, **more), Device(), now=MONDAY)


async def login(email="ana@example.org", password=PASSWORD):
    data = LoginIn.model_validate({"email": email, "password": password})
    return await service.login(data, Device("phone", "192.0.2.1"), now=MONDAY)


@pytest.fixture
def by_invitation(database):
    """REGISTRATION=invite for one test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGISTRATION", "invite")
        config.settings.cache_clear()
        yield
    config.settings.cache_clear()


async def test_only_the_first_user_becomes_admin(database):
    roles = [(await register(f"{name}@example.org")).user.server_role for name in "abc"]

    assert roles == ["admin", "member", "member"]


async def test_of_two_first_users_at_once_one_becomes_admin(database):
    both = await asyncio.gather(*(register(f"{name}@example.org") for name in "ab"))

    assert Counter(one.user.server_role for one in both) == {"admin": 1, "member": 1}


async def test_openly_registered_users_each_get_a_household(database):
    ana, ben = await register("ana@example.org"), await register("ben@example.org")

    assert ana.user.household_id != ben.user.household_id


async def test_a_registered_user_is_signed_in(database):
    made = await register()

    identity = await sessions.identify(made.token, now=MONDAY)
    assert identity.scope.user_id == made.user.id


async def test_the_first_user_registers_although_others_need_an_invitation(by_invitation):
    assert (await register()).user.server_role == "admin"


async def test_registration_is_closed_to_the_second_user_by_default(by_invitation):
    await register()

    with pytest.raises(Forbidden) as refused:
        await register("ben@example.org")

    assert refused.value.code == "registration_closed"


async def test_a_refused_registration_leaves_no_household(by_invitation):
    await register()

    with pytest.raises(Forbidden):
        await register("ben@example.org")

    assert await db.fetch_value("SELECT count(*) FROM households") == 1


@pytest.mark.parametrize(
    "same",
    ["ana@example.org", " ANA@Example.Org ", "Ana@EXAMPLE.ORG\n"],
)
async def test_an_email_is_taken_in_any_case(database, same):
    await register()

    with pytest.raises(Conflict) as refused:
        await register(same)

    assert refused.value.code == "email_taken"


async def test_an_email_is_taken_in_any_unicode_form(database):
    await register("jos\u00e9@example.org")

    with pytest.raises(Conflict):
        await register("jose\u0301@example.org")


async def test_a_refused_email_leaves_nothing(database):
    await register()

    with pytest.raises(Conflict):
        await register()

    assert await db.fetch_value("SELECT count(*) FROM households") == 1


async def test_of_two_registrations_with_one_email_at_once_one_fails(database):
    both = await asyncio.gather(register(), register(), return_exceptions=True)

    assert Counter(type(one).__name__ for one in both) == {"SignedIn": 1, "Conflict": 1}


async def test_signing_in_ignores_the_case_of_the_email(database):
    made = await register()

    assert (await login(" ANA@example.ORG ")).user.id == made.user.id


async def failure(email, password):
    with pytest.raises(Unauthorized) as refused:
        await login(email, password)
    return refused.value.code, refused.value.detail, refused.value.headers


async def test_an_unknown_email_and_a_wrong_password_get_the_same_answer(database):
    await register()

    assert await failure("nobody@example.org", PASSWORD) == await failure(
        "ana@example.org", "wrong"
    )


async def test_a_disabled_user_gets_the_same_answer_as_nobody(database):
    await register()
    await db.execute("UPDATE users SET disabled_at = $1", MONDAY)

    assert await failure("ana@example.org", PASSWORD) == await failure("x@example.org", PASSWORD)


async def test_a_failed_sign_in_is_recorded_without_the_email(database):
    await failure("nobody@example.org", PASSWORD)

    row = await db.fetch_row("SELECT * FROM audit_entries")
    assert row is not None
    assert (row["action"], row["chain_id"]) == ("user.sign_in_failed", audit.SERVER_CHAIN)
    assert "nobody" not in str(dict(row))


async def test_a_bcrypt_hash_of_the_original_is_replaced_at_the_next_sign_in(database):
    await register()
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    await db.execute("UPDATE users SET password_hash = $1", old)

    await login()

    stored = await db.fetch_value("SELECT password_hash FROM users")
    assert stored.startswith("$argon2id$")
    assert (await login()).user.email == "ana@example.org"


async def test_a_cheap_bcrypt_hash_lets_nobody_in(database):
    await register()
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await db.execute("UPDATE users SET password_hash = $1", old)

    assert (await failure("ana@example.org", PASSWORD))[0] == "login_failed"


async def test_a_wrong_password_upgrades_nothing(database):
    await register()
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    await db.execute("UPDATE users SET password_hash = $1", old)

    await failure("ana@example.org", "wrong")

    assert await db.fetch_value("SELECT password_hash FROM users") == old


async def change(signed_in, current=PASSWORD, new=NEW_PASSWORD):
    identity = await sessions.identify(signed_in.token, now=MONDAY)
    data = ChangePasswordIn.model_validate({"current_password": current, "new_password": new})
    await service_passwords.change_password(identity, data, now=MONDAY)


async def test_the_new_password_signs_in_and_the_old_one_does_not(database):
    await change(await register())

    assert (await login(password=NEW_PASSWORD)).user.email == "ana@example.org"
    assert (await failure("ana@example.org", PASSWORD))[0] == "login_failed"


async def test_changing_the_password_ends_every_other_session_at_once(database):
    phone, laptop = await register(), await login()
    await sessions.identify(phone.token, now=MONDAY)

    await change(laptop)

    with pytest.raises(Unauthorized):
        await sessions.identify(phone.token, now=MONDAY)
    with pytest.raises(Unauthorized):
        await service.refresh(phone.refresh_token, now=MONDAY)


async def test_changing_the_password_keeps_the_session_that_does_it(database):
    laptop = await register()

    await change(laptop)

    assert (await service.refresh(laptop.refresh_token, now=MONDAY)).user.id == laptop.user.id


async def test_changing_the_password_leaves_other_users_alone(database):
    ana, ben = await register(), await register("ben@example.org")

    await change(ana)

    assert (await sessions.identify(ben.token, now=MONDAY)).scope.user_id == ben.user.id


async def test_a_wrong_current_password_changes_nothing(database):
    made = await register()

    with pytest.raises(BadInput) as refused:
        await change(made, current="wrong")

    assert refused.value.fields[0].field == "current_password"
    assert (await login()).user.id == made.user.id


async def test_a_password_reset_on_the_box_ends_every_session(database):
    made = await register()

    await service_passwords.reset_password("ANA@example.org", NEW_PASSWORD, now=MONDAY)

    with pytest.raises(Unauthorized):
        await sessions.identify(made.token, now=MONDAY)
    assert (await login(password=NEW_PASSWORD)).user.id == made.user.id


async def test_a_reset_for_nobody_is_refused(database):
    with pytest.raises(NotFound):
        await service_passwords.reset_password("nobody@example.org", NEW_PASSWORD, now=MONDAY)


async def test_an_invited_user_joins_the_household_of_the_inviter(by_invitation):
    ana = await register()

    ben = await service.create_user(
        registration("ben@example.org"), household_of="ANA@example.org", is_admin=False, now=MONDAY
    )

    assert (ben.household_id, ben.household_role) == (ana.user.household_id, "member")


async def test_a_user_made_on_the_box_can_be_admin(database):
    await register()

    made = await service.create_user(
        registration("ben@example.org"), household_of=None, is_admin=True, now=MONDAY
    )

    assert made.server_role == "admin"


async def test_nobody_joins_the_household_of_nobody(database):
    with pytest.raises(NotFound):
        await service.create_user(
            registration(), household_of="nobody@example.org", is_admin=False, now=MONDAY
        )


async def test_a_failing_step_of_a_higher_feature_takes_the_user_back(database, monkeypatch):
    async def fail(scope, now):
        raise RuntimeError

    monkeypatch.setattr(service, "new_user_steps", [fail])

    with pytest.raises(RuntimeError):
        await register()

    assert await db.fetch_value("SELECT count(*) FROM users") == 0


async def test_the_audit_trail_names_registration_and_sign_in(database):
    made = await register()

    rows = await db.fetch("SELECT action FROM audit_entries ORDER BY sequence")
    assert [row["action"] for row in rows] == ["user.created", "user.signed_in"]
    assert (await service_verify.verify_chain(made.user.household_id)).flaw is None


async def test_a_token_expires_as_the_settings_say(database):
    made = await register()

    assert made.expires_at == MONDAY + timedelta(days=7)
