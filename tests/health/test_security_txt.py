"""Whom to tell of a weakness (RFC 9116)."""

from datetime import timedelta

import pytest

from server.config import SettingsError, load
from server.health.security_txt import security_txt
from server.lib.clock import utc_now
from tests.times import MONDAY

URL = "https://catchup.example.org"


def fields(contact=None, *, now=MONDAY):
    text = security_txt(contact=contact, base_url=URL, now=now)
    lines = text.split("\r\n")
    assert lines.pop() == ""
    return dict(line.split(": ", 1) for line in lines)


def test_it_has_what_the_rfc_asks_for():
    assert fields("mailto:ana@example.org") == {
        "Contact": "mailto:ana@example.org",
        "Expires": "2026-08-29T00:00:00Z",
        "Preferred-Languages": "en",
        "Canonical": f"{URL}/.well-known/security.txt",
    }


@pytest.mark.parametrize("days", [0, 400, 4000])
def test_it_never_runs_out_and_is_good_for_less_than_a_year(days):
    now = MONDAY + timedelta(days=days)

    expires = fields(now=now)["Expires"]
    assert f"{now + timedelta(days=170):%Y-%m-%d}" < expires[:10]
    assert expires[:10] < f"{now + timedelta(days=365):%Y-%m-%d}"


def test_without_a_setting_it_names_the_hosts_own_mailbox():
    assert fields()["Contact"] == "mailto:security@catchup.example.org"


async def test_everybody_may_read_it_at_its_place(client):
    reply = await client.get("/.well-known/security.txt")

    assert (reply.status_code, reply.mimetype) == (200, "text/plain")
    assert f"Expires: {utc_now().year}" in (await reply.get_data(as_text=True)) or (
        f"Expires: {utc_now().year + 1}" in (await reply.get_data(as_text=True))
    )


@pytest.mark.parametrize("contact", ["ana@example.org", "http://example.org", "mailto:", "x\r\ny"])
def test_a_contact_is_an_address_that_the_rfc_takes(set_env, contact):
    set_env(SECURITY_CONTACT=contact)

    with pytest.raises(SettingsError, match="SECURITY_CONTACT"):
        load()
