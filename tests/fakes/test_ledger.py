import asyncio

from tests.fakes.ledger import Entry, Ledger, lost, read, sent_twice


def entry(message: str | None, to: str = "+14155550123") -> Entry:
    return Entry("twilio", "SM1", to, "text", message, 0.0)


async def test_what_was_appended_is_read_in_its_order(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    await asyncio.gather(*(ledger.append(entry(str(n))) for n in range(100)))
    await ledger.close()

    assert [e.message for e in read(tmp_path / "ledger")] == [str(n) for n in range(100)]


async def test_half_a_line_of_a_killed_run_spoils_nothing(tmp_path):
    path = tmp_path / "ledger"
    ledger = Ledger(path)
    await ledger.append(entry("a"))
    await ledger.close()
    path.write_bytes(path.read_bytes() + b'{"provider": "twi')

    assert [e.message for e in read(path)] == ["a"]

    ledger = Ledger(path)
    await ledger.append(entry("b"))
    await ledger.close()
    assert [e.message for e in read(path)] == ["a", "b"]


def test_a_ledger_that_was_never_written_is_empty(tmp_path):
    assert read(tmp_path / "nothing") == []


def test_what_came_twice_and_what_never_came_is_told():
    entries = [entry("a"), entry("b"), entry("a"), entry(None), entry(None)]

    assert sent_twice(entries) == ["+14155550123: text", "a"]
    assert lost(entries, ["a", "b", "c"]) == ["c"]
