"""The memory of a render process is shared by shops: what one of them fills it with costs no message of another."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from babel.localedata import locale_identifiers

from campaigns.personalization import render_process
from campaigns.personalization.fast import keeping
from campaigns.personalization.fast.emitting import Tidy
from campaigns.personalization.render import CannotRender, Mailing, Rendered, check, render
from campaigns.sending import lending, rendering
from campaigns.sending.rendering import Job, Links, Renderer
from campaigns.sending.told import Told

LINKS = Links({}, frozenset({"lumen.example.test"}), "", "https://s.test/c/", lambda count: count * "proof0")
EVERY_VALUE = '{% for v in event.values %}<b title="{{ v }}">{{ v }}</b>{% endfor %}'
NEVER_SHOWN = "{% if event.nothing %}" + "\N{PARTY POPPER}" * 400_000 + "{% endif %}<p>Hi {{ event.name }}</p>"
TOO_LARGE = "{% if event.nothing %}" + "\N{PARTY POPPER}" * 9_000_000 + "{% endif %}"
SMALL = '<p>{{ event.name }}</p><a href="https://lumen.example.test/sale">Sale</a>'


def mail(template: str, html: str, **event: Any) -> Job:
    return Job(template, {"subject": "Hi", "html": html, "text": "Hi"}, {"event": event}, LINKS)


def html_of(answer: Rendered | CannotRender) -> str:
    assert isinstance(answer, Rendered), answer
    return answer.html or b"".join(answer.pieces).decode()


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[Renderer]:
    """Run a process that may take its time: on a busy machine what fills the memory needs more than a second."""
    monkeypatch.setattr(rendering, "PATIENCE_SECONDS", 20.0)
    running = Renderer()
    yield running
    running.stop()


def test_many_long_values_of_one_shop_leave_room_for_a_small_mail_of_another(process: Renderer) -> None:
    emoji = ["\N{PARTY POPPER}" * 380 + f"{number:08}" for number in range(4_080)]
    jobs = [
        mail(f"a{template}", EVERY_VALUE, values=emoji[start : start + 60]) for template in range(4) for start in range(0, len(emoji), 60)
    ]
    assert {type(one) for one in process.render_all(jobs)} == {Rendered}
    pid = process._process.pid if process._process else 0
    html = html_of(process.render_all([mail("b", SMALL, name="Zoë")])[0])
    assert html == '<p>Zo&#235;</p><a href="https://s.test/c/0.proof0">Sale</a>'
    assert process._process
    assert process._process.pid == pid


def test_templates_that_fill_it_are_dropped_and_each_mail_is_made_all_the_same(process: Renderer) -> None:
    for number in range(10):
        (big, small) = process.render_all([mail(f"a{number}", NEVER_SHOWN, name=number), mail("b", SMALL, name=number)])
        assert html_of(big) == f"<p>Hi {number}</p>"
        assert html_of(small) == f'<p>{number}</p><a href="https://s.test/c/0.proof0">Sale</a>'


def test_only_the_second_time_that_memory_does_not_suffice_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    mailing, fails = Mailing({"subject": "Hi", "html": SMALL, "text": "Hi"}, utm={}, hosts=["lumen.example.test"]), [True]

    def failing(*_given: Any, **_named: Any) -> Any:
        if fails.pop():
            raise MemoryError
        return Rendered("Hi", "made", "Hi")

    monkeypatch.setattr(render_process, "render", failing)
    job = {"template": "t", "context": {}}
    fails[:] = [False, True]
    assert render_process._answer(job, {"t": {}, "m": mailing}) == render_process.framed(Rendered("Hi", "made", "Hi"))
    fails[:] = [True, True]
    assert render_process._answer(job, {"t": {}}) is None, "the process ends, or it is the job's own"


IN_EVERY_LOCALE = (
    '{% for l in event.locales %}{{ 1 | money: "EUR", l }}{% endfor %}{% for l in event.locales %}{{ 1 | money: "EUR", l }}{% endfor %}'
)


def test_what_a_library_keeps_for_itself_costs_no_mail_of_another_shop(process: Renderer) -> None:
    rendering.forget_kills()
    locales = locale_identifiers()  # the data of all of them are larger than the process may be
    for start in range(0, len(locales), 5):
        big, small = process.render_all([mail("a", IN_EVERY_LOCALE, locales=locales[start : start + 5]), mail("b", SMALL, name="Zoë")])
        assert isinstance(big, Rendered)
        assert html_of(small) == '<p>Zo&#235;</p><a href="https://s.test/c/0.proof0">Sale</a>'
    assert not rendering._kills


def test_a_mail_too_large_for_the_process_is_set_aside_in_the_end_and_its_neighbours_are_made(process: Renderer) -> None:
    rendering.forget_kills()
    jobs = [job for number in range(5) for job in (mail("large", TOO_LARGE, name="A"), mail("b", SMALL, name=number))]
    answers = process.render_all(jobs)
    assert [html_of(one) for one in answers[1::2]] == [f'<p>{n}</p><a href="https://s.test/c/0.proof0">Sale</a>' for n in range(5)]
    assert [one.reason for one in answers[::2] if isinstance(one, CannotRender)] == ["template_too_big"] * 3 + ["template_set_aside"] * 2


def test_a_process_that_ends_under_what_others_left_in_it_is_not_laid_to_the_next_message(
    process: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering.forget_kills()
    process.render_all([mail("a", SMALL, name="A")])
    exchange, lost = process._exchange, [True]

    def ends_once(*given: Any, **named: Any) -> Any:
        return ([], True) if lost and lost.pop() else exchange(*given, **named)

    monkeypatch.setattr(process, "_exchange", ends_once)
    assert "<p>B</p>" in html_of(process.render_all([mail("b", SMALL, name="B")])[0])
    assert not rendering._kills


@pytest.mark.parametrize(
    "set_up", ["pass", "process.FLUSH_BYTES = 1 << 30"], ids=["they leave by their size", "they are lost, and made in halves"]
)
def test_large_mails_that_are_made_in_no_time_leave_room_for_each_other(
    process: Renderer, monkeypatch: pytest.MonkeyPatch, set_up: str
) -> None:
    """As many as are made together do not fit into the process beside what joins them."""
    code = f"from campaigns.personalization import render_process as process; process.FLUSH_SECONDS = 60; {set_up}; process.main()"
    monkeypatch.setattr(rendering, "_COMMAND", (sys.executable, "-c", code))
    text = "x" * 490_000
    answers = process.render_all([Job("t", {"subject": "Hi", "html": "", "text": text}, {}) for _mail in range(128)])
    assert answers == [Rendered("Hi", "", text)] * 128


def test_what_is_lost_after_it_was_made_is_not_made_for_ever(process: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    def loses(_process: object, _jobs: object, count: int, **_named: object) -> tuple[list[bytes], bool]:
        process._done[0] += count
        return [], True

    process.warm_up()
    monkeypatch.setattr(process, "_exchange", loses)
    rendering.forget_kills()
    answers = process.render_all([mail(f"t{number}", SMALL) for number in range(3)])
    assert answers == [CannotRender("template_too_big", "the render process ended")] * 3


def test_what_is_kept_of_values_has_one_limit_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_SIGNS", 2_000)
    keeping.forget_kept()
    first, second = Tidy(), Tidy()
    for number in range(5):
        assert first[f"<{number}"] == f"&lt;{number}"
    assert len(first) == 5
    for number in range(20):
        assert second[f"{number}"] == f"{number}"
        assert len(first) + len(second) <= 19
    assert len(first) == 0


def test_a_long_chain_of_filters_passes_and_is_made() -> None:
    source = "{{ event.name" + " | upcase" * 210 + " }}"
    check(source)
    made = render({"subject": source, "html": source, "text": source}, {"event": {"name": "zoe"}})
    assert made == Rendered("ZOE", "ZOE", "ZOE")
    mailing = Mailing({"subject": "Hi", "html": source, "text": source}, utm={}, hosts=[])
    written = mailing.render({"event": {"name": "zoe"}}, base="https://s.test/c/", proofs="", leave=[])
    assert not isinstance(written, CannotRender)
    assert written.text == "ZOE"


def test_fixed_html_is_kept_once_and_only_plain_texts_are_joined() -> None:
    told = Told()
    told.note(True, (), [(["<p>", "</p>"], [1]), (["100% of it: ", "."], [0])])
    for _time in range(2):
        assert told.filled(1, [b"https://s.test/0", b"https://s.test/1"]) == b"100% of it: https://s.test/0."
    assert (len(told.chunks), dict(told.forms)) == (2, {1: b"100%% of it: %b."})


@pytest.mark.parametrize("locale", ["xx", "nonsense!", "en." + "x" * 1000, "", "xx_YY", None])
def test_an_amount_in_a_locale_nobody_knows_is_written_as_in_english(locale: str | None) -> None:
    source = '{{ 123456 | money: "EUR", event.locale }}'
    made = render({"subject": source, "html": source, "text": source}, {"event": {"locale": locale}})
    assert isinstance(made, Rendered)
    assert made.text == "€1,234.56"


def test_who_holds_the_render_processes_for_long_keeps_nobody_waiting() -> None:
    with ExitStack() as held:
        for _place in range(lending.MOST_PROCESSES):
            held.enter_context(lending.renderer())
        with lending.renderer() as one_more:
            assert "<p>B</p>" in html_of(one_more.render_all([mail("b", SMALL, name="B")])[0])
            running = one_more._process
            assert running is not None
        assert running.poll() is not None, "it ends with its use"
    with lending.renderer() as kept:
        kept.warm_up()
    assert kept in lending._idle
