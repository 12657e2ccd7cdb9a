"""The template tags and the shared pieces as a page uses them."""

from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from retention.dashboard import examples
from retention.dashboard.home_parts import Checklist, Step
from retention.dashboard.paging import Page
from retention.dashboard.states import STATES, UnknownState


def draw(text: str, **context: Any) -> str:
    """Return what a template says."""
    return Template(text).render(Context(context))


def request_in_store() -> HttpRequest:
    """Return a request inside an invented store."""
    request = RequestFactory().get("/s/lumen/")
    request.store = SimpleNamespace(name="Lumen Coffee", slug="lumen", currency="EUR")  # type: ignore[attr-defined]
    return request


class Question(forms.Form):
    """Two fields, one with a limit and a placeholder."""

    share = forms.IntegerField(
        label="Share", min_value=5, help_text="In percent.", widget=forms.NumberInput(attrs={"placeholder": "Share"})
    )
    note = forms.CharField(label="Note", required=False)


def test_icon_is_hidden_unless_it_is_named() -> None:
    assert draw('{% icon "home" "s16" %}') == '<svg class="ico s16" aria-hidden="true"><use href="/static/img/icons.svg#home"/></svg>'
    assert 'role="img" aria-label="Home"' in draw('{% icon "home" label="Home" %}')


@pytest.mark.parametrize("key", STATES)
def test_state_is_icon_and_word(key: str) -> None:
    badge, small = draw("{% state key %}", key=key), draw("{% state_icon key %}", key=key)
    for drawn in (badge, small):
        assert f"s-{key}" in drawn
        assert f"#{STATES[key].icon}" in drawn
        assert str(STATES[key].word) in drawn


def test_unknown_state_is_an_error_of_the_program() -> None:
    with pytest.raises(UnknownState):
        draw('{% state "sleepy" %}')


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Lumen Coffee", "LC"), ("nora.keller@example.test", "NE"), ("Ōsaka", "Ō"), ("", "?"), ("Anna van der Berg", "AB")],
)
def test_initials(name: str, letters: str) -> None:
    assert draw("{{ name|initials }}", name=name) == letters


def test_money_is_in_the_store_s_currency() -> None:
    assert draw("{% money 4482 %} {% money None %} {% money 6420 'JPY' %}", request=request_in_store()) == "€44.82 not known ¥6,420"


def test_nothing_counted_is_not_nought() -> None:
    assert draw("{{ a|number }} {{ b|number }} {{ b|share }}", a=0, b=None) == "0 not known not known"


def test_change_has_an_arrow_and_a_sign() -> None:
    assert "#arrow-up-right" in draw("{% change 3 'more' %}")
    assert 'class="down"' in draw("{% change -3 'fewer' %}")
    assert "svg" not in draw("{% change 0 %}")


def test_field_ties_hint_and_error_to_its_input() -> None:
    clean = draw("{% field form.share %}", form=Question())
    assert 'aria-describedby="id_share_hint"' in clean
    assert 'id="id_share_hint"' in clean
    assert "placeholder" not in clean
    wrong = draw("{% field form.share %}", form=Question({"share": "2"}))
    assert 'aria-invalid="true"' in wrong
    assert 'aria-describedby="id_share_error"' in wrong
    assert 'id="id_share_error"' in wrong
    assert "In percent." not in wrong
    assert "if you like" in draw("{% field form.note %}", form=Question())


def test_whole_form_uses_the_same_field() -> None:
    form = Question({"share": "2"})
    assert 'class="form-control is-invalid"' in str(form)
    assert "One field needs another look." in str(form)
    assert '<a href="#id_share">Share</a>' in str(form)


def test_field_escapes_what_people_typed() -> None:
    form = Question({"share": "6", "note": '"><script>alert(1)</script>'})
    assert "<script>" not in str(form)


def test_chart_carries_its_values_in_an_attribute_and_as_table() -> None:
    drawn = render_to_string(
        "ui/_chart.html",
        {
            "title": "T",
            "finding": "F",
            "kind": "bars",
            "data": {"labels": ['"><b>']},
            "table": {"head": ["Day", "Orders"], "rows": [["Mon", 82]]},
        },
    )
    assert 'data-values="{&quot;labels&quot;: [&quot;\\&quot;&gt;&lt;b&gt;&quot;]}"' in drawn
    assert "<script" not in drawn
    assert '<td class="n">82</td>' in drawn


def test_pager_says_where_one_is() -> None:
    page = Page([SimpleNamespace()] * 12, 12, 6840, "n", "b")  # type: ignore[type-var]
    drawn = render_to_string("ui/_pager.html", {"page": page, "id": "people"}, RequestFactory().get("/?q=anna"))
    assert '13 to 24 of <b class="tnum">6,840</b>' in drawn
    assert 'href="?q=anna&amp;cursor=n"' in drawn


def test_checklist_opens_the_first_step_that_is_left() -> None:
    steps = Checklist([Step("A", "", done=True), Step("B", "", done=False, minutes=3), Step("C", "", done=False, minutes=9)])
    assert (steps.done, steps.minutes_left, steps.current, steps.complete) == (1, 12, steps.steps[1], False)
    assert render_to_string("ui/_checklist.html", {"checklist": steps, "title": "Set up"}).count('class="cur"') == 1


@pytest.mark.parametrize("status", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_page_needs_neither_request_nor_database(status: str) -> None:
    drawn = render_to_string(f"{status}.html", {"number": "7F3K-20", "retry_after": 10})
    assert "7F3K-20" in drawn
    assert drawn.count("<h1>") == 1
    assert "style=" not in drawn


def test_example_form_comes_back_with_its_error() -> None:
    assert "At least 5%. With less" in str(examples.refused_form()["hold_back"].errors)
