import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from server.digests import letters
from server.digests.letters import Item, Reader
from server.lib.languages.known import language_of
from server.suggestions.reasons import Reason, ReasonCode

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)  # Sunday, 09:00 in Berlin
TODAY = date(2026, 11, 22)
BERLIN = ZoneInfo("Europe/Berlin")
URL = "https://catchup.example/unsubscribe/abc"
CADENCE = Reason(
    ReasonCode.CADENCE_REACHED,
    250.0,
    {"cadence_days": 30, "source": "contact", "inherited_from": None, "last_on": "2026-10-10"},
    TODAY,
)
CIRCLE = Reason(ReasonCode.CIRCLE, 12.0, {"circle": "close"}, TODAY)
BIRTHDAY = Reason(
    ReasonCode.IMPORTANT_DATE, 20.0, {"label": "birthday", "on": "2026-12-03", "years": None}, TODAY
)
REFUSED = Reason(ReasonCode.REFUSED_BEFORE, -6.0, {"times": 1}, TODAY)
ASSUMED = Reason(ReasonCode.ZONE_ASSUMED, 0.0, {}, TODAY)


def item(code=1, name="Ana Ortiz", **more):
    values = {
        "way": "call",
        "at": datetime(2026, 11, 24, 17, 30, tzinfo=UTC),
        "reasons": (CADENCE,),
    }
    return Item(code, name, **{**values, **more})


def reader(language="en", zone=BERLIN, url=URL):
    return Reader(zone, language_of(language), url)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def tags_of(html):
    parser = Tags()
    parser.feed(html)
    return parser.tags


def test_a_digest_says_whom_when_why_and_how_to_answer():
    items = [item(), item(5, "Ben", way="in_person", at=NOW + timedelta(days=3))]

    words = letters.digest(items, reader(), NOW)

    assert words.subject == "Catch up with Ana Ortiz and Ben"
    assert words.text == (
        "Here is whom you could catch up with:\n\n"
        "1  Ana Ortiz\n"
        "   Call: Tuesday 24 November at 18:30\n"
        "   You last talked 43 days ago; you wanted to keep in touch every 30 days.\n\n"
        "5  Ben\n"
        "   Meet: Wednesday 25 November at 09:00\n"
        "   You last talked 43 days ago; you wanted to keep in touch every 30 days.\n\n"
        "Just answer this message, for example: 1 yes, 5 later\n\n"
        "Times are those of Europe/Berlin.\n\n"
        f"To get no more of these e-mails: {URL}\n"
    )


def test_a_german_gets_a_german_digest():
    words = letters.digest([item(way="in_person")], reader("de-AT"), NOW)

    assert words.subject == "Zeit für Ana Ortiz"
    assert "Treffen: Dienstag, 24. November um 18:30 Uhr" in words.text
    assert "Ihr habt zuletzt vor 43 Tagen gesprochen" in words.text
    assert "1 ja, 1 später oder 1 nein" in words.text
    assert '<html lang="de">' in (words.html or "")


def test_whose_language_is_unknown_gets_an_english_one():
    assert "Just answer" in letters.digest([item()], reader("eo"), NOW).text


def test_the_time_is_the_readers():
    words = letters.digest([item()], reader(zone=ZoneInfo("Asia/Tokyo")), NOW)

    assert "Wednesday 25 November at 02:30" in words.text
    assert "Asia/Tokyo" in words.text


def test_what_is_new_comes_first_and_what_was_told_says_so():
    words = letters.digest([item(1, "Old", is_told=True), item(2, "New")], reader(), NOW)

    assert words.text.index("New") < words.text.index("You know of these") < words.text.index("Old")


def test_the_reasons_are_those_that_weigh_most_and_none_that_speaks_against():
    shown = letters.digest(
        [item(reasons=(CIRCLE, REFUSED, BIRTHDAY, CADENCE, ASSUMED))], reader(), NOW
    ).text

    assert shown.index("You last talked") < shown.index("birthday")
    assert "time zone is not known" in shown
    assert "circle" not in shown
    assert "passed on" not in shown


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([7], "7 yes, 7 later or 7 no"),
        ([7, 8], "7 yes, 8 later"),
        ([7, 8, 9], "7 yes, 8 later, 9 no"),
        ([98, 99, 1, 2], "98 yes, 99 later, 1 no"),
    ],
)
def test_the_example_has_the_codes_of_the_message(codes, said):
    assert letters.example(codes, language_of("en")) == said


def test_three_or_more_are_counted_in_the_subject():
    items = [item(code, f"Person {code}") for code in range(1, 5)]

    assert letters.digest(items, reader(), NOW).subject == (
        "Catch up with Person 1, Person 2 and 2 more"
    )


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "A & B <b>", "{name}"]
)
def test_a_name_is_never_markup(name):
    tagged = Reason(ReasonCode.SHARED_TAGS, 300.0, {"tags": [name]}, TODAY)
    dated = replace(BIRTHDAY, weight=400.0, data={**BIRTHDAY.data, "label": name})
    shown = item(name=name, reasons=(tagged, dated))

    for words in (letters.digest([shown], reader(), NOW), letters.question(shown, reader())):
        tags = {tag for tag, _ in tags_of(words.html or "")}
        assert not tags & {"script", "img", "b"}
        assert name in words.text


def test_no_mail_asks_anybody_for_anything():
    words = letters.digest([item(), item(2, is_told=True)], reader(), NOW)

    tags = tags_of(words.html or "")
    assert not {tag for tag, _ in tags} & {"img", "link", "script", "iframe", "object", "form"}
    assert [attrs for _, attrs in tags if "src" in attrs or "background" in attrs] == []
    assert "url(" not in (words.html or "")
    assert re.findall(r"https?://[^\"<\s]+", words.html or "") == [URL, URL]


def test_without_an_address_of_the_server_no_link_is_promised():
    words = letters.digest([item()], reader(url=None), NOW)

    assert "http" not in words.text + (words.html or "")
    assert "no more" not in words.text


def test_a_name_of_several_lines_makes_one_line():
    name = "Ana\r\nBcc: x@example.org\u2028Ortiz"
    words = letters.digest([item(name=name)], reader(), NOW)

    mail = EmailMessage()
    mail["Subject"] = words.subject
    assert mail["Subject"] == "Catch up with Ana Bcc: x@example.org Ortiz"
    assert "\nBcc" not in words.text
    assert "\nBcc" not in words.sms


@pytest.mark.parametrize(
    ("way", "language", "asked"),
    [
        ("in_person", "en", "Did you meet Ana Ortiz?"),
        ("call", "en", "Did you talk to Ana Ortiz?"),
        ("in_person", "de", "Hast du Ana Ortiz getroffen?"),
        ("call", "de", "Hast du mit Ana Ortiz gesprochen?"),
    ],
)
def test_the_question_is_about_what_was_planned(way, language, asked):
    words = letters.question(item(7, way=way), reader(language))

    assert words.text.startswith(asked)
    assert words.sms.startswith(asked)
    assert re.search(r"7 (yes|ja) (or|oder) 7 (no|nein)", words.sms)


def test_what_does_not_wait_says_so():
    words = letters.told_at_once(item(reasons=(BIRTHDAY,)), reader(), NOW)

    assert "should not wait" in words.text
    assert "Ana Ortiz's birthday is on 3 December." in words.text
