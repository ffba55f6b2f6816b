from datetime import timedelta

import pytest

from tests.tui.fake_server import FakeServer, Reply, problem
from tests.tui.pilot import NOW
from tui.connect.url import UrlAccess
from tui.errors import ConnectFailed


def signed_in(number: int) -> dict[str, object]:
    return {
        "user": {"email": "ana@example.org"},
        "token": f"t{number}",
        "refresh_token": f"r{number}",
        "expires_at": (NOW + timedelta(hours=1)).isoformat(),
    }


class Admin:
    """Answers what it is asked, and remembers the questions."""

    def __init__(self, *answers: list[str] | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, title, questions):
        del title
        self.asked += [question.label for question in questions]
        return self.answers.pop(0)


@pytest.fixture
def signing(server: FakeServer) -> FakeServer:
    challenge = Reply(202, {"challenge": "c", "expires_at": NOW.isoformat()})
    server.on("/api/auth/login", challenge, method="POST")
    server.on("/api/auth/mfa/verify", signed_in(1), method="POST")
    server.on("/api/auth/refresh", signed_in(2), method="POST")
    until = {"proven_until": (NOW + timedelta(minutes=10)).isoformat()}
    server.on("/api/auth/mfa/step-up", until, method="POST")
    return server


async def test_signing_in_asks_for_the_second_factor(signing):
    admin = Admin(["ana@example.org", "pw"], ["123456"])

    lease = await UrlAccess(signing.url).open(admin)

    assert (lease.token, lease.elevated_until) == ("t1", None)
    assert [one.body for one in signing.writes] == [
        {"email": "ana@example.org", "password": "pw"},
        {"challenge": "c", "code": "123456"},
    ]


async def test_a_remembered_address_is_not_asked_for(signing):
    admin = Admin(["pw"], ["123456"])

    await UrlAccess(signing.url, email="ana@example.org").open(admin)

    assert admin.asked[0] == "Password"


async def test_acting_wants_a_fresh_code(signing):
    access, admin = UrlAccess(signing.url), Admin(["ana", "pw"], ["1"], ["654321"])
    lease = await access.open(admin)

    stronger = await access.elevate(lease, admin)

    assert stronger is not None
    assert stronger.elevated_until == NOW + timedelta(minutes=10)
    assert signing.writes[-1].body == {"code": "654321"}
    assert signing.writes[-1].headers["authorization"] == "Bearer t1"


async def test_who_would_rather_not_stays_a_reader(signing):
    access, admin = UrlAccess(signing.url), Admin(["ana", "pw"], ["1"], None)

    assert await access.elevate(await access.open(admin), admin) is None


async def test_a_token_is_renewed_without_a_question(signing):
    access, admin = UrlAccess(signing.url), Admin(["ana", "pw"], ["1"])
    lease = await access.open(admin)

    assert (await access.renew(lease, admin)).token == "t2"


async def test_a_refresh_token_that_is_worth_nothing_means_signing_in_again(signing):
    access, admin = UrlAccess(signing.url), Admin(["ana", "pw"], ["1"], ["pw"], ["2"])
    lease = await access.open(admin)
    signing.on("/api/auth/refresh", problem(401, "unauthorized", "Ended."), method="POST")

    assert (await access.renew(lease, admin)).token == "t1"


async def test_a_wrong_password_is_said(signing):
    refusal = problem(401, "unauthorized", "E-mail or password is wrong.")
    signing.on("/api/auth/login", refusal, method="POST")

    with pytest.raises(ConnectFailed, match="E-mail or password is wrong"):
        await UrlAccess(signing.url).open(Admin(["ana", "pw"]))


async def test_a_server_that_does_not_answer_is_said(server):
    await server.stop()

    with pytest.raises(ConnectFailed, match="gave no answer"):
        await UrlAccess(server.url).open(Admin(["ana", "pw"]))


@pytest.mark.parametrize("url", ["catchup.example.org", "ftp://x", "https://"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConnectFailed, match="no address"):
        UrlAccess(url)


def test_a_password_does_not_go_over_plain_http():
    with pytest.raises(ConnectFailed, match="plain http"):
        UrlAccess("http://catchup.example.org")
