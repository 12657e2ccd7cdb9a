"""Templates of merchants, good and hostile: every limit holds, a missing name fails its message, nobody else is affected."""

import re
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from campaigns.personalization.compiling import LONGEST_LINE, compile_mail, plain_text
from campaigns.personalization.render import CannotRender, Rendered, TemplateFault, check, render
from campaigns.personalization.tracking import hosts_of, may_link, track, with_parameters, without_links
from campaigns.playbooks import PLAYBOOKS
from campaigns.sending.rendering import MOST_TEMPLATES, Renderer

CONTEXT: dict[str, Any] = {
    "profile": {"first_name": "Zoë <b>", "attributes": {"size": "L"}},
    "cart": {"lines": [], "total_minor": 4900, "currency": "EUR"},
    "event": {},
    "shop": {"name": "Lumen"},
    "unsubscribe_url": "https://x.test/u/1",
}


def parts(html: str = "", subject: str = "Hi", text: str = "Hi") -> dict[str, str]:
    return {"subject": subject, "html": html, "text": text}


def show(html: str) -> str:
    result = render(parts(html), CONTEXT)
    assert isinstance(result, Rendered), result
    return result.html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("{{ profile.first_name }}", "Zoë &lt;b&gt;"),
        ("{{ cart.total_minor | money: cart.currency }}", "€49.00"),
        ("{{ cart.total_minor | money: 'NOPE' }}", ""),
        ("{{ profile.last_name | default: 'friend' }}", "friend"),
        ("{{ profile.attributes.colour }}", ""),
        ("{{ event.anything }}", ""),
        ("{{ '2026-03-02T10:00:00+00:00' | date: '%d.%m.%Y' }}", "02.03.2026"),
        ("{{ 'https://x.test/a.png' | img_url: '300x' }}", "https://x.test/a.png?width=300"),
        ("{{ 'javascript:alert(1)' | web_url }}", ""),
        ("{{ 'javascript:alert(1)' | img_url: '3' }}", ""),
        ("{% for n in (1..3) %}{{ n }}{% endfor %}", "123"),
    ],
)
def test_shows(source: str, html: str) -> None:
    assert show(source) == html


def test_missing_name_fails_the_message_and_is_named() -> None:
    assert render(parts("{{ profile.nickname }} {{ coupon.code }}"), CONTEXT) == CannotRender(
        "template_variable", "coupon, profile.nickname"
    )


def test_no_template_turns_escaping_off() -> None:
    result = render(parts("{{ profile.first_name | safe }}"), CONTEXT)
    assert isinstance(result, CannotRender)
    assert result.reason == "template_error"


def test_text_and_subject_are_not_escaped_and_the_subject_is_one_line() -> None:
    result = render(parts(subject="{{ profile.first_name }}\n\nBcc: x", text="{{ profile.first_name }}"), CONTEXT)
    assert result == Rendered("Zoë <b> Bcc: x", "", "Zoë <b>")


HOSTILE = [
    "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}",
    "{% for a in (1..9000) %}0123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}",
    "{% assign x = 'aaaaaaaaaa' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}{{ x }}",
    "{% assign r = (1..n) %}",
    "{{ 'a' | nofilter }}",
    "{% include 'secret' %}",
]


SLOW = "{% assign x = '1,2,3,4,5,6,7,8,9' | split: ',' %}{% for a in (1..9990) %}{{ big | join: 'x' | size }}{% endfor %}"
GROWS = "{% assign x = 'a' %}{% for i in (1..26) %}{% assign x = x | append: x %}{% endfor %}{{ x | size }}"


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_template_ends_quickly(source: str) -> None:
    process = Renderer()
    try:
        assert isinstance(process.render("good", parts("{{ shop.name }}"), CONTEXT), Rendered)
        begin = time.monotonic()
        assert isinstance(process.render("bad", parts(source), CONTEXT), CannotRender | Rendered)
        assert time.monotonic() - begin < 5
        assert process.render("good", parts("{{ shop.name }}"), CONTEXT) == Rendered("Hi", "Lumen", "Hi")
    finally:
        process.stop()


