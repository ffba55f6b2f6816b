"""The words of a reply and what each means.

A word counts as a whole word only, folded as searches fold it: no case, no accents. All
languages count for everybody: people answer in the language they think in. Where two disagree,
`PHRASES` settles what is common, and a word that means opposite things stands nowhere.
"""

from enum import StrEnum

from server.lib.texts import search_key
from server.replies.languages import LANGUAGES


class Verb(StrEnum):
    """What may be said of a suggestion."""

    YES = "yes"
    NO = "no"
    LATER = "later"


# Several words that mean one thing, where their parts would say something else, or nothing.
PHRASES = {
    Verb.YES: ("ja tak", "tak ja", "ja tack", "ja takk", "de acuerdo", "va bene"),
    Verb.NO: ("nej tak", "tak nej", "not this one"),
    Verb.LATER: (
        "not now", "not today", "not yet", "some other time", "plus tard", "más tarde",
        "più tardi", "mais tarde", "nicht jetzt", "niet nu", "pas maintenant", "daha sonra",
        "ikke nå", "inte nu", "ikke nu", "не сейчас", "не зараз", "बाद में", "אחר כך", "今はいい",
    ),
}  # fmt: skip
UNDO_PHRASES = ("take back", "take it back", "ongedaan maken", "geri al", "rückgängig machen")
DAYS_PHRASES = {
    1: ("i morgon", "i morgen", "a day", "one day", "einen tag", "un jour", "un día", "un giorno"),
    7: (
        "a week", "one week", "next week", "eine woche", "einer woche", "nächste woche",
        "une semaine", "la semaine prochaine", "una semana", "la próxima semana",
        "una settimana", "uma semana", "een week", "volgende week",
    ),
}  # fmt: skip
THANKS_PHRASES = ("thank you", "thanks a lot", "many thanks", "vielen dank", "tak for det")

EMOJI = {
    "👍": Verb.YES, "✅": Verb.YES, "✔": Verb.YES, "☑": Verb.YES, "👌": Verb.YES, "🆗": Verb.YES,
    "👎": Verb.NO, "❌": Verb.NO, "✖": Verb.NO, "🚫": Verb.NO, "✗": Verb.NO,
    "⏰": Verb.LATER, "💤": Verb.LATER, "⏳": Verb.LATER,
}  # fmt: skip

# What carriers (CTIA's guidelines, and Twilio by itself) take for an end of all messages, when it
# is the whole message; with anything beside it is not one. Their French for Canada, too.
_STOP = "stop stopall unsubscribe cancel end quit revoke optout arret arretez stopp"
_START = "start unstop subscribe resume"


def _folded(words: str) -> frozenset[str]:
    return frozenset(search_key(word) for word in words.split())


def _every(part: str) -> frozenset[str]:
    """Return a part of all languages, folded."""
    return _folded(" ".join(getattr(language, part) for language in LANGUAGES.values()))


STOP = _folded(_STOP)
START = _folded(_START)
VERBS: dict[str, Verb] = {
    word: verb
    for verb, words in (
        (Verb.YES, _every("yes")),
        (Verb.NO, _every("no")),
        (Verb.LATER, _every("later")),
    )
    for word in words
}
ALL = _every("all")
LINKS = _every("link")
BUT = _folded(
    "but except excepting excluding außer ausser sauf excepto salvo menos tranne eccetto exceto"
    " behalve utom undtagen unntatt paitsi oprócz kromě hariç кроме крім εκτός"
)
SMALL = _every("small")
TOMORROW = _every("tomorrow")
UNITS: dict[str, int] = dict.fromkeys(_every("day"), 1) | dict.fromkeys(_every("week"), 7)
# "And" in one language, "yes" in another: between two numbers, beside verbs of the first, nobody
# can tell "1 and 2: no" from "1 yes, 2 no".
LINKING_VERBS: dict[str, frozenset[str]] = {
    word: _folded(f"{LANGUAGES[code].yes} {LANGUAGES[code].no} {LANGUAGES[code].later}") - {word}
    for word, code in (("y", "es"), ("ja", "fi"))
}
UNDO = _every("undo")
HELP = _every("help")
THANKS = _folded(
    "thanks thx ty danke merci gracias grazie obrigado obrigada bedankt dank dziękuję tack tak takk"
    " kiitos díky děkuji teşekkürler спасибо дякую ευχαριστώ ありがとう 谢谢 謝謝 감사합니다"
    " 고마워요 شكرا धन्यवाद תודה köszönöm cheers great perfect"
)
