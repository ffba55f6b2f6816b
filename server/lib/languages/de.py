"""German, in the familiar form: CatchUp is for households."""

from server.lib.languages.language import Language

GERMAN = Language(
    tag="de",
    weekdays=(
        "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
    ),
    short_weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=(
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
        "Oktober", "November", "Dezember",
    ),
    short_months=(
        "1.", "2.", "3.", "4.", "5.", "6.", "7.", "8.", "9.", "10.", "11.", "12.",
    ),
    day="{day}. {month}",
    day_of_year="{day}. {month} {year}",
    moment="{weekday}, {day}. {month} um {clock} Uhr",
    short_moment="{weekday} {day}.{month} {clock}",
    circles={
        "inner": "innersten", "close": "engen", "active": "aktiven", "casual": "lockeren",
    },
    labels={"anniversary": "Jahrestag"},
    phrases={
        "every_1": "jeden Tag",
        "every": "alle {days} Tage",
        "ago_0": "heute",
        "ago_1": "gestern",
        "ago": "vor {days} Tagen",
        "times_1": "einmal",
        "times_2": "zweimal",
        "times": "{times}-mal",
        "wish_contact": "du wolltest {rhythm} Kontakt haben",
        "wish_circle": "mit deinem {origin} Kreis ist {rhythm} das Ziel",
        "wish_group": "mit „{origin}“ wolltest du {rhythm} sprechen",
        "wish_default": "du hast keinen Rhythmus gewählt, also ist {rhythm} das Ziel",
        "birthday": "{name} hat am {on} Geburtstag{since}.",
        "unnamed_date": "Am {on} ist ein wichtiger Tag mit {name}{since}.",
        "named_date": "Ein wichtiger Tag mit {name}: {label}, am {on}{since}.",
        "since_1": ": {years} Jahr",
        "since": ": {years} Jahre",
    },
    reasons={
        "cadence_reached": "Ihr habt zuletzt {ago} gesprochen; {wish}.",
        "never_contacted": "Du hast noch kein Gespräch mit {name} notiert.",
        "circle": "{name} gehört zu deinem {circle} Kreis.",
        "close_friends": "{name} gehört zu deiner Gruppe „{group}“.",
        "shared_tags": "Ihr habt gemeinsam: {tags}.",
        "falling_rhythm": (
            "Ihr sprecht seltener als früher: zuletzt etwa {recent}, davor {before}."
        ),
        "accepted_before": "Du hast zu {name} in letzter Zeit {times} ja gesagt.",
        "refused_before": "Du hast zu {name} in letzter Zeit {times} nein gesagt.",
        "same_city": "{name} ist in deiner Stadt, ihr könntet euch treffen.",
        "travel_needed": (
            "Du triffst {name} gern persönlich; {name} ist in einer anderen Stadt, dafür braucht"
            " es eine Reise."
        ),
        "prefers_remote": "Mit {name} telefonierst du lieber.",
        "other_city": "{name} ist in einer anderen Stadt, also passt ein Anruf.",
        "place_unknown": (
            "Ob {name} in deiner Stadt ist, ist nicht bekannt, also passt ein Anruf."
        ),
        "zone_assumed": "Die Zeitzone von {name} ist nicht bekannt; angenommen ist deine.",
    },
    blockers={
        "archived": "{name} ist archiviert.",
        "paused": "Vorschläge zu {name} ruhen bis {until}.",
        "never_suggest": "Du wolltest nie an {name} erinnert werden.",
        "own_open_suggestion": "Du hast schon einen offenen Vorschlag zu {name}.",
        "household_open_suggestion": (
            "Jemand in deinem Haushalt hat schon einen offenen Vorschlag zu {name}."
        ),
        "own_snoozed": "Du hast den Vorschlag zu {name} bis {until} verschoben.",
        "household_snoozed": (
            "Jemand in deinem Haushalt hat den Vorschlag zu {name} bis {until} verschoben."
        ),
        "planned": "Du hast am {on} schon etwas mit {name} vor.",
        "dismissed_recently": (
            "Du hast zu {name} vor Kurzem nein gesagt; der nächste Vorschlag kann am {until}"
            " kommen."
        ),
        "cadence_none": "Mit {name} willst du keinen Rhythmus, also wird kein Gespräch fällig.",
        "not_due": "Ein Gespräch mit {name} ist nicht vor dem {due_on} fällig.",
        "limit_reached": (
            "Du willst höchstens {max_open} offene Vorschläge auf einmal; andere kamen zuerst."
        ),
        "no_free_slot": "Du hast in den nächsten Tagen keine freie Zeit mehr.",
        "no_civil_slot": (
            "Keine deiner freien Zeiten liegt für {name} zwischen 08:00 und 22:00 Uhr ({zone})."
        ),
    },
    draft={
        "hello": "Hallo {name}!",
        "birthday": "Dein Geburtstag hat mich an dich denken lassen.",
        "silence": "Es ist eine Weile her, und ich würde gern hören, wie es dir geht.",
        "plain": "Ich habe an dich gedacht und würde gern mal wieder von dir hören.",
        "in_person": "Wollen wir uns am {when} treffen?",
        "call": "Wollen wir am {when} telefonieren?",
        "close": "Wenn dir ein anderer Termin besser passt, sag einfach Bescheid.",
        "two_clocks": "{theirs} deiner Zeit ({ours} bei mir)",
    },
    digest={
        "subject_1": "Zeit für {name}",
        "subject_2": "Zeit für {name} und {second}",
        "subject": "Zeit für {name}, {second} und noch {more}",
        "hello": "Bei diesen Menschen könntest du dich melden:",
        "hello_now": "Das hier sollte nicht bis zur nächsten Übersicht warten:",
        "told": "Diese kennst du schon; sie warten noch auf deine Antwort:",
        "call": "Anruf",
        "in_person": "Treffen",
        "answers_1": "{first} ja, {first} später oder {first} nein",
        "answers_2": "{first} ja, {second} später",
        "answers": "{first} ja, {second} später, {third} nein",
        "how": "Antworte einfach auf diese Nachricht, zum Beispiel: {answers}",
        "how_sms": "Antworte {answers}",
        "more_sms": "+{more} weitere in CatchUp",
        "zone": "Die Zeiten gelten für {zone}.",
        "unsubscribe": "Keine solchen E-Mails mehr: {url}",
        "asked_subject": "Habt ihr euch gehört, du und {name}?",
        "asked_call": "Hast du mit {name} gesprochen?",
        "asked_in_person": "Hast du {name} getroffen?",
        "asked_when": "Geplant war es für {when}.",
        "asked_answers": "{code} ja oder {code} nein",
        "page_title": "Keine E-Mails mehr",
        "page_ask": "Soll CatchUp dir keine E-Mails mehr schicken? Was dein Konto selbst braucht,"
        " etwa ein neues Passwort, das du anforderst, kommt weiterhin.",
        "page_button": "Keine E-Mails mehr",
        "page_done": "Erledigt: CatchUp schickt dir keine E-Mails mehr.",
        "page_again": "Wieder schicken",
    },
)  # fmt: skip
