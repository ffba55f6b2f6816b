"""What a user reads: digest, a suggestion told at once, the question whether it happened; pure.

Whom, when and why, from what the suggestion stores; never a contact's notes. No mail asks any
server for anything when it is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from zoneinfo import ZoneInfo

from server.digests import sms
from server.lib.languages.language import Language
from server.messages.service import Words
from server.suggestions.reasons import Reason, ReasonCode
from server.suggestions.sentences import sentence

MOST_REASONS = 2
"""Sentences for each in a mail: the two that weigh most. All of them stand in the app."""

_STYLE = "font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:0 auto;padding:1rem"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: zone and language, and how to get no more mails (None: not said)."""

    zone: ZoneInfo
    language: Language
    unsubscribe_url: str | None = None

    def today(self, now: datetime) -> date:
        """Return the date on the reader's calendar."""
        return now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Item:
    """One suggestion in a message: `is_told` when an earlier message listed it."""

    code: int
    name: str
    way: str
    at: datetime
    reasons: tuple[Reason, ...]
    is_told: bool = False


def digest(items: Sequence[Item], reader: Reader, now: datetime) -> Words:
    """Return a digest of one or more suggestions, what is new first."""
    ordered = sorted(items, key=lambda item: item.is_told)
    return _listing(ordered, reader, now, hello="hello")


def told_at_once(item: Item, reader: Reader, now: datetime) -> Words:
    """Return the message about one suggestion that does not wait for the digest."""
    return _listing([item], reader, now, hello="hello_now")


def question(item: Item, reader: Reader) -> Words:
    """Return the question whether an accepted suggestion happened."""
    texts = reader.language.digest
    name = _line(item.name)
    asked = texts[f"asked_{item.way}"].format(name=name)
    when = texts["asked_when"].format(when=_moment(item, reader))
    answers = texts["asked_answers"].format(code=item.code)
    how = texts["how"].format(answers=answers)
    foot = _foot(reader)
    return Words(
        subject=texts["asked_subject"].format(name=name),
        text="\n\n".join([asked, when, how, *foot]) + "\n",
        html=_page(
            reader,
            f"<p><strong>{escape(asked)}</strong></p><p>{escape(when)}</p><p>{escape(how)}</p>",
            foot,
        ),
        sms=sms.fold(f"{asked} {texts['how_sms'].format(answers=answers)}"),
    )


def _listing(items: Sequence[Item], reader: Reader, now: datetime, *, hello: str) -> Words:
    language, texts = reader.language, reader.language.digest
    today = reader.today(now)
    new = [item for item in items if not item.is_told]
    told = [item for item in items if item.is_told]
    answers = example([item.code for item in items], language)
    how = texts["how"].format(answers=answers)
    foot = [texts["zone"].format(zone=reader.zone.key.replace("_", " ")), *_foot(reader)]
    parts: list[tuple[str, list[Item]]] = []
    if new:
        parts.append((texts[hello], new))
    if told:
        parts.append((texts["told"], told))
    blocks: list[str] = []
    body = ""
    for heading, listed in parts:
        blocks += [heading, *(_entry(item, reader, today) for item in listed)]
        rows = "".join(_html_entry(item, reader, today) for item in listed)
        body += f"<p>{escape(heading)}</p><table role=presentation>{rows}</table>"
    return Words(
        subject=_subject(items, language),
        text="\n\n".join([*blocks, how, *foot]) + "\n",
        html=_page(reader, f"{body}<p><strong>{escape(how)}</strong></p>", foot),
        sms=sms.digest([_brief(item, reader, today) for item in items], answers, language),
    )


def example(codes: Sequence[int], language: Language) -> str:
    """Return how to answer, with the codes of this very message: `4 yes, 5 later, 6 no`."""
    first, *others = codes
    key = {0: "answers_1", 1: "answers_2"}.get(len(others), "answers")
    second, third = (*others, first, first)[:2]
    return language.digest[key].format(first=first, second=second, third=third)


def _subject(items: Sequence[Item], language: Language) -> str:
    names = [_line(item.name) for item in items]
    key = {1: "subject_1", 2: "subject_2"}.get(len(names), "subject")
    return language.digest[key].format(
        name=names[0], second=names[1] if len(names) > 1 else "", more=len(names) - 2
    )


def _why(item: Item, reader: Reader, today: date) -> list[str]:
    """Return the sentences that speak for it most, and a doubt about the time."""
    speaking = [reason for reason in item.reasons if reason.weight > 0]
    speaking.sort(key=lambda reason: -reason.weight)
    doubts = [reason for reason in item.reasons if reason.code is ReasonCode.ZONE_ASSUMED]
    return [
        sentence(reason, _line(item.name), today, reader.language)
        for reason in [*speaking[:MOST_REASONS], *doubts]
    ]


def _what(item: Item, reader: Reader) -> str:
    return f"{reader.language.digest[item.way]}: {_moment(item, reader)}"


def _entry(item: Item, reader: Reader, today: date) -> str:
    lines = [_what(item, reader), *_why(item, reader, today)]
    return "\n".join([f"{item.code}  {_line(item.name)}", *(f"   {line}" for line in lines)])


def _html_entry(item: Item, reader: Reader, today: date) -> str:
    lines = "<br>".join(escape(line) for line in [_what(item, reader), *_why(item, reader, today)])
    cell = 'style="vertical-align:top;padding:.2rem .8rem .8rem 0"'
    return (
        f"<tr><td {cell}><strong>{item.code}</strong></td>"
        f"<td {cell}><strong>{escape(_line(item.name))}</strong><br>{lines}</td></tr>"
    )


def _brief(item: Item, reader: Reader, today: date) -> sms.Brief:
    local = item.at.astimezone(reader.zone)
    when = reader.language.brief_moment(local.date(), f"{local:%H:%M}")
    why = _why(item, reader, today)
    return sms.Brief(
        item.code, _line(item.name), reader.language.digest[item.way], when, why[0] if why else ""
    )


def _page(reader: Reader, body: str, foot: Sequence[str]) -> str:
    small = "".join(f"<p>{_linked(line, reader)}</p>" for line in foot)
    return (
        f'<!doctype html><html lang="{reader.language.tag}"><head><meta charset="utf-8">'
        f'<title>CatchUp</title></head><body><div style="{_STYLE}">{body}'
        f'<div style="font-size:80%;color:#555">{small}</div></div></body></html>'
    )


def _linked(line: str, reader: Reader) -> str:
    said = escape(line)
    if reader.unsubscribe_url is None:
        return said
    url = escape(reader.unsubscribe_url)
    return said.replace(url, f'<a href="{url}">{url}</a>')


def _foot(reader: Reader) -> list[str]:
    if reader.unsubscribe_url is None:
        return []
    return [reader.language.digest["unsubscribe"].format(url=reader.unsubscribe_url)]


def _moment(item: Item, reader: Reader) -> str:
    local = item.at.astimezone(reader.zone)
    return reader.language.spoken_moment(local.date(), f"{local:%H:%M}")


def _line(name: str) -> str:
    """Return a name as one line, whatever blanks it has."""
    return " ".join(name.split())
