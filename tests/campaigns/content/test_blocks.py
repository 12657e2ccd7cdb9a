"""Blocks: what the list does to a mail, and that all else of it stays letter by letter."""

import pytest

from campaigns.personalization.blocks.editing import Refused, change
from campaigns.personalization.blocks.kinds import KINDS
from campaigns.personalization.blocks.outline import Line, outline_of
from campaigns.personalization.blocks.texts import as_html, as_typed
from campaigns.personalization.blocks.tree import NoBlocks
from campaigns.personalization.compiling import compile_mail
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.playbooks import PLAYBOOKS

MAIL = """<mjml>
  <!-- ours: <mj-section> -->
  <mj-head><mj-style>.a > b { color: red }</mj-style></mj-head>
  <mj-body>
    {% if profile.city == "Wien" %}
    <mj-section css-class='top'>
      <mj-column>
        <mj-text mj-class="x" data-own="1" font-size="20px">Hello <b>you</b></mj-text>
        <mj-raw>{% if cart.lines_count > 1 %}</mj-raw>
        <mj-table><tr><td>a < b</td></tr></mj-table>
        <mj-raw>{% endif %}</mj-raw>
        <mj-button href="https://a.test/?a=1&amp;b=2">Go</mj-button>
      </mj-column>
    </mj-section>
    {% endif %}
    <mj-section>
      <mj-column>
        <mj-text><a href="{{ unsubscribe_url }}">No</a> {{ shop.postal_address }}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def line(source: str, label: str, *, nth: int = 0) -> Line:
    return [one for one in outline_of(source) if one.label.text == label][nth]


def do(source: str, deed: str, number: int, **values: str) -> str:
    return change(source, deed, number, values=values, ready={}).source


def labels(source: str) -> list[str]:
    return [one.label.text for one in outline_of(source)]


def test_a_mail_is_shown_as_its_parts_and_blocks() -> None:
    assert labels(MAIL) == [
        "Part of the mail", "Text", "Own code", "Own code", "Own code", "Button", "Part of the mail", "Address and a way to say no",
    ]  # fmt: skip
    assert line(MAIL, "Text").glimpse == "Hello you"
    assert line(MAIL, "Text").source_line == 8
    assert {field.key: value for field, value in line(MAIL, "Button").values}["href"] == "https://a.test/?a=1&b=2"


def test_filling_in_changes_those_letters_and_no_others() -> None:
    number = line(MAIL, "Text").number
    new = do(
        MAIL, "set", number, text='Hi {{ profile.first_name | default: "you" }}\n**now** & [here](https://x.test/?a=1&b=2)', size="20px"
    )
    assert new == MAIL.replace(
        "Hello <b>you</b>",
        'Hi {{ profile.first_name | default: "you" }}<br />\n<b>now</b> &amp; <a href="https://x.test/?a=1&amp;b=2">here</a>',
    )
    assert do(new, "set", number, **{field.key: value for field, value in line(new, "Text").values}) == new
    assert do(MAIL, "set", line(MAIL, "Button").number, back="#112233") == MAIL.replace('b=2">Go', 'b=2" background-color="#112233">Go')
    assert do(MAIL, "set", number, size="") == MAIL.replace(' font-size="20px"', "")


def test_a_text_cannot_close_its_block() -> None:
    number = line(MAIL, "Text").number
    assert "&lt;/mj-text&gt;" in do(MAIL, "set", number, text="</mj-text><mj-raw>x")
    whole = MAIL.replace("<b>you</b>", '<span class="z">you</span>')
    assert do(whole, "set", number, html="</mj-text><i>x</i>").count("</mj-text>") == whole.count("</mj-text>")


def test_blocks_move_by_step_across_parts_and_back_again() -> None:
    number = line(MAIL, "Button").number
    up = change(MAIL, "up", number, values={}, ready={})
    assert labels(up.source)[4:6] == ["Button", "Own code"]
    assert do(up.source, "down", up.number) == MAIL
    down = change(MAIL, "down", number, values={}, ready={})
    assert labels(down.source)[5:] == ["Part of the mail", "Button", "Address and a way to say no"]
    assert do(down.source, "up", down.number) == MAIL
    parts = change(MAIL, "down", line(MAIL, "Part of the mail").number, values={}, ready={})
    assert labels(parts.source)[:3] == ["Part of the mail", "Address and a way to say no", "Part of the mail"]


def test_blocks_are_carried_before_others_but_not_into_themselves() -> None:
    button, text = line(MAIL, "Button").number, line(MAIL, "Text").number
    assert labels(do(MAIL, f"carry:{text}", button))[1:3] == ["Button", "Text"]
    assert do(MAIL, f"carry:{button}", button) == MAIL
    with pytest.raises(Refused):
        do(MAIL, f"carry:{text}", line(MAIL, "Part of the mail").number)


def test_deleting_takes_the_block_and_a_part_it_was_alone_in() -> None:
    assert do(MAIL, "delete", line(MAIL, "Button").number) == MAIL.replace(
        '\n        <mj-button href="https://a.test/?a=1&amp;b=2">Go</mj-button>', ""
    )
    added = change(MAIL, "add:heading", 0, values={}, ready={})
    assert labels(added.source)[6:8] == ["Part of the mail", "Heading"]
    assert do(added.source, "delete", added.number) == MAIL


def test_the_way_to_say_no_cannot_be_deleted() -> None:
    for label, nth in (("Address and a way to say no", 0), ("Part of the mail", 1)):
        with pytest.raises(Refused) as refused:
            do(MAIL, "delete", line(MAIL, label, nth=nth).number)
        assert "cannot be left out" in refused.value.words.text


@pytest.mark.parametrize("key", [kind.key for kind in KINDS if kind.source] + ["columns"])
def test_every_kind_can_be_added_is_known_again_and_compiles(key: str) -> None:
    ready = {"social": '<a href="https://s.test/">S</a>', "until": "2026-12-24 20:00"}
    added = change(MAIL, f"add:{key}", line(MAIL, "Text").number, values={}, ready=ready)
    compile_mail(subject="x", source=added.source.replace("a < b", "a"))
    if key != "columns":
        kind = next(one for one in KINDS if one.key == key)
        found = next(one for one in outline_of(added.source) if one.number == added.number)
        assert found.label == kind.label
        assert [field.key for field, _value in found.values] == [field.key for field in kind.fields if field.key != "html"]


@pytest.mark.parametrize("source", ["", "<mjml></mjml>", MAIL.replace("</mj-column>", "", 1), MAIL.replace("</mj-text>", ""), "<p>x</p>"])
def test_what_is_no_list_of_blocks_is_said_with_its_line(source: str) -> None:
    with pytest.raises(NoBlocks):
        outline_of(source)


@pytest.mark.parametrize(
    "typed",
    [
        "Hello",
        "two\nlines",
        "**bold** and *italic*",
        "[shop]({{ shop.web_address }})",
        r"5 \* 3",
        "{% if a < 3 %}x{% endif %}",
        "a < b & c",
    ],
)
def test_typed_text_comes_back_as_it_was_typed(typed: str) -> None:
    assert as_typed(as_html(typed)) == typed


@pytest.mark.parametrize("html", ['<span class="a">x</span>', '<a href="x" class="b">x</a>', "<ul><li>x</li></ul>"])
def test_what_cannot_be_typed_is_left_alone(html: str) -> None:
    assert as_typed(html) is None


def _sources() -> list[str]:
    ready = [wording_of(one, words={}).source for _key, one in READY_MAILS.items()]
    return ready + [one.source for playbook in PLAYBOOKS for one in playbook.templates if one.kind == "mjml"]


def test_every_mail_of_ours_is_a_list_of_blocks_that_filling_in_the_same_leaves_alone() -> None:
    for source in _sources():
        for one in outline_of(source):
            assert do(source, "set", one.number, **{field.key: value for field, value in one.values}) == source
