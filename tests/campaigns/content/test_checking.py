"""Before a mail goes out: every fault is named in plain words with its place, and a good mail has none."""

from typing import Any

import pytest

from campaigns.personalization.blocks.editing import filled_in
from campaigns.personalization.brands import ready_words
from campaigns.personalization.checking import FINE, MUST, SHOULD, Finding, findings_of, must_mend
from campaigns.personalization.framing import with_footer
from campaigns.personalization.render import Rendered, render
from campaigns.personalization.vocabulary import WORDS, example_context, words_of_store
from campaigns.personalization.wording import Content, Wording
from campaigns.playbooks import PLAYBOOKS
from campaigns.sending.previewing import preview
from retention.customers.models import Attribute
from retention.kit import clock

LONG = "A mail with words enough that nobody takes it for a picture alone, written to people who know us."
FOOT = '<a href="{{ unsubscribe_url }}">No more</a> {{ shop.postal_address }}'


def said(body: str, *, subject: str = "News of the week", preheader: str = "", severities: tuple[str, ...] = (MUST, SHOULD)) -> list[str]:
    found = findings_of(Content("html", Wording(subject, preheader, f"<html><body>{LONG}\n{body}{FOOT}</body></html>")), words=WORDS)
    return [_text(one) for one in found if one.severity in severities]


def _text(one: Finding) -> str:
    hint = f" {one.hint.render(str)}" if one.hint else ""
    return f"{one.severity} {one.line}: {one.words.render(str)}{hint}"


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("{{ profile.frist_name }}", "must 2: “profile.frist_name” does not exist. Did you mean profile.first_name?"),
        ("\n{{ cart.lines.first.nmae }}", "must 3: “cart.lines.nmae” does not exist. Did you mean cart.lines.name?"),
        (
            "{% for line in cart.lines %}{{ line.nmae }}{% endfor %}",
            "must 2: “cart.lines.nmae” does not exist. Did you mean cart.lines.name?",
        ),
        ("{% assign c = cart %}{{ c.totl_minor }}", "must 2: “cart.totl_minor” does not exist. Did you mean cart.total_minor?"),
        ("{{ profile.attributes.colour }}", "should 2: “profile.attributes.colour” does not exist."),
        ("{{ zzz }}", "must 2: “zzz” does not exist."),
        ('<a href="lumen.test/x">x</a>', "must 2: “lumen.test/x” lacks https:// at its beginning."),
        ('<a href="https:///x">x</a>', "must 2: “https:///x” names no host."),
        ('<a href="https://shop/x">x</a>', "must 2: “https://shop/x” names no host."),
        ('<a href="https://[x/">x</a>', "must 2: “https://[x/” is no address."),
        ('<a href="javascript:x">x</a>', "must 2: “javascript:x” is of a kind no mail may link to."),
        ('<a href="#">x</a>', "must 2: A link leads nowhere: “#”."),
        ('<img src="https://a.test/a.png">', "should 2: Pictures without a description: 1. People who cannot see them hear nothing."),
        ('<img src="" alt="x">', "must 2: Pictures without an address: 1."),
        (
            '<a href="https://bit.ly/x">x</a>',
            "should 0: A link hides behind a shortener; mail programs mistrust those. Link to the page itself.",
        ),
        ("Now! " * 4, "should 0: The text shouts: 4 exclamation marks."),
        ("<form></form>", "should 0: Scripts and forms do not work in mails, and make them look dangerous."),
        ("{% bad %}", "must 0: It cannot be read: unexpected tag 'bad'."),
        ("<p>" + "x" * 110_000 + "</p>", "should 0: 108 KB; Gmail cuts at 102 KB, and the end would be missing."),
    ],
)
def test_a_fault_is_named(body: str, finding: str) -> None:
    assert said(body) == [finding]


@pytest.mark.parametrize(
    ("subject", "finding"),
    [
        ("", "must 0: The subject is empty."),
        ("BUY EVERYTHING NOW", "should 0: The subject is all in capitals; mail programs take that for spam."),
        ("Sale!! Now", "should 0: The subject shouts; more than one exclamation mark looks like spam."),
        ("x" * 61, "should 0: The subject is 61 letters long; phones show about 40."),
        ("Hi {{ profile.nam }}", "must 0: “profile.nam” does not exist. Did you mean profile.name?"),
    ],
)
def test_a_fault_of_the_subject_is_named(subject: str, finding: str) -> None:
    assert said("", subject=subject) == [finding]


