"""The comparison itself: it agrees with right facts and finds each wrong one."""

import json

import pytest

from server.webhooks import verify
from tests.conformance import webhooks
from tests.fakes.signing import SendGridKey
from tests.webhooks.signing import MULTIPART, multipart

URL = "https://catchup.example.org/api/webhooks/sms?x=1"
TOKEN = "secret-of-the-tests"
EVENT = {"event": "bounce", "timestamp": 1_772_388_000, "sg_message_id": "abc.recvd-1-2-3.0"}


@pytest.fixture
def data(tmp_path):
    """Facts that are right."""
    from twilio.request_validator import RequestValidator

    params = {"From": "+14155550123", "Body": "1 yes"}
    signature = RequestValidator(TOKEN).compute_signature(URL, params)
    vector = {"name": "v", "auth_token": TOKEN, "url": URL, "params": list(params.items())}
    key = SendGridKey()
    signed = key.headers(b"[]", "1772388000")
    write(tmp_path, "twilio/signature_vectors.json", [
        {**vector, "body": None, "signature": signature, "valid": True},
        {**vector, "body": None, "signature": "x", "valid": False},
    ])  # fmt: skip
    write(tmp_path, "twilio/forms/expected.json", {"a.txt": {"Body": "1 yes"}})
    (tmp_path / "webhooks/twilio/forms/a.txt").write_text("From=%2B1&Body=1+yes\n")
    write(tmp_path, "sendgrid/events.json", [EVENT, {**EVENT, "event": "group_resubscribe"}])
    write(tmp_path, "sendgrid/signed_event.json", {
        "public_key": key.public,
        "timestamp": "1772388000",
        "signature": signed[verify.SENDGRID_SIGNATURE],
        "payload": "[]",
    })  # fmt: skip
    mail = {"content_type": MULTIPART, "from": "ana@example.org", "text": "1 yes"}
    write(tmp_path, "sendgrid/inbound/expected.json", {"a.txt": mail})
    body = multipart({"from": "Ana <ana@example.org>", "text": "1 yes"})
    (tmp_path / "webhooks/sendgrid/inbound/a.txt").write_bytes(body)
    return tmp_path


def write(folder, name, facts):
    file = folder / "webhooks" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts))


async def test_right_facts_are_agreed_with(data, client):
    assert await webhooks.check(data, client) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("twilio/signature_vectors.json", "true", "false"),
        ("twilio/signature_vectors.json", "false", "true"),
        ("twilio/forms/expected.json", "1 yes", "2 yes"),
        ("sendgrid/signed_event.json", "[]", "[ ]"),
        ("sendgrid/inbound/expected.json", "ana@", "eve@"),
        ("sendgrid/inbound/expected.json", "1 yes", "2 yes"),
        ("sendgrid/events.json", "1772388000", "0"),
    ],
)
async def test_a_wrong_fact_is_found(data, client, name, old, new):
    file = data / "webhooks" / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))

    (problem, *_) = await webhooks.check(data, client)
    assert problem.startswith(name)
