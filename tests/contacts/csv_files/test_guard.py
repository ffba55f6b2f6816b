import pytest

from server.contacts.csv_files.guard import guard, unguard

LIVE = (
    "=1+1",
    "+49 30 901820",
    "-2",
    "@SUM(A1)",
    "'\ntext",
    "\ttext",
    '"=1',
    "  =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "\x00=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM",
    "\ufe66x",
    "'=1",
    "''@x",
    "\u22121",
)
INSIDE = {
    "\t=1": "'\t'=1",
    "\r\n=1": "'\r\n'=1",
    "\n=1": "'\n'=1",
    "a;=1": "a;'=1",
    "a\t@x": "a\t'@x",
    "a|-1|b": "a|'-1|b",
    "a\n =1\nb": "a\n' =1\nb",
    "a\r+1": "a\r'+1",
    "a;'=1": "a;''=1",
    'a;"=1': "a;'\"=1",
    "=1;=2": "'=1;'=2",
    ";;=1": ";;'=1",
}
PLAIN = (
    "",
    "Ada",
    "030 901820",
    "'tis",
    "a=1",
    "1-2",
    "(=)",
    "'",
    "ada@example.org",
    "—x",
    "a;b",
    "a\n1-2",
    "a;'b",
)


@pytest.mark.parametrize("cell", LIVE)
def test_what_could_run_has_an_apostrophe(cell):
    assert guard(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "guarded"), INSIDE.items())
def test_what_could_run_as_a_cell_of_its_own_has_one_too(cell, guarded):
    assert guard(cell) == guarded


@pytest.mark.parametrize("cell", PLAIN)
def test_plain_text_stays_as_it_is(cell):
    assert guard(cell) == cell


@pytest.mark.parametrize("cell", [*LIVE, *INSIDE, *INSIDE.values(), *PLAIN])
def test_what_was_guarded_comes_back_equal(cell):
    assert unguard(guard(cell)) == cell
