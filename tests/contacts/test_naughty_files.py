"""Every script, formulas, markup and control characters through each file format and back."""

import csv
import io
import unicodedata

import pytest

from server.contacts import service
from server.contacts.csv_files.table import DELIMITERS
from tests.contacts.factories import make_contact
from tests.contacts.imports import import_file, outcomes
from tests.contacts.test_files_round_trip import comparable, each_format, export, import_text

NAUGHTY = (
    "=cmd|' /C calc'!A0",
    "+49 30 901820",
    "-2+3",
    "@SUM(1+1)*cmd",
    "  =1+1",
    "＝1+1",
    "'=1",
    "'tis",
    '"quoted", with; commas\ttab',
    "<script>alert(1)</script>",
    "{{7*7}} ${x} %s %d \\n \\u0041 C:\\new",
    "a ::: b",
    "Ω≈ç√∫ ЁЂЃ ﷽ 田中さん 사회과학원 จุมพล עברית العربية हिन्दी ಕನ್ನಡ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 é\u0301 Z͑ͫ̓ͪ̂ͫ̽͏̴̙",
    "\u202eright to left\u202c \u200bzero",
    "NULL",
    "0",
    "true",
    "BEGIN:VCARD",
    "a\\,b\\;c;d,e",
    "x;=1+1;y",
    "x\t@SUM(1)|-1",
    'x;"=1+1"; \'+1',
    "hello\n=cmd|' /C calc'!A0\nbye",
    ';;\n"\n@x;"',
)


def _live(cell: str) -> bool:
    return unicodedata.normalize("NFKC", cell.strip('" \t\r\n\u200b'))[:1] in set("=+-@")


async def fill(member):
    for number, text in enumerate(NAUGHTY):
        line = " ".join(text.split())
        await make_contact(
            member,
            line,
            nickname=line,
            organisation=line,
            title=line,
            location=line,
            notes=f"{text}\n{text}",
            custom_fields={f"{line[:90]} {number}": text},
            phones=[{"value": line[:100], "label": line[:100]}],
            links=[{"value": line}],
            socials=[{"value": line, "label": line[:100]}],
            addresses=[{"street": line, "value": text}, {"locality": line}],
            dates=[{"kind": "other", "label": line[:100], "month": 2, "day": 29}],
        )


@each_format
async def test_naughty_texts_come_back_equal(member, stranger, kind):
    await fill(member)
    text = await export(member, kind)

    again = await import_text(member, kind, text)
    assert outcomes(again) == ["unchanged"] * len(NAUGHTY), [
        (item.name, item.changes) for item in again.items if item.outcome != "unchanged"
    ][:3]
    await import_text(stranger, kind, text)
    assert comparable(kind, await export(stranger, kind)) == comparable(kind, text)


@each_format
async def test_an_export_does_not_change_texts_that_it_cannot_carry_exactly(member, kind):
    text = " Zoe\u0308\r\n\ttwo\rlines \n"
    made = await make_contact(member, notes=text, custom_fields={"k": text})

    done = await import_text(member, kind, await export(member, kind))

    assert outcomes(done) == ["unchanged"], done.items[0].changes
    stored = (await service.get_contact(member.scope, made.id)).read()
    assert (stored.notes, stored.custom_fields) == (text, {"k": text})


async def test_a_json_export_gives_texts_of_many_lines_back_exactly(member, stranger):
    text = " Zoe\u0308\r\n\ttwo\rlines \n"
    await make_contact(member, notes=text, custom_fields={"k": text})

    (there,) = (await import_text(stranger, "json", await export(member, "json"))).items

    assert there.contact_id is not None
    stored = (await service.get_contact(stranger.scope, there.contact_id)).read()
    assert (stored.notes, stored.custom_fields) == (text, {"k": text})


@pytest.mark.parametrize("delimiter", DELIMITERS)
async def test_no_cell_of_an_export_is_a_live_formula_whatever_parts_them(member, delimiter):
    await fill(member)

    text = io.StringIO((await export(member, "csv")).removeprefix("\ufeff"), newline="")
    rows = list(csv.reader(text, delimiter=delimiter))
    assert len(rows) > len(NAUGHTY)
    assert [cell for row in rows for cell in row if _live(cell)] == []


@pytest.mark.parametrize("bad", ["\x00", "\x1b[31m", "\x07", "\x9b"])
async def test_control_characters_in_a_table_are_left_out_and_told(member, bad):
    content = f"Name,Notes,Shoe\nAda{bad},a{bad}b,{bad}38\n".encode()

    (item,) = (await import_file(member, content, format="csv")).items
    assert (item.outcome, item.name) == ("created", "Ada" + bad[1:])
    assert {warning.code for warning in item.warnings} == {"control_characters"}
