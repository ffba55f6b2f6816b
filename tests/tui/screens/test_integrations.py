import json
from datetime import timedelta
from uuid import UUID

import pytest

from server.admin.schemas_integrations import IntegrationOut, IntegrationsOut, IntegrationTestOut
from server.admin.schemas_overview import OverviewCheckOut
from tests.tui.fake_server import Asked, FakeServer, problem
from tests.tui.pilot import NOW, running, screen_text, settle, until
from tests.tui.snapshots import same_as_kept

MESSAGE = UUID(int=7)


def some() -> IntegrationsOut:
    rows = [
        ("sms", "twilio", "warn", "The last attempt at twilio failed (30007)."),
        ("email", None, "off", "E-mail is not set up: these messages do not leave."),
        ("storage", "file", "ok", "Photos are kept in a folder of this machine."),
    ]
    return IntegrationsOut(
        items=[
            IntegrationOut.model_validate(
                {
                    "name": name,
                    "provider": provider,
                    "is_configured": provider is not None,
                    "status": status,
                    "sentence": sentence,
                    "last_ok_at": NOW - timedelta(hours=3) if name == "sms" else None,
                    "last_error_at": NOW - timedelta(minutes=4) if name == "sms" else None,
                    "last_error_code": "30007" if name == "sms" else None,
                    "resting_until": None,
                    "last_webhook_at": NOW - timedelta(hours=2) if name == "sms" else None,
                    "variables": [f"{name.upper()}_VARIABLE"],
                }
            )
            for name, provider, status, sentence in rows
        ]
    )


def answer(asked: Asked) -> IntegrationTestOut:
    return IntegrationTestOut.model_validate(
        {
            "name": asked.path.split("/")[-2],
            "status": "warn",
            "checks": [
                OverviewCheckOut(
                    name="twilio", status="ok", reason=None, detail="answers in 84 ms", fix=None
                ),
                OverviewCheckOut(
                    name="callbacks",
                    status="warn",
                    reason="old",
                    detail="nothing heard \x1b[31m[bold]since yesterday",
                    fix="look at the webhook's address",
                ),
            ],
            "message_id": MESSAGE if asked.body["send"] else None,
        }
    )


def serve(server: FakeServer) -> None:
    server.on("/integrations", some())
    server.on("/integrations/*/test", answer, method="POST")


@pytest.fixture
def listing(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    serve(server)
    return server


async def press(pilot, *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def test_each_service_says_how_it_is(listing):
    async with running(listing, section="integrations") as pilot:
        assert "▲ warn sms" in screen_text(pilot)
        assert "○ off  email" in screen_text(pilot)
        assert "● ok   storage" in screen_text(pilot)
        assert not listing.writes


async def test_a_filter_narrows_the_list(listing):
    async with running(listing, section="integrations") as pilot:
        await press(pilot, "slash", *"status:off", "enter")

        assert "○ off  email" in screen_text(pilot)
        assert "twilio" not in screen_text(pilot)


async def test_a_test_asks_the_provider_and_sends_nothing(listing):
    async with running(listing, section="integrations") as pilot:
        await press(pilot, "ctrl+t")
        await until(pilot, lambda: "▲ warn just now" in screen_text(pilot))

        assert [one.body for one in listing.writes] == [{"send": False}]
        assert listing.writes[0].headers["authorization"] == "Bearer write"


async def test_what_the_test_found_stays_and_escapes_are_shown(listing, tmp_path):
    async with running(listing, section="integrations", theme="catchup") as pilot:
        await press(pilot, "ctrl+t")
        await until(pilot, lambda: "▲ warn just now" in screen_text(pilot))
        await press(pilot, "e")
        pilot.app.clear_notifications()
        await press(pilot, "enter")

        assert "nothing heard ␛[31m[bold]since yesterday" in screen_text(pilot)
        assert "look at the webhook's address" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)
        assert same_as_kept(pilot, "integrations-tested")

    (path,) = tmp_path.glob("catchup-integrations-*.json")
    first = json.loads(path.read_text())["items"][0]
    assert first["test"]["status"] == "warn"


async def test_a_real_message_is_announced_and_asked_for(listing):
    async with running(listing, section="integrations", theme="catchup") as pilot:
        await press(pilot, "ctrl+n")
        assert "An SMS leaves for you by twilio" in screen_text(pilot)
        assert same_as_kept(pilot, "integrations-send")
        assert not listing.writes

        await press(pilot, "tab", "enter")
        await until(pilot, lambda: str(MESSAGE) in screen_text(pilot))

        assert [one.body for one in listing.writes] == [{"send": True}]


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_who_does_not_say_so_sends_nothing(listing, key):
    async with running(listing, section="integrations") as pilot:
        await press(pilot, "ctrl+n", key)

        assert not listing.writes


@pytest.mark.parametrize("downs", [1, 2])
async def test_what_cannot_send_is_not_offered_to(listing, downs):
    async with running(listing, section="integrations") as pilot:
        await press(pilot, *["down"] * downs, "ctrl+n")

        assert "That does not apply here." in screen_text(pilot)
        assert not listing.writes


async def test_why_nothing_was_sent_is_said(listing):
    refused = problem(409, "no_channel", "An SMS does not reach you: verify your phone first.")
    listing.on("/integrations/*/test", refused, method="POST")
    async with running(listing, section="integrations") as pilot:
        await press(pilot, "ctrl+n", "tab", "enter")
        await until(pilot, lambda: "An SMS does not" in screen_text(pilot))
