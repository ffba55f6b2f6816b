import pytest

from server.errors import Unauthorized
from server.users import passwords, service, service_passwords
from server.users.schemas import LoginIn
from server.users.sessions import Device
from tests.factories import PASSWORD
from tests.times import MONDAY


async def test_password_reset_while_another_sign_in_is_checked_wins(member, monkeypatch):
    real = passwords.check_password

    async def slow(password_hash, password):
        fits = await real(password_hash, password)
        await service_passwords.reset_password(member.email, "a whole new passphrase", now=MONDAY)
        return fits

    monkeypatch.setattr(passwords, "check_password", slow)

    with pytest.raises(Unauthorized) as refused:
        await service.login(LoginIn(email=member.email, password=PASSWORD), Device(), now=MONDAY)
    assert refused.value.code == "login_failed"
