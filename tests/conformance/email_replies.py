"""Mails that people answered, checked against what we take for their reply.

A folder `email_replies` holds expected.json, {path: {reply, reply_contains, reply_lacks,
reply_starts, quoted_contains, seconds_at_most, …}}, and `talon/signature/NAME_body.txt` with its
`_sender` and `_signature`.
"""

import email
import email.policy
import json
import time
from pathlib import Path
from typing import Any

from quart.typing import TestClientProtocol

from server.replies.strip import strip
from tests.conformance.say import say

_LATEST_S = 2.0
_DEVICE = "\n\nSent from my iPhone"


async def check(data: Path, _client: TestClientProtocol) -> list[str]:
    """Return a sentence for every mail under `data`/email_replies that we read otherwise."""
    folder = data / "email_replies"
    expected = json.loads((folder / "expected.json").read_text())
    problems = []
    for name, facts in expected.items():
        problems += [f"{name}: {problem}" for problem in _compare(folder / name, facts)]
    bodies = sorted(folder.glob("talon/signature/*_body*"))
    for body in bodies:
        problems += _signature(body)
    say(f"email_replies: {len(expected)} mails, {len(bodies)} signatures")
    return problems


def _compare(path: Path, facts: dict[str, Any]) -> list[str]:
    started = time.process_time()
    reply = strip(_body(path))
    took_s = time.process_time() - started
    whole = facts.get("reply", facts.get("reply_of_the_plain_part"))
    problems = []
    # We take signatures off, too.
    if whole is not None and reply != whole.removesuffix(_DEVICE):
        problems.append(f"{reply[:80]!r}, not {whole[:80]!r}")
    if "reply_text_ignoring_blanks" in facts:
        wanted = facts["reply_text_ignoring_blanks"].split()
        if reply.split() != wanted:
            problems.append(f"{reply[:80]!r}, not {' '.join(wanted)!r}")
    if not reply.startswith(facts.get("reply_starts", "")):
        problems.append(f"begins with {reply[:40]!r}")
    problems += [f"lacks {text!r}" for text in facts.get("reply_contains", ()) if text not in reply]
    lacking = [*facts.get("reply_lacks", ()), *facts.get("quoted_contains", ())]
    problems += [f"still has {text!r}" for text in lacking if text in reply]
    if facts.get("one_fragment") and reply.split() != _body(path).split():
        problems.append(f"something of it went: {reply[:80]!r}")
    if took_s > facts.get("seconds_at_most", _LATEST_S):
        problems.append(f"took {took_s:.1f} s")
    return problems


def _signature(body: Path) -> list[str]:
    def beside(part: str) -> str:
        return body.with_name(body.name.replace("_body", f"_{part}")).read_text().strip()

    text, signature = body.read_text().strip(), beside("signature")
    wanted = text.removesuffix(signature)
    reply = strip(text, sender=beside("sender"))
    if reply.split() == wanted.split():
        return []
    return [f"{body.name}: ends with {reply[-60:]!r}, not {wanted[-60:]!r}"]


def _body(path: Path) -> str:
    raw = path.read_bytes()
    if path.suffix != ".eml":
        return raw.decode("utf-8", "replace")
    part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain", "html"))
    return part.get_content() if part is not None else ""
