"""Texts of a file that no contact can hold: none breaks the import, none is lost unsaid."""

import pytest

from tests.contacts.imports import exported, import_card, import_file, outcomes
from tests.contacts.vcard.cards import vcard

ADA = vcard("UID:ada", "TEL:+49 30 901820", "TITLE:Countess")


@pytest.mark.parametrize(
    "line", ["NOTE:a\x00b", "X-A;X-P=\x00:b", "CATEGORIES:a\x00b", "NICKNAME:\x1b\x7f", "X-\x00:1"]
)
async def test_null_bytes_and_control_characters_do_no_harm(member, line):
    await import_card(member, line)

    assert len(await exported(member)) == 1


async def test_half_a_character_does_no_harm(member):
    content = vcard("NOTE:?").replace(b"?", b"\xed\xa0\xbd") + vcard(
        "NOTE;ENCODING=QUOTED-PRINTABLE:=ED=A0=BD", version="2.1", name="Ben"
    )

    assert outcomes(await import_file(member, content)) == ["created", "created"]


@pytest.mark.parametrize(
    "lines",
    [
        ("item1.TEL:1", f"item1.X-ABLabel:{'x' * 101}"),
        (f"ORG:{'x' * 256}",),
        (f"TITLE:{'x' * 256}",),
        (f"UID:{'x' * 256}",),
        (f"NICKNAME:{'x' * 256}",),
        (f"NOTE:{'x' * 50_001}",),
        (f"ADR:;;{'x' * 256};;;;",),
        (f"X-CATCHUP-LOCATION:{'x' * 256}",),
    ],
)
async def test_what_is_too_long_for_a_contact_is_given_back(member, lines):
    await import_card(member, *lines)

    (card,) = await exported(member)
    assert any(lines[-1].partition(":")[2].strip(";") in kept.value for kept in card.kept)


async def test_a_name_of_over_255_characters_fails_with_its_line(member):
    done = await import_file(member, ADA + vcard(name="x" * 256))

    assert outcomes(done) == ["created", "failed"]
    assert (done.items[1].code, done.items[1].line) == ("name_too_long", 8)
