import time

import pytest

from server.lib.html_text import is_html, text_of_html


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>1 yes</p><p>2 no</p>", "1 yes\n\n2 no"),
        ("<div>1&nbsp;yes &amp; 2 no</div>", "1 yes & 2 no"),
        ("<div>a<br>b<br/>c</div>", "a\nb\nc"),
        ("<style>b{}</style><div>x</div><script>if (a<b) c()</script>", "x"),
        ("<!-- <p>no --><p>x</p>", "x"),
        ("<!--[if mso]><p>no</p><![endif]--><p>x</p>", "x"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n> > b\n\nc"),
        ("<p>a < b and 2 > 1</p>", "a < b and 2 > 1"),
        ('<div class="gmail_signature">Ana</div><p>x</p>', "x"),
        ("<p>never closed", "never closed"),
        ("</div></p>x", "x"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<p>&lt;b&gt;</p>", "<b>"),
        ("", ""),
    ],
)
def test_html_becomes_its_text(html, text):
    assert text_of_html(html).strip() == text


def test_the_words_of_a_page_are_in_the_order_of_the_page():
    assert text_of_html("<b>1</b> <i>y</i>es").split() == ["1", "yes"]


@pytest.mark.parametrize("body", ["<html><body>x", "<div dir=ltr>x", "\n<!DOCTYPE html>x", "<p>x"])
def test_html_is_known_by_how_it_begins(body):
    assert is_html(body)


@pytest.mark.parametrize("body", ["1 yes", "<3 Ben", "<ana@example.org> wrote", "x <p>"])
def test_text_is_not_taken_for_html(body):
    assert not is_html(body)


HUGE = {
    "tags": "<div>" + "<div " * 40_000,
    "comments": "<div>" + "<!--" * 50_000,
    "ends": "<div>" + "</x>" * 50_000,
    "styles": "<style>" * 28_000,
    "nested": "<div>" * 40_000,
    "entities": "<div>" + "&" * 190_000,
}


@pytest.mark.parametrize("kind", HUGE)
def test_no_page_takes_long(kind):
    """The standard library's parser takes minutes for some of these; here it is a blink."""
    started = time.process_time()

    text_of_html(HUGE[kind])

    assert time.process_time() - started < 10
