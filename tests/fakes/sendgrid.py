"""A fake SendGrid for the real SDK: mail/send, scopes, signed events.

Run it by itself: `python -m tests.fakes.sendgrid --port 4020 --ledger mail.jsonl --drop 0.05`.
"""

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.fakes.command import run
from tests.fakes.http import Reply, Request, as_json
from tests.fakes.ledger import Entry
from tests.fakes.providing import Clock, ProviderFake
from tests.fakes.script import Behaviour
from tests.fakes.signing import SendGridKey

KEY = "SG.key-of-the-tests"
JSON = {"Content-Type": "application/json"}


class SendGridFake(ProviderFake):
    """SendGrid's API as far as CatchUp uses it.

    `webhook`: where events go, signed by `key`; `events`: which, for each mail, in this order.
    """

    def __init__(
        self,
        ledger: Path,
        *,
        port: int = 0,
        seed: int = 1,
        clock: Clock = time.time,
        webhook: str | None = None,
        key: SendGridKey | None = None,
        events: tuple[str, ...] = ("processed", "delivered"),
    ) -> None:
        super().__init__(ledger, port=port, seed=seed, clock=clock)
        self.webhook = webhook
        self.key = key or SendGridKey()
        self.events = events
        self.scopes = ["mail.send"]
        self.bodies: list[dict[str, Any]] = []

    async def answer(self, request: Request) -> Reply:
        """Answer one request of the SDK."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _errors(401, "The provided authorization grant is invalid")
        if (request.method, request.path) == ("POST", "/v3/mail/send"):
            return await self._send(json.loads(request.body))
        if request.path == "/v3/scopes":
            return as_json(200, {"scopes": self.scopes})
        return _errors(404, "not found")

    def refused(self, behaviour: Behaviour) -> Reply:
        """Say it in SendGrid's words."""
        statuses = {"throttle": 429, "error": 500, "unavailable": 503}
        status = statuses.get(behaviour.kind, behaviour.code or 400)
        more = {}
        if behaviour.retry_after:
            more["X_RateLimit_Reset"] = str(int(self.clock() + float(behaviour.retry_after)))
        return _errors(status, behaviour.kind, **more)

    async def call_events(self, events: list[dict[str, Any]]) -> int | None:
        """Post signed events to the webhook; return its status."""
        assert self.webhook is not None
        body = json.dumps(events).encode()
        signed = self.key.headers(body, str(int(self.clock())))
        return await self.post(self.webhook, body, JSON | signed)

    async def _send(self, body: dict[str, Any]) -> Reply:
        if problem := _problem(body):
            return _errors(400, problem)
        to = body["personalizations"][0]["to"][0]["email"]
        sent_id = uuid4().hex[:22]
        about = body.get("custom_args", {}).get("catchup_message")
        text = body["content"][0]["value"]
        entry = Entry("sendgrid", sent_id, to, text, about, self.clock())
        success = Reply(202, b"", {"X-Message-Id": sent_id})
        reply, is_taken = await self.take(entry, success)
        if is_taken:
            self.bodies.append(body)
            if self.webhook:
                self.later(self._call_back(body, to, sent_id))
        return reply

    async def _call_back(self, body: dict[str, Any], to: str, sent_id: str) -> None:
        for event in self.events:
            told = {
                "email": to,
                "timestamp": int(self.clock()),
                "event": event,
                "sg_event_id": uuid4().hex,
                "sg_message_id": f"{sent_id}.recvd-0.0",
                **body.get("custom_args", {}),
            }
            await self.call_events([told])


def _problem(body: dict[str, Any]) -> str | None:
    kinds = [part["type"] for part in body.get("content", [])]
    if kinds not in (["text/plain"], ["text/plain", "text/html"]):
        return "text/plain has to come first"
    if not all(part["value"] for part in body["content"]) or not body.get("subject"):
        return "content and subject must not be empty"
    addresses = [body["from"]["email"], body["personalizations"][0]["to"][0]["email"]]
    if not all(address.isascii() and address.count("@") == 1 for address in addresses):
        return "Does not contain a valid address."
    return None


def _errors(status: int, words: str, **headers: str) -> Reply:
    return as_json(status, {"errors": [{"message": words, "field": None, "help": None}]}, **headers)


if __name__ == "__main__":
    run(
        "SendGrid",
        lambda given: SendGridFake(
            given.ledger,
            port=given.port,
            seed=given.seed,
            webhook=given.webhook,
            key=SendGridKey(given.key.read_bytes()) if given.key else None,
        ),
    )
