"""What a worker tells its render process of a mail: only what its template asks for, and proofs of as many links as it may need."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from campaigns.personalization.render import Rendered, environment, names_in
from campaigns.personalization.render_process import LENGTH_BYTES
from campaigns.personalization.tracking import MOST_LINKS, PROOF_SIGNS
from campaigns.sending.rendering import Job, Links, Renderer

SHOP = "https://lumen.example.test"
BASE = "https://s.test/c/k1.token."
LINES = f'<a href="{SHOP}/sale">Sale</a>{{% for line in lines %}}<a href="{{{{ line }}}}">x</a>{{% endfor %}}'


def proofs(count: int) -> str:
    return "".join([f"p{position:05}" for position in range(count)])


def mail(html: str, **context: Any) -> Job:
    parts = {"subject": "Hi", "html": html, "text": html}
    return Job(html, parts, context, Links({}, frozenset({"lumen.example.test"}), "", BASE, proofs))


@pytest.fixture
def process() -> Iterator[Renderer]:
    running = Renderer()
    yield running
    running.stop()


def told(process: Renderer, job: Job) -> dict[str, Any]:
    """Return what the process would be told of a mail now."""
    frame, _ = process._framed(job, job.key, process._proofs(job, job.key), last=True)
    said: dict[str, Any] = msgspec.msgpack.decode(frame[LENGTH_BYTES:])
    return said


def made(process: Renderer, *jobs: Job) -> list[str]:
    found = [one for one in process.render_all(jobs) if isinstance(one, Rendered)]
    return [one.html or b"".join(one.pieces).decode() for one in found]


def with_lines(count: int) -> Job:
    return mail(LINES, lines=[f"{SHOP}/{number}" for number in range(count)])


def expected(count: int) -> str:
    links = [f'<a href="{BASE}{place}.p{place:05}">{"x" if place else "Sale"}</a>' for place in range(count + 1)]
    return "".join(links)


@pytest.mark.parametrize("counts", [(0, 5, 40, 199, 3), (4, 150, 30, 1)])
def test_a_mail_with_more_links_than_any_before_has_the_proof_of_each(process: Renderer, counts: tuple[int, ...]) -> None:
    assert [made(process, with_lines(count)) for count in counts] == [[expected(count)] for count in counts]
    kept = process._process
    process._known[LINES + " "].met = 1  # as if no mail had had more before this slice
    assert made(process, *[with_lines(count) for count in counts]) == [expected(count) for count in counts]
    assert process._process is kept


def test_links_are_proven_for_what_the_mails_of_a_template_need(process: Renderer) -> None:
    assert len(told(process, with_lines(1))["proofs"]) == PROOF_SIGNS * MOST_LINKS
    process.stop()
    made(process, with_lines(4))
    assert len(told(process, with_lines(1))["proofs"]) == PROOF_SIGNS * (1 + 4 + 8)
    made(process, with_lines(40))
    assert len(told(process, with_lines(1))["proofs"]) == PROOF_SIGNS * (1 + 40 + 8)


def test_what_a_template_does_not_ask_for_is_not_told_again(process: Renderer) -> None:
    job = mail("<p>{{ profile.name }}</p>", profile={"name": "Zoë"}, event={"long": "x" * 100}, shop={"name": "Lumen"})
    assert made(process, job) == ["<p>Zo&#235;</p>"]
    assert told(process, job)["context"] == {"profile": {"name": "Zoë"}}
    assert made(process, job) == ["<p>Zo&#235;</p>"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{{ profile.name | default: shop.name }}", ["profile", "shop"]),
        ("{% if event %}{% assign cart = 1 %}{% endif %}{{ cart }}", ["cart", "event"]),
        ("{% for one in cart.lines limit: event.most %}{{ one | money: shop.currency }}{% endfor %}", ["cart", "event", "one", "shop"]),
        ("{% case viewed %}{% when newest %}{% capture all %}{{ coupon }}{% endcapture %}{% endcase %}", ["coupon", "newest", "viewed"]),
        ("{% liquid\n echo profile.name\n assign x = event %}", ["event", "profile"]),
        ("{% tablerow one in products %}{% cycle fallback, shop %}{% endtablerow %}", ["fallback", "products", "shop"]),
        ("{{ ['cart'].lines }}", ["cart"]),
        ("{% assign word = 'cart' %}{{ [word].lines }}", None),
    ],
)  # fmt: skip
def test_the_names_a_template_asks_for(source: str, names: list[str] | None) -> None:
    assert names_in(environment(autoescape=True).from_string(source)) == names


def test_a_name_given_in_some_mails_only_is_found_in_the_others(process: Renderer) -> None:
    source = "{% if event.own %}{% assign coupon = event.own %}{% endif %}<p>{{ coupon }}</p>"
    codes = made(process, *[mail(source, event=event, coupon="SHARED") for event in ({}, {"own": "MINE"}, {})])
    codes += made(process, mail(source, event={}, coupon="SHARED"))
    assert codes == ["<p>SHARED</p>", "<p>MINE</p>", "<p>SHARED</p>", "<p>SHARED</p>"]
