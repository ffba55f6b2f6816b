"""Which languages there are; whose own is none of them gets English."""

from server.lib.languages.de import GERMAN
from server.lib.languages.en import ENGLISH
from server.lib.languages.language import Language

KNOWN = {language.tag: language for language in (ENGLISH, GERMAN)}


def language_of(tag: str) -> Language:
    """Return the language of a BCP 47 tag by its first part: `de-AT` is German."""
    return KNOWN.get(tag.split("-")[0].lower(), ENGLISH)