def test_template_that_never_ends_is_killed_and_the_next_message_goes_on() -> None:
    process = Renderer()
    context = CONTEXT | {"big": list(range(200_000))}
    try:
        process.render("good", parts("ok"), CONTEXT)
        begin = time.monotonic()
        result = process.render("slow", parts(SLOW), context)
        assert result == CannotRender("template_too_slow", "no progress within 1 s")
        assert time.monotonic() - begin < 5
        assert process.render("good", parts("ok"), CONTEXT) == Rendered("Hi", "ok", "Hi")
    finally:
        process.stop()


@pytest.mark.deep
@pytest.mark.parametrize("source", [*HOSTILE, SLOW, GROWS])
def test_a_hostile_template_is_stopped_within_a_second_and_a_half_and_in_128_megabytes(source: str) -> None:
    process, peaks, over = Renderer(), [0.0], threading.Event()
    try:
        process.render("good", parts("ok"), CONTEXT)
        assert process._process is not None
        status = Path(f"/proc/{process._process.pid}/status")

        def watch() -> None:
            with suppress(OSError):  # it was ended
                while not over.wait(0.002):
                    peaks.extend(int(kilobytes) / 1024 for kilobytes in re.findall(r"VmHWM:\s+(\d+)", status.read_text()))

        watching = threading.Thread(target=watch)
        watching.start()
        begin = time.monotonic()
        process.render("bad", parts(source), CONTEXT | {"big": list(range(200_000))})
        seconds = time.monotonic() - begin
        over.set()
        watching.join()
        print(f"{source[:40]}: stopped after {seconds:.2f} s, at most {max(peaks):.0f} MB")
        assert seconds <= 1.5
        assert 0 < max(peaks) <= 128
        assert process.render("good", parts("ok"), CONTEXT) == Rendered("Hi", "ok", "Hi")
    finally:
        over.set()
        process.stop()


def test_a_process_that_keeps_many_templates_is_started_anew() -> None:
    process, seen = Renderer(), set()
    try:
        for number in range(MOST_TEMPLATES + 2):
            assert process.render(f"t{number}", parts(f"{number}"), CONTEXT) == Rendered("Hi", f"{number}", "Hi")
            seen.add(process._process.pid if process._process else 0)
    finally:
        process.stop()
    assert len(seen) == 2


def test_memory_is_limited() -> None:
    process = Renderer()
    try:
        result = process.render("grow", parts(GROWS), CONTEXT)
        assert isinstance(result, CannotRender)
        assert result.reason in {"template_too_big", "template_too_slow"}
    finally:
        process.stop()


@pytest.mark.parametrize("source", ["{% for x in (1..10001) %}{% endfor %}", "{{ a", "{% bad %}", "{% if a %}" * 60 + "{% endif %}" * 60])
def test_refuses_at_saving(source: str) -> None:
    with pytest.raises(TemplateFault):
        check(source)


def test_playbook_mails_compile_without_web_fonts_and_with_short_lines() -> None:
    for ready in PLAYBOOKS["abandoned_cart"].templates:
        compiled = compile_mail(subject=ready.subject, source=ready.source)
        assert max(len(line.encode()) for line in compiled.html.splitlines()) <= LONGEST_LINE
        assert "fonts.googleapis" not in compiled.html
        assert "{{ unsubscribe_url }}" in compiled.text


@pytest.mark.parametrize(
    "source",
    [
        "<mjml><mj-body><mj-evil/>{{ unsubscribe_url }}</mj-body></mjml>",
        "{{ unsubscribe_url }} <mjml",
        "{% assign unsubscribe_url = '#' %}<mjml><mj-body></mj-body></mjml>",
    ],
)
def test_refuses_a_mail_that_does_not_compile(source: str) -> None:
    with pytest.raises(TemplateFault):
        compile_mail(subject="Hi", source=source)


def test_plain_text_keeps_links_and_leaves_styles_out() -> None:
    assert (
        plain_text('<style>x{}</style><p>Hi <a href="https://a.test/?x=1&amp;y=2">there</a></p>') == "Hi there: https://a.test/?x=1&y=2\n"
    )


