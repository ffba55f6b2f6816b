import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.lib.texts import search_key
from server.replies import words
from server.replies.languages import LANGUAGES
from server.replies.parse import Choice, Kind, Reply, parse
from server.replies.words import Verb
from tests.replies.corpus import COMMANDS

LETTERS = {Verb.YES: "y", Verb.NO: "n", Verb.LATER: "l"}


def letter(choice: Choice) -> str:
    days = "" if choice.days is None else str(choice.days)
    return LETTERS[choice.verb] + days


def short_form(reply: Reply) -> str:
    """Return what the corpus says of a reply."""
    if reply.kind is Kind.UNDO:
        said = ["undo", *map(str, reply.codes)]
    elif reply.kind is Kind.BARE:
        said = [letter(reply.bare or Choice(Verb.NO))]
    elif reply.kind is Kind.COMMANDS:
        said = [f"*{letter(reply.every)}"] if reply.every else []
        said += [f"{code}{letter(choice)}" for code, choice in sorted(reply.choices.items())]
        said += [f"-{code}" for code in reply.excepted]
        said += [f"!{code}" for code in reply.contradictions]
    else:
        said = [str(reply.kind)]
    return " ".join([*said, *(["+note"] if reply.has_note else [])])


@pytest.mark.parametrize(("text", "meant"), COMMANDS)
def test_a_reply_means_what_people_mean_by_it(text, meant):
    assert short_form(parse(text)) == meant


def test_the_corpus_is_large_and_says_nothing_twice():
    texts = [text for text, _ in COMMANDS]

    assert len(texts) == len(set(texts)) > 200


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_how_the_letters_are_composed_changes_nothing(form):
    for text, meant in COMMANDS:
        if meant not in {"note", "reaction"}:
            assert short_form(parse(unicodedata.normalize(form, text))) == meant


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_language_has_its_yes_no_and_later(code):
    language = LANGUAGES[code]

    for verb, said in (
        (Verb.YES, language.yes),
        (Verb.NO, language.no),
        (Verb.LATER, language.later),
    ):
        for word in said.split():
            if word not in {"tard", "sen"}:
                assert parse(f"3 {word}") == Reply(Kind.COMMANDS, {3: Choice(verb)}), word


def test_no_word_means_two_things():
    seen: dict[str, Verb] = {}
    for language in LANGUAGES.values():
        for verb in Verb:
            for word in getattr(language, verb.value).split():
                assert seen.setdefault(search_key(word), verb) is verb, word


KNOWN = (
    words.VERBS.keys()
    | words.ALL
    | words.LINKS
    | words.BUT
    | words.SMALL
    | words.THANKS
    | words.TOMORROW
    | words.UNITS.keys()
    | words.UNDO
    | words.HELP
)
COMMAND_WORDS = st.sampled_from(sorted(words.VERBS.keys() - words.EMOJI.keys()))
LATIN = st.text("abcdefghijklmnopqrstuvwxyzäéñ", min_size=1, max_size=4)


@given(COMMAND_WORDS, LATIN, LATIN | st.just(""))
@example("no", "w", "k")
@example("yes", "terday", "")
def test_letters_added_to_a_word_never_leave_a_command(word, after, before):
    longer = search_key(f"{before}{word}{after}")
    if longer in KNOWN:
        return

    assert parse(f"1 {before}{word}{after}").kind is Kind.NOTE
    assert parse(f"{before}{word}{after}").kind not in {Kind.COMMANDS, Kind.BARE}


@given(st.text(max_size=300))
@example("1" * 300)
@example("1-99999999999999999999 yes")
@example("\ud800 yes 1")
@example("1 yes " * 300)
@example("²³¼ yes")
def test_any_text_is_read_as_something(text):
    reply = parse(text)

    assert isinstance(reply, Reply)
    assert all(0 <= code <= 9999 for code in reply.choices)


@given(
    st.sampled_from([text for text, meant in COMMANDS if meant != "reaction" and "?" not in text]),
    st.sampled_from([*" \n.!…“”", "\u200b"]),
)
def test_signs_around_a_command_say_nothing(text, sign):
    assert parse(f"{sign}{text}{sign}").kind in {parse(text).kind, Kind.THANKS}


@given(st.sets(st.integers(1, 99), min_size=1, max_size=8), st.sampled_from(list(Verb)))
def test_every_code_that_is_named_gets_the_verb(codes, verb):
    said = " ".join(map(str, sorted(codes)))

    expected = dict.fromkeys(codes, Choice(verb))
    assert parse(f"{verb} {said}").choices == expected
    assert parse(f"{said} {verb}").choices == expected


def test_a_letter_is_a_note():
    assert parse("yes 1 " * 200).kind is Kind.NOTE