@pytest.mark.parametrize(
    "body",
    [
        "{{ event.anything.at.all }}",
        "{{ cart.lines.size }} {{ cart.lines[0].name }}",
        "{% for line in cart.lines %}{{ forloop.index }}{{ line.name }}{% endfor %}",
        "{% assign x = cart.lines | map: 'name' %}{{ x | join: ', ' }}",
        '<a href="{{ cart.url }}">x</a><a href="mailto:a@b.test">x</a><a href="https://a.test/{{ profile.city }}">x</a>',
        '<img alt="" src="https://a.test/a.png">',
    ],
)
def test_what_is_right_is_not_complained_of(body: str) -> None:
    assert said(body) == []


def test_a_mail_of_pictures_alone_is_noticed() -> None:
    found = findings_of(Content("html", Wording("Hi", "", '<img alt="x" src="https://a.test/a.png">')), words=WORDS)
    assert "should 0: There is hardly any text; a mail of pictures alone looks like spam." in [_text(one) for one in found]
    assert "fine 0: Address or a way to say no was missing; we put it at the end." in [_text(one) for one in found]
    assert not must_mend(found)


def test_a_language_is_named_with_its_fault() -> None:
    content = Content("html", Wording("Hi", "", LONG + FOOT), {"de": Wording("Hallo", "", LONG + FOOT + "{{ zzz }}")})
    found = [one for one in findings_of(content, words=WORDS) if one.severity != FINE]
    assert [(one.language, one.severity) for one in found] == [("de", MUST)]
    assert must_mend(found)


@pytest.mark.django_db
def test_custom_attributes_of_the_store_are_known(store: Any) -> None:
    Attribute.objects.create(key="roast", label="Favourite roast", kind="text")
    words = words_of_store()
    assert words[-1].path == "profile.attributes.roast"
    assert words[-1].label.render(str) == "Favourite roast"
    content = Content("html", Wording("Hi", "", LONG + FOOT + "{{ profile.attributes.roast }} {{ profile.attributes.rost }}"))
    found = [_text(one) for one in findings_of(content, words=words) if one.severity != FINE]
    assert found == ["should 1: “profile.attributes.rost” does not exist. Did you mean profile.attributes.roast?"]


@pytest.mark.django_db
def test_every_word_is_there_for_the_example_person(store: Any) -> None:
    context = example_context(store)
    source = "".join(f"{{{{ {word.path.replace('[]', '.first')} }}}}" for word in WORDS if word.path not in {"cart.lines", "event"})
    assert isinstance(render({"subject": "", "html": source, "text": ""}, context), Rendered)


@pytest.mark.django_db
def test_the_address_keeps_its_lines_and_the_foot_writes_commas(store: Any) -> None:
    store.postal_address = "Nia's Bikes,\r\nRing 1\n\n1010 Wien"
    context = example_context(store)
    own = render({"subject": "", "html": "{{ shop.postal_address | newline_to_br }}", "text": "{{ shop.postal_address }}"}, context)
    assert isinstance(own, Rendered)
    assert own.text == store.postal_address
    assert own.html.count("<br />") == 3
    foot = render({"subject": "", "html": with_footer(""), "text": ""}, context)
    assert isinstance(foot, Rendered)
    assert "Nia&#39;s Bikes, Ring 1, 1010 Wien\n" in foot.html


@pytest.mark.django_db
def test_ready_made_messages_have_no_fault(store: Any) -> None:
    for ready in [message for playbook in PLAYBOOKS for message in playbook.templates]:
        source = filled_in(ready.source, ready_words(store)) if ready.kind == "mjml" else ready.source
        wording = Wording(ready.subject, ready.preheader, source)
        found = findings_of(Content(kind=ready.kind, main=wording), words=words_of_store())
        assert [(ready.key, _text(one)) for one in found if one.severity != FINE] == []
        assert isinstance(preview(wording, ready.kind, store=store, customer=None, now=clock.now()), Rendered), ready.key
