"""English: the language of whoever has none of ours."""

from server.lib.languages.language import Language

ENGLISH = Language(
    tag="en",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    short_months=(
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ),
    day="{day} {month}",
    day_of_year="{day} {month} {year}",
    moment="{weekday} {day} {month} at {clock}",
    short_moment="{weekday} {day} {month} {clock}",
    circles={"inner": "inner", "close": "close", "active": "active", "casual": "casual"},
    labels={"anniversary": "anniversary"},
    phrases={
        "every_1": "every day",
        "every": "every {days} days",
        "ago_0": "today",
        "ago_1": "yesterday",
        "ago": "{days} days ago",
        "times_1": "once",
        "times_2": "twice",
        "times": "{times} times",
        "wish_contact": "you wanted to keep in touch {rhythm}",
        "wish_circle": "with your {origin} circle the aim is {rhythm}",
        "wish_group": "with {origin} you wanted to talk {rhythm}",
        "wish_default": "as you chose no rhythm, the aim is {rhythm}",
        "birthday": "{name}'s birthday is on {on}{since}.",
        "unnamed_date": "A date to remember with {name} is on {on}{since}.",
        "named_date": "A date to remember with {name}: {label}, on {on}{since}.",
        "since_1": ": {years} year",
        "since": ": {years} years",
    },
    reasons={
        "cadence_reached": "You last talked {ago}; {wish}.",
        "never_contacted": "You have never noted a talk with {name}.",
        "circle": "{name} is in your {circle} circle.",
        "close_friends": "{name} is one of your {group}.",
        "shared_tags": "You have in common: {tags}.",
        "falling_rhythm": (
            "You talk more rarely than you used to: lately about {recent}, before that {before}."
        ),
        "accepted_before": "You said yes to {name} {times} lately.",
        "refused_before": "You passed on {name} {times} lately.",
        "same_city": "{name} is in your city, so you could meet.",
        "travel_needed": (
            "You like to meet {name} in person; {name} is in another city, so it needs a journey."
        ),
        "prefers_remote": "You prefer a call with {name}.",
        "other_city": "{name} is in another city, so a call fits.",
        "place_unknown": "It is not known whether {name} is in your city, so a call fits.",
        "zone_assumed": "{name}'s time zone is not known; the time assumes that it is yours.",
    },
    blockers={
        "archived": "{name} is archived.",
        "paused": "Suggestions for {name} are paused until {until}.",
        "never_suggest": "You asked never to be reminded of {name}.",
        "own_open_suggestion": "You already have an open suggestion for {name}.",
        "household_open_suggestion": (
            "Someone in your household already has an open suggestion for {name}."
        ),
        "own_snoozed": "You put the suggestion for {name} off until {until}.",
        "household_snoozed": (
            "Someone in your household put the suggestion for {name} off until {until}."
        ),
        "planned": "You already have something planned with {name} on {on}.",
        "dismissed_recently": (
            "You passed on {name} lately; the next suggestion may come on {until}."
        ),
        "cadence_none": "You want no rhythm with {name}, so no talk comes due.",
        "not_due": "A talk with {name} is not due before {due_on}.",
        "limit_reached": (
            "You want at most {max_open} open suggestions at a time; others came first."
        ),
        "no_free_slot": "You have no free time left in the coming days.",
        "no_civil_slot": (
            "None of your free times lies between 08:00 and 22:00 for {name} ({zone})."
        ),
    },
    draft={
        "hello": "Hi {name}!",
        "birthday": "Your birthday made me think of you.",
        "silence": "It has been a while, and I would love to hear how you are.",
        "plain": "I was thinking of you and would love to catch up.",
        "in_person": "Would you like to meet on {when}?",
        "call": "Shall we have a call on {when}?",
        "close": "If another time suits you better, just tell me.",
        "two_clocks": "{theirs} your time ({ours} mine)",
    },
    digest={
        "subject_1": "Catch up with {name}",
        "subject_2": "Catch up with {name} and {second}",
        "subject": "Catch up with {name}, {second} and {more} more",
        "hello": "Here is whom you could catch up with:",
        "hello_now": "Here is something that should not wait for your next digest:",
        "told": "You know of these already; they still wait for your answer:",
        "call": "Call",
        "in_person": "Meet",
        "answers_1": "{first} yes, {first} later or {first} no",
        "answers_2": "{first} yes, {second} later",
        "answers": "{first} yes, {second} later, {third} no",
        "how": "Just answer this message, for example: {answers}",
        "how_sms": "Reply {answers}",
        "more_sms": "+{more} more in CatchUp",
        "zone": "Times are those of {zone}.",
        "unsubscribe": "To get no more of these e-mails: {url}",
        "asked_subject": "Did you catch up with {name}?",
        "asked_call": "Did you talk to {name}?",
        "asked_in_person": "Did you meet {name}?",
        "asked_when": "It was planned for {when}.",
        "asked_answers": "{code} yes or {code} no",
        "page_title": "No more e-mails",
        "page_ask": "Shall CatchUp stop sending e-mails to you? What your account itself needs,"
        " such as a new password that you ask for, still comes.",
        "page_button": "Stop the e-mails",
        "page_done": "Done: CatchUp sends you no more e-mails.",
        "page_again": "Send them again",
    },
)  # fmt: skip