def test_links_become_ours_with_their_targets_kept() -> None:
    html = '<a href="https://a.test/?utm_source=me&amp;b=1">A</a><a href="{x}">X</a><a href="javascript:x">J</a>'
    html += '<a href="mailto:a@b.test">M</a>'
    tracked = track(
        html.replace("{x}", "https://u.test/u/1"),
        "see https://a.test/?utm_source=me&b=1",
        make_url=lambda position: f"https://s.test/c/{position}",
        utm={"utm_source": "boomerang", "utm_medium": "email"},
        leave=frozenset({"https://u.test/u/1"}),
        hosts=frozenset({"a.test"}),
    )
    assert tracked.targets == ("https://a.test/?utm_source=me&b=1&utm_medium=email",)
    assert tracked.html == (
        '<a href="https://s.test/c/0">A</a><a href="https://u.test/u/1">X</a><a href="#">J</a><a href="mailto:a@b.test">M</a>'
    )
    assert tracked.text == "see https://s.test/c/0"


@pytest.mark.parametrize(
    "html",
    [
        '<A HREF="https://a.test/x">A</A>',
        '<a class="x"\n href="https://a.test/x">A</a><link href="https://a.test/y"><a data-href="https://a.test/x" href="z">',
        '<a title="<b" href="https://a.test/x">A</a><abbr href="https://a.test/x">A</abbr><a xhref="https://a.test/x" href="https://a.test/w">',
        '<a href="https://a.test/x',
    ],
)
def test_links_are_found_where_a_pattern_over_the_whole_mail_finds_them(html: str) -> None:
    pattern = re.compile(r'(<a\b[^>]*?\bhref=)"([^"]*)"', re.IGNORECASE)
    seen: list[str] = []
    tracked = track(html, "", make_url=lambda p: f"https://s.test/{p}", utm={}, leave=frozenset(), hosts=frozenset({"a.test"})).html

    def ours(match: re.Match[str]) -> str:
        if match.group(2) not in seen and match.group(2).startswith("https"):
            seen.append(match.group(2))
        return f'{match.group(1)}"{f"https://s.test/{seen.index(match.group(2))}" if match.group(2) in seen else "#"}"'

    assert tracked == pattern.sub(ours, html)


def test_parameters_never_overwrite() -> None:
    assert with_parameters("https://a.test/?utm_source=x#top", {"utm_source": "b", "utm_medium": "email"}) == (
        "https://a.test/?utm_source=x&utm_medium=email#top"
    )


OWN = hosts_of('<a href="https://social.test/lumen">', web_address="https://lumen.example.test/shop")


@pytest.mark.parametrize(
    ("target", "good"),
    [
        ("https://lumen.example.test/p", True),
        ("https://www.lumen.example.test/p", True),
        ("http://LUMEN.example.test./", True),
        ("https://social.test/other", True),
        ("https://www.social.test/", False),
        ("https://evil.example/", False),
        ("https://lumen.example.test.evil.example/", False),
        ("https://evillumen.example.test/", False),
        ("https://lumen.example.test@evil.example/", False),
        ("https://x;sandbox;y@lumen.example.test/", False),
        ("https://evil.example\\.lumen.example.test/", False),
        ("https://[::1/", False),
    ],
)
def test_a_mail_links_only_to_the_shop_and_to_what_its_template_names(target: str, good: bool) -> None:
    assert may_link(target, hosts=OWN) is good


def test_what_a_browser_told_becomes_no_link() -> None:
    told = "Pay now: evil.example or https://evil.example/x or HTTPS://evil.example, see https://lumen.example.test/help"
    assert without_links(told, hosts=OWN) == "Pay now: evil.\u2060example or  or  see https://lumen.example.test/help"
    tracked = track(
        '<a href="https://evil.example/">Button</a>',
        "https://evil.example/ https://lumen.example.test/a",
        make_url=lambda position: f"https://s.test/c/{position}",
        utm={},
        leave=frozenset(),
        hosts=OWN,
    )
    assert tracked.targets == ("https://lumen.example.test/a",)
    assert (tracked.html, tracked.text) == ('<a href="#">Button</a>', "https://evil.example/ https://s.test/c/0")
