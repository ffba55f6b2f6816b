"""What a user is told when a channel does not reach them, in their language."""

# language → channel that failed → (subject, text short enough for one SMS)
_NOTICES: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "sms": (
            "An SMS to you could not be delivered",
            "CatchUp could not deliver an SMS to you. Please check your phone number in CatchUp.",
        ),
        "email": (
            "A mail to you could not be delivered",
            "CatchUp could not deliver a mail to you. Please check your e-mail address in CatchUp.",
        ),
    },
    "de": {
        "sms": (
            "Eine SMS an dich kam nicht an",
            "CatchUp konnte dir eine SMS nicht zustellen. Bitte prüfe deine Nummer in CatchUp.",
        ),
        "email": (
            "Eine E-Mail an dich kam nicht an",
            "CatchUp konnte dir keine E-Mail zustellen. Bitte prüfe deine Adresse in CatchUp.",
        ),
    },
    "es": {
        "sms": (
            "No se pudo entregarte un SMS",
            "CatchUp no pudo entregarte un SMS. Revisa tu número de teléfono en CatchUp.",
        ),
        "email": (
            "No se pudo entregarte un correo",
            "CatchUp no pudo entregarte un correo. Revisa tu dirección de correo en CatchUp.",
        ),
    },
    "fr": {
        "sms": (
            "Un SMS n'a pas pu vous être remis",
            "CatchUp n'a pas pu vous remettre un SMS. Vérifiez votre numéro dans CatchUp.",
        ),
        "email": (
            "Un e-mail n'a pas pu vous être remis",
            "CatchUp n'a pas pu vous remettre un e-mail. Vérifiez votre adresse dans CatchUp.",
        ),
    },
}


def notice(channel: str, language: str) -> tuple[str, str]:
    """Return subject and text for a user whose `channel` fails; `language` is a BCP 47 tag."""
    known = _NOTICES.get(language.split("-")[0].lower(), _NOTICES["en"])
    return known[channel]
