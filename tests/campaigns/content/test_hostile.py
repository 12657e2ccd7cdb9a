"""Sources that would cost a worker everything: nested until the compiler dies, or full of openings without an end."""

import time
from collections.abc import Callable

import pytest

from campaigns.personalization.blocks.texts import as_html, as_typed
from campaigns.personalization.blocks.tree import NoBlocks, body_of
from campaigns.personalization.compiling import compile_mail
from campaigns.personalization.framing import has_way_out
from campaigns.personalization.mjml import MOST_TAGS, NoMjml, html_of
from campaigns.personalization.render import TemplateFault

MUCH = 100_000


def mail(inside: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column>{inside}</mj-column></mj-section></mj-body></mjml>"


@pytest.mark.parametrize("inside", ["<mj-text>{deep}</mj-text>", "<mj-raw>{deep}</mj-raw>"])
def test_a_mail_nested_too_deeply_is_refused_and_this_process_lives(inside: str) -> None:
    source = mail(inside.format(deep="<div>" * 30_000 + "</div>" * 30_000))
    with pytest.raises(TemplateFault, match="nested too deeply"):
        compile_mail(subject="Hi", source=source)


def test_a_long_mail_is_compiled_apart_like_a_short_one() -> None:
    long = mail("<mj-text>a ü</mj-text>" * MOST_TAGS)
    assert html_of(long).count("a ü") == MOST_TAGS
    assert html_of(mail("<mj-text>a ü</mj-text>")).count("a ü") == 1


def test_a_long_mail_that_is_none_says_why() -> None:
    with pytest.raises(NoMjml, match="stream"):
        html_of(mail("<mj-text>a</mj-text>" * MOST_TAGS).removesuffix("</mjml>"))


@pytest.mark.parametrize(
    "source", ["<mj" * MUCH, "<!--" * MUCH, '<mj "' * MUCH, "<mj-body>" + "<mj-x>" * MUCH + "</mj-x>" * MUCH + "</mj-body>"]
)
def test_openings_without_an_end_are_no_blocks_at_once(source: str) -> None:
    begun = time.monotonic()
    with pytest.raises(NoBlocks):
        body_of(source)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("work", [as_html, as_typed, has_way_out])
@pytest.mark.parametrize("opening", ["{{", "{%", "**a ", "*a ", "[", "[a](", "<b", '<b "', "<a ", "<!--"])
def test_text_full_of_openings_is_read_once(work: Callable[[str], object], opening: str) -> None:
    begun = time.monotonic()
    work(opening * MUCH)
    assert time.monotonic() - begun < 5


def test_a_way_out_behind_a_comment_without_an_end_is_none() -> None:
    link = '<a href="{{ unsubscribe_url }}">No more</a>'
    assert has_way_out(f"<!-- a -->{link}")
    assert not has_way_out(f"<!-- a {link}")
