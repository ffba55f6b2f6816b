"""A look at a Twilio account, as the channel would use it; nothing is sent and nothing changed."""

from server.integrations import calls
from server.integrations.findings import Finding, fail, ok
from server.integrations.twilio.channel import TwilioChannel

_WRONG_LOGIN = (401, 403)
_NOT_FOUND = 404


async def probe(
    channel: TwilioChannel,
    *,
    account_sid: str,
    number: str | None,
    service_sid: str | None,
    inbound_url: str | None,
) -> list[Finding]:
    """Look at account and sender. `inbound_url`: where replies have to come, None where nowhere."""
    import aiohttp
    from twilio.base.exceptions import TwilioException

    with calls.calling() as call:
        try:
            found = [await _account(channel, account_sid)]
            if service_sid:
                found += await _service(channel, service_sid, inbound_url)
            elif number:
                found += await _number(channel, number, inbound_url)
        except TwilioException:
            return [_refused(call.reply.status if call.reply else 0)]
        except (aiohttp.ClientError, OSError) as error:
            fix = "look at the machine's way out, and at TWILIO_BASE_URL if that is set"
            return [fail(f"Twilio does not answer ({type(error).__name__})", fix)]
        except (ValueError, TypeError, KeyError, AttributeError):
            return [fail("what answers is not Twilio", "look at TWILIO_BASE_URL")]
    return found


async def _account(channel: TwilioChannel, account_sid: str) -> Finding:
    account = await channel.client().api.v2010.accounts(account_sid).fetch_async()
    if account.status != "active":
        return fail(f"the account is {account.status}", "look at Twilio's console")
    if account.type == "Trial":
        detail = "it is a trial account, which sends to verified numbers only"
        return Finding("warn", detail, "upgrade it in Twilio's console")
    return ok("the account is active")


async def _number(channel: TwilioChannel, number: str, inbound_url: str | None) -> list[Finding]:
    if not number.startswith("+"):
        return [ok(f"the short code {number} is not looked up")]
    numbers = await channel.client().incoming_phone_numbers.list_async(phone_number=number, limit=1)
    if not numbers:
        fix = "set TWILIO_PHONE_NUMBER to one that Twilio's console lists"
        return [fail(f"{number} is no number of this account", fix)]
    if not (numbers[0].capabilities or {}).get("sms"):
        return [fail(f"{number} cannot send SMS", "choose another TWILIO_PHONE_NUMBER")]
    return [ok(f"{number} sends SMS"), *_inbound(numbers[0].sms_url, inbound_url)]


async def _service(
    channel: TwilioChannel, service_sid: str, inbound_url: str | None
) -> list[Finding]:
    service = await channel.client().messaging.v1.services(service_sid).fetch_async()
    found = [ok("the messaging service is there")]
    if service.use_inbound_webhook_on_number:
        return found  # each number has its own
    return found + _inbound(service.inbound_request_url, inbound_url)


def _inbound(url: str | None, expected: str | None) -> list[Finding]:
    if expected is None:
        return []
    if url == expected:
        return [ok("replies come here")]
    fix = f"in Twilio's console let a message that comes in go to {expected} (HTTP POST)"
    return [Finding("warn", "replies by SMS do not come here", fix)]


def _refused(status: int) -> Finding:
    if status in _WRONG_LOGIN:
        detail = "Twilio refuses TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        return fail(detail, "copy both from Twilio's console; they belong together")
    if status == _NOT_FOUND:
        detail = "Twilio knows no such account or messaging service"
        return fail(detail, "look at TWILIO_ACCOUNT_SID and TWILIO_MESSAGING_SERVICE_SID")
    return fail(f"Twilio answers {status}", "try again; look at Twilio's status page")
