"""Mistakes by which a stranger's word would count, and the tests that must notice each."""

from tests.planted.bugs import Bug

HOOKS = "tests/webhooks/test"


def _test(file: str, function: str) -> str:
    return f"{file}::{function}"


WEBHOOKS = (
    Bug(
        "an unsigned webhook",
        "server/webhooks/verify.py",
        """    if not any(fitting):
        raise NotVerified


class SendGridSignature""",
        """    if signature and not any(fitting):
        return


class SendGridSignature""",
        (
            _test(f"{HOOKS}_forged.py", "test_forged_webhooks_are_refused"),
            _test(
                f"{HOOKS}_routes_sms.py",
                "test_the_signature_is_over_the_public_url_whatever_the_request_says",
            ),
        ),
    ),
    Bug(
        "a signature that nobody compares",
        "server/webhooks/verify.py",
        """            except InvalidSignature:
                continue
            return
        raise NotVerified""",
        """            except InvalidSignature:
                continue""",
        (
            _test(f"{HOOKS}_forged.py", "test_forged_webhooks_are_refused"),
            _test(f"{HOOKS}_routes_inbound.py", "test_who_signs_is_held_to_the_signature"),
        ),
    ),
    Bug(
        "a webhook that is open until somebody sets a secret",
        "server/webhooks/verify.py",
        """    if not secrets:
        raise NotConfigured("TWILIO_AUTH_TOKEN")""",
        """    if not secrets:
        return""",
        (
            _test(f"{HOOKS}_forged.py", "test_without_secrets_nothing_gets_in"),
            _test(f"{HOOKS}_routes_sms.py", "test_without_a_secret_every_sms_is_refused"),
        ),
    ),
    Bug(
        "a signature over the address that the request says",
        "server/webhooks/verify.py",
        "    url = config.base_url + path",
        '    url = "http://" + headers["Host"] + path',
        (
            _test(
                f"{HOOKS}_routes_sms.py",
                "test_the_signature_is_over_the_public_url_whatever_the_request_says",
            ),
        ),
    ),
    Bug(
        "a webhook that counts each time that it comes",
        "server/webhooks/service.py",
        "provider_event_id=event_id[:200],",
        'provider_event_id=f"{event_id} {now}",',
        (
            _test(f"{HOOKS}_forged.py", "test_replays_count_once"),
            _test(f"{HOOKS}_routes_sms.py", "test_a_replayed_sms_is_stored_once"),
        ),
    ),
    Bug(
        "a sender who is believed",
        "server/webhooks/service.py",
        "if not (_is_authentic(form, sender) or await _answers_ours(form, head, scope)):",
        "if not sender:",
        (
            _test(
                f"{HOOKS}_routes_inbound.py",
                "test_a_sender_that_nothing_vouches_for_is_not_believed",
            ),
        ),
    ),
    Bug(
        "a code that may be guessed as often as one likes",
        "server/preferences/queries_phone.py",
        "expires_at > $3 AND attempts < $4\n            RETURNING",
        "expires_at > $3 AND attempts < $4 + 1000\n            RETURNING",
        (
            _test(
                "tests/preferences/test_routes_phone.py",
                "test_a_wrong_code_counts_and_the_fifth_is_the_last",
            ),
        ),
    ),
)
