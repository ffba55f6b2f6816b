"""The sentences of receipts, by language. In an SMS accents go that its 7-bit alphabet lacks.

`{code}`, `{name}`, `{when}` (a day and an hour) and `{day}` are filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.replies.results import Outcome, Said


@dataclass(frozen=True, slots=True)
class Texts:
    """One language: weekdays from Monday, how a date is written, and the sentences."""

    weekdays: tuple[str, ...]
    date: str
    subject: str
    footer: str
    lines: Mapping[Outcome, str]
    said: Mapping[Said, str]


EN = Texts(
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "{weekday} {day}/{month}",
    "Your answer",
    "Wrong? Reply undo.",
    {
        Outcome.YES: "{code} {name}: yes, {when}.",
        Outcome.NO: "{code} {name}: no.",
        Outcome.LATER: "{code} {name}: later, back {day}.",
        Outcome.MET: "{code} {name}: noted that you met.",
        Outcome.MISSED: "{code} {name}: noted that it did not happen.",
        Outcome.UNKNOWN: "{code}: nothing open has this number.",
        Outcome.ANSWERED: "{code} {name}: answered before, or over.",
        Outcome.TOO_EARLY: "{code} {name}: its time has not come yet.",
        Outcome.GONE: "{code} {name}: not needed any more.",
        Outcome.NO_TIME: "{code} {name}: no time is free; back {day}.",
        Outcome.UNCLEAR: "{code}: yes or no? Please say it again.",
        Outcome.DAYS: "{code}: later takes 1 to 31 days.",
        Outcome.YES_OR_NO: "{code} {name}: did it happen, yes or no?",
        Outcome.UNDONE: "{code} {name}: taken back.",
        Outcome.KEPT: "{code} {name}: too late to take back.",
    },
    {
        Said.WHICH: "Which one? Say its number, like: {code} yes",
        Said.NOTHING_OPEN: "Nothing is waiting for an answer.",
        Said.NOTHING_TO_UNDO: "There is nothing to take back.",
        Said.HELP: "CatchUp: {code} yes, {code} no, {code} later 5 (days). all yes, undo. stop: no"
        " more messages. Anything else is kept as a note.",
        Said.NOTE: "Kept as a note. Reply help for what I understand.",
        Said.UNCLEAR: "Not understood, nothing was done. Try: {code} yes. Or: help",
        Said.EMPTY: "Your reply came in empty. Try: {code} yes. Or: help",
        Said.STOPPED_SMS: "You get no more SMS from CatchUp. START brings them back.",
        Said.STOPPED_EMAIL: "You get no more e-mail from CatchUp but what your account needs."
        " Reply START to have it again.",
        Said.FAILED: "Your reply could not be handled, by a fault of ours: nothing was"
        " done. Please use the app.",
        Said.STARTED: "You get messages from CatchUp again. STOP ends them.",
    },
)
DE = Texts(
    ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "{weekday} {day}.{month}.",
    "Deine Antwort",
    "Falsch? Antworte: undo",
    {
        Outcome.YES: "{code} {name}: ja, {when}.",
        Outcome.NO: "{code} {name}: nein.",
        Outcome.LATER: "{code} {name}: später, wieder am {day}",
        Outcome.MET: "{code} {name}: notiert, getroffen.",
        Outcome.MISSED: "{code} {name}: notiert, hat nicht stattgefunden.",
        Outcome.UNKNOWN: "{code}: nichts Offenes hat diese Nummer.",
        Outcome.ANSWERED: "{code} {name}: schon beantwortet oder vorbei.",
        Outcome.TOO_EARLY: "{code} {name}: die Zeit dafür kommt noch.",
        Outcome.GONE: "{code} {name}: nicht mehr nötig.",
        Outcome.NO_TIME: "{code} {name}: keine Zeit frei; wieder am {day}.",
        Outcome.UNCLEAR: "{code}: ja oder nein? Bitte noch einmal.",
        Outcome.DAYS: "{code}: später geht von 1 bis 31 Tagen.",
        Outcome.YES_OR_NO: "{code} {name}: hat es stattgefunden, ja oder nein?",
        Outcome.UNDONE: "{code} {name}: zurückgenommen.",
        Outcome.KEPT: "{code} {name}: zu spät zum Zurücknehmen.",
    },
    {
        Said.WHICH: "Welche? Sag die Nummer, etwa: {code} ja",
        Said.NOTHING_OPEN: "Es wartet nichts auf eine Antwort.",
        Said.NOTHING_TO_UNDO: "Es gibt nichts zurückzunehmen.",
        Said.HELP: "CatchUp: {code} ja, {code} nein, {code} später 5 (Tage). alle ja, undo. stop:"
        " keine Nachrichten mehr. Anderes wird als Notiz aufgehoben.",
        Said.NOTE: "Als Notiz aufgehoben. Antworte hilfe für alles, was ich verstehe.",
        Said.UNCLEAR: "Nicht verstanden, nichts getan. Etwa so: {code} ja. Oder: hilfe",
        Said.EMPTY: "Deine Antwort kam leer an. Etwa so: {code} ja. Oder: hilfe",
        Said.STOPPED_SMS: "Du bekommst keine SMS mehr von CatchUp. START holt sie zurück.",
        Said.STOPPED_EMAIL: "Du bekommst keine E-Mails mehr von CatchUp, außer was dein Konto"
        " braucht. Antworte START für neue.",
        Said.FAILED: "Deine Antwort ging durch einen Fehler bei uns nicht: Es ist nichts"
        " geschehen. Bitte nimm die App.",
        Said.STARTED: "Du bekommst wieder Nachrichten von CatchUp. STOP beendet sie.",
    },
)
FR = Texts(
    ("lun", "mar", "mer", "jeu", "ven", "sam", "dim"),
    "{weekday} {day}/{month}",
    "Ta réponse",
    "Une erreur ? Réponds : undo",
    {
        Outcome.YES: "{code} {name} : oui, {when}.",
        Outcome.NO: "{code} {name} : non.",
        Outcome.LATER: "{code} {name} : plus tard, à nouveau {day}.",
        Outcome.MET: "{code} {name} : rencontre notée.",
        Outcome.MISSED: "{code} {name} : noté, sans rencontre.",
        Outcome.UNKNOWN: "{code} : rien d'ouvert sous ce numéro.",
        Outcome.ANSWERED: "{code} {name} : déjà répondu, ou passé.",
        Outcome.TOO_EARLY: "{code} {name} : ce n'est pas encore l'heure.",
        Outcome.GONE: "{code} {name} : plus nécessaire.",
        Outcome.NO_TIME: "{code} {name} : aucun moment libre ; à nouveau {day}.",
        Outcome.UNCLEAR: "{code} : oui ou non ? Redis-le.",
        Outcome.DAYS: "{code} : plus tard va de 1 à 31 jours.",
        Outcome.YES_OR_NO: "{code} {name} : a eu lieu, oui ou non ?",
        Outcome.UNDONE: "{code} {name} : annulé.",
        Outcome.KEPT: "{code} {name} : trop tard pour annuler.",
    },
    {
        Said.WHICH: "Lequel ? Donne son numéro, par exemple : {code} oui",
        Said.NOTHING_OPEN: "Rien n'attend de réponse.",
        Said.NOTHING_TO_UNDO: "Il n'y a rien à annuler.",
        Said.HELP: "CatchUp: {code} oui, {code} non, {code} plus tard 5 jours. tous oui, undo. stop"
        " : plus de messages. Le reste est gardé en note.",
        Said.NOTE: "Gardé en note. Réponds aide pour savoir ce que je comprends.",
        Said.UNCLEAR: "Pas compris, rien n'est fait. Par exemple : {code} oui. Ou : aide",
        Said.EMPTY: "Ta réponse est vide. Par exemple : {code} oui. Ou : aide",
        Said.STOPPED_SMS: "Plus de SMS de CatchUp. START les rétablit.",
        Said.STOPPED_EMAIL: "Plus d'e-mails de CatchUp, sauf pour ton compte. Réponds START pour"
        " en recevoir à nouveau.",
        Said.FAILED: "Ta réponse n'a pas pu être traitée, par notre faute : rien n'est"
        " fait. Utilise l'appli.",
        Said.STARTED: "Tu auras à nouveau des messages de CatchUp. STOP les arrête.",
    },
)
ES = Texts(
    ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "{weekday} {day}/{month}",
    "Tu respuesta",
    "¿Un error? Responde: undo",
    {
        Outcome.YES: "{code} {name}: sí, {when}.",
        Outcome.NO: "{code} {name}: no.",
        Outcome.LATER: "{code} {name}: luego, otra vez el {day}.",
        Outcome.MET: "{code} {name}: encuentro anotado.",
        Outcome.MISSED: "{code} {name}: anotado, no hubo encuentro.",
        Outcome.UNKNOWN: "{code}: nada abierto tiene ese número.",
        Outcome.ANSWERED: "{code} {name}: ya respondido, o pasado.",
        Outcome.TOO_EARLY: "{code} {name}: no es la hora todavía.",
        Outcome.GONE: "{code} {name}: ya no hace falta.",
        Outcome.NO_TIME: "{code} {name}: ningún hueco libre; otra vez el {day}.",
        Outcome.UNCLEAR: "{code}: ¿sí o no? Dilo otra vez.",
        Outcome.DAYS: "{code}: luego va de 1 a 31 días.",
        Outcome.YES_OR_NO: "{code} {name}: ¿tuvo lugar, sí o no?",
        Outcome.UNDONE: "{code} {name}: deshecho.",
        Outcome.KEPT: "{code} {name}: tarde para deshacer.",
    },
    {
        Said.WHICH: "¿Cuál? Di su número, por ejemplo: {code} sí",
        Said.NOTHING_OPEN: "Nada espera respuesta.",
        Said.NOTHING_TO_UNDO: "No hay nada que deshacer.",
        Said.HELP: "CatchUp: {code} sí, {code} no, {code} luego 5 días. todos sí, undo. stop: no"
        " más mensajes. Lo demás se guarda como nota.",
        Said.NOTE: "Guardado como nota. Responde ayuda para ver lo que entiendo.",
        Said.UNCLEAR: "No entendido, nada hecho. Por ejemplo: {code} sí. O: ayuda",
        Said.EMPTY: "Tu respuesta vino vacía. Por ejemplo: {code} sí. O: ayuda",
        Said.STOPPED_SMS: "Ya no recibes SMS de CatchUp. START los devuelve.",
        Said.STOPPED_EMAIL: "Ya no recibes correo de CatchUp, salvo lo que tu cuenta necesita."
        " Responde START para recibirlo.",
        Said.FAILED: "Tu respuesta no se pudo tratar por un fallo nuestro: nada hecho. Usa"
        " la app, por favor.",
        Said.STARTED: "Recibes de nuevo mensajes de CatchUp. STOP los termina.",
    },
)
LANGUAGES: Mapping[str, Texts] = {"en": EN, "de": DE, "fr": FR, "es": ES}


def texts_for(language: str) -> Texts:
    """Return the sentences for a BCP 47 tag, in English where there are none."""
    return LANGUAGES.get(language.lower().partition("-")[0], EN)
