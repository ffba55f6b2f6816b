import json
from uuid import UUID

import pytest

from server.audit import anchor_lines, chain

KEY_ID, CHAIN_ID = UUID(int=1), UUID(int=7)


@pytest.fixture(autouse=True)
def keys():
    chain.use_keys({KEY_ID: bytes(32)}, KEY_ID)


@pytest.fixture
def anchor():
    return anchor_lines.sign(CHAIN_ID, 5, b"h" * 48)


def line_of(anchor, **changed):
    return json.dumps({"level": "info", "event": "audit.anchor", **anchor.fields(), **changed})


def test_what_is_written_is_read_again(anchor):
    assert list(anchor_lines.read([line_of(anchor)])) == [anchor]


def test_what_journald_writes_before_a_line_is_passed(anchor):
    line = f"Mar 02 09:00:00 box catchup[7]: {line_of(anchor)}"

    assert list(anchor_lines.read([line])) == [anchor]


def test_other_lines_are_passed(anchor):
    lines = ["", "started", '{"event": "job.done"}', '{"event": "x", "of": "audit.anchor"}']

    assert list(anchor_lines.read([*lines, line_of(anchor)])) == [anchor]


@pytest.mark.parametrize(
    "changed",
    [
        {"sequence": 6},
        {"hash": "00" * 48},
        {"chain": str(UUID(int=8))},
        {"signature": "00" * 48},
        {"signature": ""},
    ],
)
def test_an_anchor_that_was_changed_is_refused(anchor, changed):
    with pytest.raises(anchor_lines.BadAnchor, match="line 2: this server did not sign it"):
        list(anchor_lines.read(["", line_of(anchor, **changed)]))


@pytest.mark.parametrize(
    "changed", [{"sequence": "x"}, {"sequence": None}, {"hash": 7}, {"hash": "no"}, {"chain": "x"}]
)
def test_an_anchor_that_cannot_be_read_is_refused(anchor, changed):
    with pytest.raises(anchor_lines.BadAnchor, match=r"line 1: .* cannot be read"):
        list(anchor_lines.read([line_of(anchor, **changed)]))


def test_an_anchor_that_was_cut_is_refused(anchor):
    with pytest.raises(anchor_lines.BadAnchor, match="line 1"):
        list(anchor_lines.read([line_of(anchor)[:60]]))


def test_the_signature_of_a_pruned_place_is_none_of_a_head(anchor):
    signature = chain.sign_place("pruned", CHAIN_ID, 5, b"h" * 48)

    with pytest.raises(anchor_lines.BadAnchor):
        list(anchor_lines.read([line_of(anchor, signature=signature.hex())]))
