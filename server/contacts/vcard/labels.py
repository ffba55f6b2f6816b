"""Labels beyond the types of vCard: Apple's X-ABLabel, and the services of social handles.

Source: the address books of Apple and Google; RFC 6350, 6.4.3 (IMPP); RFC 9554, 3.3.
"""

import re

from server.contacts.vcard.card import Params
from server.contacts.vcard.limits import MAX_LABEL_CHARS
from server.contacts.vcard.params import LABEL_TYPES, values_of
from server.contacts.vcard.values import escape, one_line

SOCIAL_PROPERTIES = {
    "X-SOCIALPROFILE": "",
    "SOCIALPROFILE": "",
    "IMPP": "",
    "X-AIM": "aim",
    "X-FACEBOOK": "facebook",
    "X-GADUGADU": "gadu-gadu",
    "X-GADU-GADU": "gadu-gadu",
    "X-GOOGLE-TALK": "google-talk",
    "X-GROUPWISE": "groupwise",
    "X-GTALK": "google-talk",
    "X-ICQ": "icq",
    "X-INSTAGRAM": "instagram",
    "X-JABBER": "jabber",
    "X-LINKEDIN": "linkedin",
    "X-MASTODON": "mastodon",
    "X-MATRIX": "matrix",
    "X-MS-IMADDRESS": "im",
    "X-MSN": "msn",
    "X-QQ": "qq",
    "X-SIGNAL": "signal",
    "X-SIP": "sip",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-TELEGRAM": "telegram",
    "X-TWITTER": "twitter",
    "X-WHATSAPP": "whatsapp",
    "X-YAHOO": "yahoo",
}
"""Properties that hold a social handle, and the service that the name of the property says."""

_APPLE = re.compile(r"_\$!<(.+)>!\$_")
_FAMILY = {"Brother", "Child", "Daughter", "Father", "Mother", "Parent", "Sister", "Son", "Spouse"}
_OTHERS = {"Anniversary", "Assistant", "Birthday", "Friend", "Manager", "Partner"}
_APPLE_WORDS = _FAMILY | _OTHERS | {"HomeFAX", "HomePage", "OtherFAX", "WorkFAX"}
"""Words that Apple's programs translate for the user when they stand in their brackets."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


def read_label(text: str) -> str:
    """Return the label of an X-ABLabel, `_$!<Home>!$_` unwrapped; empty if it is too long."""
    if found := _APPLE.fullmatch(text):
        text = found[1].strip()
    if len(text) > MAX_LABEL_CHARS:
        return ""
    return text.lower() if text.lower() in LABEL_TYPES else text


def write_label(label: str) -> str:
    """Return the text of an X-ABLabel, wrapped where Apple knows the word."""
    return f"_$!<{label}>!$_" if label in _APPLE_WORDS else label


def service_of(written_as: str, value: str, params: Params) -> str:
    """Return the label of a social handle that has no type: the service, if it can be told."""
    for name in ("SERVICE-TYPE", "X-SERVICE-TYPE"):
        if values := values_of(params, name):
            service = one_line(escape(values[0])).lower()
            return service if len(service) <= MAX_LABEL_CHARS else ""
    if service := SOCIAL_PROPERTIES.get(written_as, ""):
        return service
    found = _SCHEME.match(value) if written_as == "IMPP" else None
    return found[1].lower()[:MAX_LABEL_CHARS] if found else ""
