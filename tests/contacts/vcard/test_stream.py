import io
import tracemalloc
from itertools import islice

import pytest

from server.contacts.vcard import stream
from server.contacts.vcard.stream import card_blocks, line_batches


def lines_of(source):
    return [line for batch in line_batches(source) for line in batch]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_every_kind_of_line_end_ends_a_line(end):
    assert lines_of(b"one" + end + end + b"two" + end) == [b"one", b"", b"two"]


def test_lines_do_not_depend_on_where_chunks_end():
    content = b"one\r\ntwo\nthree\r\rfour"

    for size in (1, 2, 3, 5):
        chunks = [content[at : at + size] for at in range(0, len(content), size)]
        assert lines_of(chunks) == [b"one", b"two", b"three", b"", b"four"]


def test_a_carriage_return_at_the_end_of_a_chunk_waits_for_its_line_feed(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK_BYTES", 4)

    assert lines_of([b"one\r", b"\ntwo"]) == [b"one", b"two"]


def test_unicode_line_separators_end_no_line():
    content = "a\u2028b\x85c\x0bd\n".encode()

    assert lines_of(content) == [content[:-1]]


def test_a_byte_order_mark_is_no_content():
    assert lines_of(b"\xef\xbb\xbfBEGIN:VCARD\n") == [b"BEGIN:VCARD"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_as_utf_8(encoding):
    assert lines_of("BEGIN:VCARD\r\nFN:Zoë 😀".encode(encoding)) == [
        b"BEGIN:VCARD",
        "FN:Zoë 😀".encode(),
    ]


def test_a_file_is_read_like_its_bytes():
    assert lines_of(io.BytesIO(b"one\ntwo")) == lines_of(b"one\ntwo")


def test_a_line_without_end_is_cut_and_the_next_line_is_whole(monkeypatch):
    monkeypatch.setattr(stream, "CHUNK_BYTES", 4)
    monkeypatch.setattr(stream, "MAX_LINE_BYTES", 10)

    assert lines_of(b"x" * 100 + b"\r\nnext") == [b"x" * 11, b"next"]


def test_a_card_knows_its_line_and_holds_the_lines_between_begin_and_end():
    (block,) = card_blocks(b"\n\nBEGIN:VCARD\nFN:A\nEND:VCARD\n")

    assert (block.line, block.lines, block.problem) == (3, [b"FN:A"], "")


@pytest.mark.parametrize(
    ("begin", "end"),
    [("begin:vcard", "end:vcard"), ("BEGIN:vCard", "END:vCard"), (" BEGIN : VCARD", "END: VCARD ")],
)
def test_begin_and_end_are_found_in_any_case_and_spacing(begin, end):
    (block,) = card_blocks(f"{begin}\nFN:A\n{end}\n".encode())

    assert block.lines == [b"FN:A"]


def test_a_property_that_only_begins_like_end_is_a_line():
    (block,) = card_blocks(b"BEGIN:VCARD\nENDX:VCARD\nEND:VCALENDAR\nEND:VCARD\n")

    assert block.lines == [b"ENDX:VCARD", b"END:VCALENDAR"]


def test_text_between_cards_is_one_entry_at_its_first_line():
    card = b"BEGIN:VCARD\nFN:A\nEND:VCARD\n"

    blocks = list(card_blocks(card + b"\nstray\n\nmore\n" + card))

    assert [(block.line, block.problem) for block in blocks] == [
        (1, ""),
        (5, "outside_card"),
        (8, ""),
    ]


def test_blank_lines_padding_and_an_end_of_file_mark_are_no_entries():
    assert list(card_blocks(b"\r\n \r\n\x00\x00\x1a")) == []


def test_a_card_without_end_is_ended_by_the_next_begin():
    blocks = list(card_blocks(b"BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\n"))

    assert [(block.line, block.problem) for block in blocks] == [(1, "missing_end"), (3, "")]


def test_a_file_that_breaks_off_leaves_its_last_card_without_end():
    (block,) = card_blocks(b"BEGIN:VCARD\nFN:A\nTEL:12")

    assert block.problem == "missing_end"


def test_the_card_of_an_agent_is_a_value_of_the_card_around_it():
    (block,) = card_blocks(b"BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nN:B;C\nEND:VCARD\nFN:A\nEND:VCARD\n")

    assert block.lines == [
        rb"AGENT:BEGIN:VCARD\nN:B\;C\nEND:VCARD",
        b"",
        b"",
        b"",
        b"FN:A",
    ]


def test_an_agent_without_end_costs_only_the_card_around_it():
    blocks = list(
        card_blocks(
            b"BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nFN:B\nEND:VCARD\nBEGIN:VCARD\nFN:C\nEND:VCARD\n"
        )
    )

    assert [block.problem for block in blocks] == ["missing_end", ""]
    assert blocks[1].lines == [b"FN:C"]


def test_a_card_over_the_limit_keeps_its_name_alone(monkeypatch):
    monkeypatch.setattr(stream, "MAX_CARD_BYTES", 500)
    large = b"BEGIN:VCARD\nFN:A\n" + b"NOTE:x\n" * 100 + b"END:VCARD\n"

    blocks = list(card_blocks(large + b"BEGIN:VCARD\nFN:B\nEND:VCARD\n"))

    assert [(block.problem, block.lines) for block in blocks] == [
        ("card_too_large", [b"FN:A"]),
        ("", [b"FN:B"]),
    ]


def test_memory_stays_flat_over_many_cards():
    card = b"BEGIN:VCARD\nFN:A\nNOTE:" + b"x" * 1000 + b"\nEND:VCARD\n"
    blocks = card_blocks(card for _ in range(4000))
    tracemalloc.start()
    try:
        for _ in islice(blocks, 4000):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000


def test_files_joined_without_a_line_break_stay_two_cards():
    text = b"BEGIN:VCARD\nFN:Ana\nEND:VCARD\xef\xbb\xbfBEGIN:VCARD\nFN:Ben\nEND:VCARD"

    assert [block.lines for block in card_blocks(text)] == [[b"FN:Ana"], [b"FN:Ben"]]
