"""Whether a mail is from whom its From line says, and written by a person; pure (ADR 0028)."""

import re
from collections.abc import Sequence
from email.utils import getaddresses

_DKIM = re.compile(r"@([a-z0-9.-]+)\s*:\s*([a-z]+)")
_NAME_AND_ADDRESS = re.compile(r"([^<>\"\r\n]*)<([^<>\s]+)>\s*")
_MACHINES = frozenset({"auto_reply", "bulk", "junk", "list"})


def only_address(line: str) -> str | None:
    """Return the address of a From line that has exactly one, else None.

    SendGrid decodes the line: a name may bring a comma that no quotation marks keep together.
    """
    found = getaddresses([line])
    address = found[0][1] if len(found) == 1 else ""
    named = _NAME_AND_ADDRESS.fullmatch(line)
    if not address and named and ("@" not in named[1] or named[1].strip() == named[2]):
        address = named[2]
    return address if address.count("@") == 1 and not re.search(r"[\s,;<>]", address) else None


def is_authentic(address: str, *, spf: str, envelope_from: str, dkim: str) -> bool:
    """Say whether the domain of `address` stands by this mail, as DMARC would have it.

    A DKIM signature that passed (`{@example.org : pass}`), or the SPF of the envelope's sender,
    counts when its domain is the address's own, or one is below the other (RFC 7489, 3.1).
    """
    domain = _domain(address)
    signed = [name for name, verdict in _DKIM.findall(dkim.lower()) if verdict == "pass"]
    if spf.strip().lower() == "pass":
        signed.append(_domain(envelope_from))
    return any(_is_aligned(domain, name) for name in signed)


def is_automatic(
    *, auto_submitted: str, precedence: str, auto_response: str, envelope_from: str | None
) -> bool:
    """Say whether a machine wrote it: an answer to it could go on for ever (RFC 3834).

    `envelope_from` is empty of a bounce, and None where nobody says.
    """
    is_submitted = auto_submitted.strip().lower().partition(";")[0].strip() not in ("", "no")
    is_bounce = envelope_from is not None and envelope_from.strip("<> ") == ""
    return (
        is_submitted
        or is_bounce
        or bool(auto_response.strip())
        or precedence.strip().lower() in _MACHINES
    )


def tokens_in(addresses: Sequence[str], mailbox: str | None) -> list[str]:
    """Return what stands after the + of our inbound mailbox in any of these addresses."""
    if mailbox is None:
        return []
    local, _, domain = mailbox.partition("@")
    wanted = re.compile(rf"{re.escape(local)}\+([a-z2-7]+)@{re.escape(domain)}")
    found = (wanted.fullmatch(address.strip().lower()) for address in addresses)
    return [match[1] for match in found if match]


def _domain(address: str) -> str:
    return address.strip("<> ").rpartition("@")[2].lower().rstrip(".")


def _is_aligned(domain: str, other: str) -> bool:
    if "." not in domain or "." not in other:
        return False
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")
