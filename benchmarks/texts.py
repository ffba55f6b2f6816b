"""Names, vCards and a calendar file, made up and the same in every run."""

GIVEN = (
    "Ana",
    "Bo",
    "Chidi",
    "Dagny",
    "Émile",
    "Fatma",
    "Giorgos",
    "Hana",
    "Ines",
    "Jürgen",
    "Kenji",
    "Łucja",
    "Mei",
    "Nadia",
    "Oleg",
    "Priya",
    "Quentin",
    "Ravi",
    "Søren",
    "Tomás",
)
FAMILY = (
    "Abe",
    "Brandt",
    "Costa",
    "Diallo",
    "Eriksson",
    "Farkas",
    "García",
    "Hoffmann",
    "Ito",
    "Janssen",
    "Kowalski",
    "Laurent",
    "Müller",
    "Novak",
    "Okafor",
    "Petrov",
    "Rossi",
    "Singh",
)

# The default windows of the 14 days after data.NOW hold 140 half hours; the choir in the evening,
# the allotment and lunch at weekends take 28 of them, the work of the week none: 112 stay.
_CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//CatchUp//benchmarks//EN
X-WR-CALNAME:Everything
{events}END:VCALENDAR
"""
_WEEKLY = (
    ("Choir", "TU", "20260106T180000", "PT2H"),
    ("Allotment", "SA", "20260110T120000", "PT3H"),
    ("Family lunch", "SU", "20260111T140000", "PT2H"),
    *(
        (f"Meeting {number}", day, f"2026010{5 + place}T{9 + number % 8:02}0000", "PT45M")
        for place, day in enumerate(("MO", "TU", "WE", "TH"))
        for number in range(5)
    ),
)


def calendar() -> bytes:
    """Return an iCalendar file: weekly series and eighty single appointments in the morning."""
    singles = (
        (f"Appointment {n}", "", f"2026{5 + n // 40:02}{1 + n % 28:02}T{8 + n % 2:02}0000", "PT30M")
        for n in range(80)
    )
    return (
        _CALENDAR.format(events="".join(_event(*each) for each in (*_WEEKLY, *singles)))
        .replace("\n", "\r\n")
        .encode()
    )


def card(number: int) -> bytes:
    """Return a vCard of twelve properties; no two numbers give the same person."""
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // 20 % len(FAMILY)]
    family = f"{family} {number:x}"
    lines = (
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"UID:card-{number}@example.org",
        f"N:{family};{given};;;",
        f"FN:{given} {family}",
        f"ORG:Firm {number % 500};Office",
        "TITLE:Engineer",
        f"TEL;TYPE=CELL:+49 151 {10_000_000 + number}",
        f"TEL;TYPE=WORK,VOICE:+49 30 {1_000_000 + number}",
        f"EMAIL;TYPE=HOME:person{number}@example.org",
        f"ADR;TYPE=HOME:;;Lange Straße {number % 200};Berlin;;10115;Germany",
        f"BDAY:{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}",
        f"NOTE:Met at conference {number % 40}\\, likes long walks and short meetings.",
        "X-COLOUR:green",
        "END:VCARD\r\n",
    )
    return "\r\n".join(lines).encode()


def _event(title: str, day: str, start: str, duration: str) -> str:
    rule = f"RRULE:FREQ=WEEKLY;BYDAY={day}\n" if day else ""
    return (
        f"BEGIN:VEVENT\nUID:{title.replace(' ', '-')}-{day}@example.org\nDTSTAMP:20260101T000000Z\n"
        f"SUMMARY:{title}\nDTSTART;TZID=Europe/Berlin:{start}\nDURATION:{duration}\n{rule}"
        "END:VEVENT\n"
    )
