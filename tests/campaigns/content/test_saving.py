"""Templates are written by several people over months: drafts are kept, versions never change, nobody writes over the unseen."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.models import Template, TemplateVersion
from campaigns.personalization import saving
from campaigns.personalization.checking import findings_of, must_mend
from campaigns.personalization.compiling import compile_mail
from campaigns.personalization.framing import has_address, has_way_out
from campaigns.personalization.importing import DEEPEST, MOST_SECTIONS, import_html
from campaigns.personalization.render import TemplateFault
from campaigns.personalization.vocabulary import words_of_store
from campaigns.personalization.wording import Content, Wording, read_content
from tests.shared_data import shared

pytestmark = pytest.mark.django_db

MJML = "<mjml><mj-body><mj-section><mj-column><mj-text>{words}</mj-text></mj-column></mj-section></mj-body></mjml>"


def wording(words: str = "Hello") -> Wording:
    return Wording("News", "", MJML.replace("{words}", words))


def content(words: str = "Hello") -> Content:
    return Content(main=wording(words))


def test_a_new_template_has_a_draft_and_no_version(store: Any, now: datetime) -> None:
    first = saving.create("News of May", content=content(), user_id=None, now=now)
    second = saving.create("News of May", content=content(), user_id=None, now=now)
    assert (first.key, second.key, first.live_number) == ("news-of-may", "news-of-may-2", None)
    assert saving.written(first) == content()
    assert TemplateVersion.objects.count() == 0


def test_saving_makes_the_next_version_live_and_the_same_again_makes_none(store: Any, now: datetime) -> None:
    template = saving.create("News", content=content(), user_id=None, now=now)
    one = saving.save_version(template, **vars(wording()), now=now)
    again = saving.save_version(template, **vars(wording()), now=now)
    two = saving.save_version(template, **vars(wording("Other")), now=now)
    assert (one.number, again.number, two.number) == (1, 1, 2)
    kept = Template.objects.get()
    assert (kept.live_number, kept.draft) == (2, None)
    back = saving.restore(kept, one, user_id=None, now=now)
    assert (back.number, back.source) == (3, one.source)


def test_two_editors_do_not_write_over_each_other(store: Any, now: datetime) -> None:
    template = saving.create("News", content=content(), user_id=None, now=now)
    basis = saving.Basis.of(template)
    saving.keep_draft(template, content("Mine"), based_on=basis, user_id=None, now=now)
    with pytest.raises(saving.Newer):
        saving.keep_draft(template, content("Yours"), based_on=basis, user_id=None, now=now)
    with pytest.raises(saving.Newer):
        saving.save_version(template, **vars(wording("Yours")), now=now, based_on=basis)
    assert saving.written(Template.objects.get()) == content("Mine")
    assert TemplateVersion.objects.count() == 0
    assert saving.Basis.read(str(basis)) == basis
    assert saving.Basis.read("nonsense") is None


def test_a_fault_saves_nothing_and_names_its_language(store: Any, now: datetime) -> None:
    template = saving.create("News", content=content(), user_id=None, now=now)
    with pytest.raises(TemplateFault, match=r"^de: "):
        saving.save_version(template, **vars(wording()), languages={"de": wording("{% bad %}")}, now=now)
    assert TemplateVersion.objects.count() == 0
    assert saving.written(Template.objects.get()) == content()


def test_discarding_a_draft_goes_back_to_the_live_version(store: Any, now: datetime) -> None:
    template = saving.create("News", content=content(), user_id=None, now=now)
    saving.save_version(template, **vars(wording()), now=now)
    template = saving.keep_draft(
        template, content("Later"), based_on=saving.Basis.of(template), user_id=None, now=now + timedelta(minutes=1)
    )
    template = saving.drop_draft(template, based_on=saving.Basis.of(template))
    assert (template.draft, saving.written(template)) == (None, content())
    copy = saving.duplicate(template, name="Copy", user_id=None, now=now)
    assert saving.written(copy) == content()


@pytest.mark.parametrize(
    ("language", "chosen", "subject"),
    [("de", "de", "Neues"), ("de-AT", "de", "Neues"), ("pt_BR", "pt-br", "Novas"), ("pt", "", "News"), ("", "", "News")],
)
def test_each_person_reads_their_language(store: Any, now: datetime, language: str, chosen: str, subject: str) -> None:
    others = {"de": Wording("Neues", "", wording().source), "pt-br": Wording("Novas", "", wording().source)}
    template = saving.create("News", content=content(), user_id=None, now=now)
    version = saving.save_version(template, **vars(wording()), languages=others, now=now)
    version.refresh_from_db()
    found, parts = version.parts_for(language)
    assert (found, parts["subject"]) == (chosen, subject)
    assert has_way_out(parts["html"])
    assert read_content(Content(languages=others).as_json()).languages == others


WAY_OUT = '<a href="{{ unsubscribe_url }}">No more</a>'


@pytest.mark.parametrize(
    ("source", "there"),
    [
        (WAY_OUT, True),
        (f"<!-- {WAY_OUT} -->", False),
        (f"{{% if profile.city %}}{WAY_OUT}{{% endif %}}", False),
        (f"{{% comment %}}{WAY_OUT}{{% endcomment %}}", False),
        (f"{{% if profile.city %}}x{{% endif %}}{WAY_OUT}", True),
        ("{{ unsubscribe_url }}", False),
        ("", False),
    ],
)
def test_a_way_out_counts_only_where_everybody_sees_it(source: str, there: bool) -> None:
    assert has_way_out(source) is there
    html = compile_mail(subject="Hi", source=f"<html><body>{source}</body></html>", kind="html").html
    assert has_way_out(html)
    assert has_address(html)
    assert html.count("{{ unsubscribe_url }}") == source.count("{{ unsubscribe_url }}") + (not there)
    assert html.rstrip().endswith("</body></html>")


def test_the_preview_line_replaces_the_one_in_the_head_and_is_no_part_of_the_text() -> None:
    source = MJML.replace("<mj-body>", "<mj-head><mj-preview>Old</mj-preview></mj-head><mj-body>").replace("{words}", "Hello")
    compiled = compile_mail(subject="Hi", source=source, preheader="For <you>, {{ profile.first_name | default: 'friend' }}")
    assert "Old" not in compiled.html
    assert "For &lt;you&gt;, {{ profile.first_name | default: 'friend' }}</div>" in compiled.html
    assert "For" not in compiled.text
    assert compiled.text.startswith("Hello")


def test_fourteen_real_mails_survive_import_edit_and_save(store: Any, now: datetime) -> None:
    files = sorted(shared("data/email/html").glob("*.html"))
    assert len(files) == 14
    for number, path in enumerate(files):
        original = path.read_text(encoding="utf-8")
        imported = import_html(original)
        template = saving.create(f"Mail {number}", content=Content("html", Wording("Hi", "", imported)), user_id=None, now=now)
        edited = imported.replace("</body>", "<p>Edited</p></body>")
        version = saving.save_version(template, subject="Hi", source=edited, kind="html", now=now)
        for kept in (r"@media[^{]*\{", r"<!--\[if[^>]*>", r"<!\[endif\]-->", r'href="[^"{]*"'):
            assert re.findall(kept, version.html)[: len(re.findall(kept, original))] == re.findall(kept, original), path.name
        assert version.html.count("<a ") == original.count("<a ") + 1
        assert "Edited" in version.html
        assert "{{#" not in version.html
        findings = findings_of(Content("html", Wording("Hi", "", edited)), words=words_of_store())
        assert not must_mend(findings), f"{path.name} could not be saved on its page"


@pytest.mark.parametrize(
    ("mustache", "liquid"),
    [
        ("{{name}} {{ shop.name }} {{{ raw }}}", "{{ event.name }} {{ shop.name }} {{ event.raw }}"),
        ("\\{{ name }} {{name}}", "{% raw %}{{ name }}{% endraw %} {{ event.name }}"),
        ("{{#lines}}{{sku}}{{/lines}}", "{% for item in event.lines %}{{ item.sku }}{% endfor %}"),
        (
            "{{#files}}{{title}}{{#each .}}{{url}}{{/each}}{{/files}}",
            "{% if event.files %}{{ event.title }}{% for item in event.files %}{{ item.url }}{% endfor %}{% endif %}",
        ),
        (
            "{{#each orders}}{{number}}{{#each lines}}{{sku}}{{/each}}{{/each}}",
            "{% for item in event.orders %}{{ item.number }}{% for item2 in item.lines %}{{ item2.sku }}{% endfor %}{% endfor %}",
        ),
        (
            "{{#if paid}}{{total}}{{/if}}{{^paid}}{{due}}",
            "{% if event.paid %}{{ event.total }}{% endif %}{% unless event.paid %}{{ event.due }}{% endunless %}",
        ),
    ],
)
def test_mustache_becomes_liquid_that_means_the_same(mustache: str, liquid: str) -> None:
    assert import_html(mustache) == liquid


@pytest.mark.parametrize(
    "text",
    [
        "{{" + " " * 399_000,
        "{{#" + " " * 399_000,
        "{{{" + " " * 399_000,
        "{{#each" + " " * 399_000,
        "{{name" + "." * 399_000,
        "\\{{" + "a" * 399_000,
    ],
    ids=["blanks", "blanks of a section", "blanks of three braces", "blanks of a loop", "a name", "escaped"],
)
def test_a_placeholder_that_never_ends_is_read_once_and_stays(text: str) -> None:
    assert import_html(text) == text


@pytest.mark.parametrize(("section", "tag"), [("{{#a}}", "for"), ("{{^a}}", "unless"), ("{{#if a}}", "if")])
def test_sections_without_end_are_turned_to_a_depth_and_stay_from_there(section: str, tag: str) -> None:
    made = import_html(section * 66_000)
    assert made.count(f"{{% {tag} ") == made.count(f"{{% end{tag} %}}") == DEEPEST
    assert made.count(section) == 66_000 - DEEPEST
    deep = "{{#a}}" * DEEPEST + "{{b}}" + "{{/a}}" * DEEPEST
    assert import_html(deep).count("{% endfor %}") == DEEPEST
    assert "{{#" not in import_html(deep)
    assert "{{/" not in import_html(deep)


def test_many_sections_are_turned_to_a_count_and_stay_from_there() -> None:
    made = import_html("{{#a}}{{/a}}" * 33_000)
    assert made == "{% for item in event.a %}{% endfor %}" * MOST_SECTIONS + "{{#a}}{{/a}}" * (33_000 - MOST_SECTIONS)
    apart = "".join(f"{{{{#a{number}}}}}" for number in range(40_000))
    assert import_html(apart).count("{% for ") == DEEPEST


def test_a_loop_through_itself_counts_up_to_the_first_end_of_its_section() -> None:
    made = import_html("{{#a}}{{#b}}{{/a}}{{#each .}}{{/each}}{{/b}}")
    assert made == "{% for item in event.a %}{% if item.b %}{% endif %}{% for item2 in item %}{% endfor %}{% endfor %}"
