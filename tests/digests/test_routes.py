import base64
from urllib.parse import urlsplit

import pytest

from server import config
from server.digests import unsubscribe, unsubscribe_page
from server.keys import macs
from server.lib.languages.known import KNOWN
from server.messages import opt_outs
from tests.digests.test_letters import tags_of


@pytest.fixture
async def address(member):
    return f"/unsubscribe/{await unsubscribe.token_of(member.scope)}"


async def is_stopped(member):
    return await opt_outs.is_stopped(member.scope, "email")


async def test_a_mail_names_the_address_of_this_server(member, address, monkeypatch):
    assert await unsubscribe.url_of(member.scope) is None

    monkeypatch.setenv("PUBLIC_URL", "https://catchup.example")
    config.settings.cache_clear()

    assert await unsubscribe.url_of(member.scope) == f"https://catchup.example{address}"


async def test_opening_it_asks_and_changes_nothing(client, member, address):
    reply = await client.get(address)

    assert reply.status_code == 200
    assert reply.content_type == "text/html; charset=utf-8"
    page = await reply.get_data(as_text=True)
    assert "Shall CatchUp stop sending e-mails" in page
    assert ("form", {"method": "post", "action": address}) in tags_of(page)
    assert not await is_stopped(member)


async def test_the_one_click_of_a_mail_program_stops_mails(client, member, address):
    """RFC 8058: a POST with this body, no cookie and nothing else."""
    reply = await client.post(address, form={"List-Unsubscribe": "One-Click"})

    assert reply.status_code == 200
    assert await is_stopped(member)
    assert not await opt_outs.is_stopped(member.scope, "sms")


async def test_a_second_click_is_as_good_as_the_first(client, member, address):
    for _ in range(2):
        assert (await client.post(address)).status_code == 200

    assert await is_stopped(member)
    assert "no more e-mails" in await (await client.get(address)).get_data(as_text=True)


async def test_it_can_be_taken_back(client, member, address):
    await client.post(address)

    page = await (await client.get(address)).get_data(as_text=True)
    assert ("form", {"method": "post", "action": f"{address}/undo"}) in tags_of(page)
    assert (await client.post(f"{address}/undo")).status_code == 200

    assert not await is_stopped(member)


async def test_nobody_else_is_unsubscribed(client, member, stranger, address):
    await client.post(address)

    assert not await is_stopped(stranger)


async def test_the_page_needs_no_script_and_says_so_to_the_browser(client, address):
    reply = await client.get(address)

    page = await reply.get_data(as_text=True)
    assert not {tag for tag, _ in tags_of(page)} & {"script", "img", "link", "iframe"}
    policy = reply.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("language", KNOWN.values(), ids=lambda language: language.tag)
@pytest.mark.parametrize("is_stopped", [True, False])
def test_the_page_speaks_the_users_language(language, is_stopped):
    page = unsubscribe_page.page(language, is_stopped=is_stopped, token="x")

    assert f'<html lang="{language.tag}">' in page
    assert language.digest["page_title"] in page


def altered(token, at):
    raw = bytearray(base64.urlsafe_b64decode(token))
    raw[at] ^= 1
    return base64.urlsafe_b64encode(bytes(raw)).decode()


@pytest.mark.parametrize("at", [0, 15, 16, 29])
async def test_a_token_of_somebody_elses_making_is_not_found(client, member, address, at):
    forged = altered(urlsplit(address).path.rsplit("/", 1)[1], at)

    for call in (client.get, client.post):
        assert (await call(f"/unsubscribe/{forged}")).status_code == 404
    assert not await is_stopped(member)


@pytest.mark.parametrize(
    "token", ["x", "%00", "%F0%9F%A6%8A", "A" * 40, "A" * 41, "A" * 4000, "..", "====", "%ED%A0%80"]
)
async def test_what_is_no_token_is_not_found(client, member, token):
    for call in (client.get, client.post):
        assert (await call(f"/unsubscribe/{token}")).status_code == 404


async def test_a_proof_for_another_use_is_none(client, member):
    mac = (await macs.mac(macs.Use.STATUS, str(member.scope.user_id)))[: unsubscribe.MAC_BYTES]
    token = base64.urlsafe_b64encode(member.scope.user_id.bytes + mac).decode()

    assert (await client.post(f"/unsubscribe/{token}")).status_code == 404
