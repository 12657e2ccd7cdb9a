"""The ready-made mails: each passes every check, for a shop with everything and for one with nothing, in light and dark."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Brand, Template
from campaigns.personalization.brands import letters_on, ready_words
from campaigns.personalization.checking import FINE, findings_of
from campaigns.personalization.compiling import compile_mail
from campaigns.personalization.fast.mail import Letter
from campaigns.personalization.ready import READY_MAILS, wording_of
from campaigns.personalization.render import Rendered, environment
from campaigns.personalization.tracking import hosts_of
from campaigns.personalization.vocabulary import WORDS, example_context
from campaigns.personalization.wording import Content
from campaigns.sending.previewing import preview
from retention.kit import clock
from tests.campaigns.story import make_shopper
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
KEYS = [key for key, _one in READY_MAILS.items()]


def social(store: Any) -> None:
    Brand.objects.create(social=[{"name": "Instagram", "url": "https://instagram.com/lumen?a=1&b=2"}], font=Brand.Font.TREBUCHET)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("with_brand", [False, True])
def test_a_ready_mail_has_nothing_to_mend(store: Any, key: str, with_brand: bool) -> None:
    if with_brand:
        social(store)
    wording = wording_of(READY_MAILS[key], words=ready_words(store))
    assert "[[" not in wording.source
    found = findings_of(Content(main=wording), words=WORDS)
    assert [(one.words.text, one.words.values) for one in found if one.severity != FINE] == []


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_mail_renders_for_the_example_and_for_a_person_we_know_nothing_of(store: Any, key: str) -> None:
    wording = wording_of(READY_MAILS[key], words=ready_words(store))
    for customer in (None, make_shopper("", now=clock.now())):
        made = preview(wording, "mjml", store=store, customer=customer, now=clock.now())
        assert isinstance(made, Rendered), made
        assert "@media (prefers-color-scheme: dark)" in made.html
        assert store.postal_address in made.html
        assert "{{" not in made.html + made.text + made.subject


@pytest.mark.parametrize("key", KEYS)
def test_a_ready_mail_is_written_by_the_programs_of_its_template(store: Any, key: str) -> None:
    wording, base = wording_of(READY_MAILS[key], words=ready_words(store)), "https://b.example.test/c/k1.token."
    made = compile_mail(subject=wording.subject, source=wording.source, preheader=wording.preheader)
    parsed = environment(autoescape=True).from_string(made.html), environment(autoescape=False).from_string(made.text)
    letter = Letter(*parsed, utm={"utm_source": "x"}, hosts=hosts_of(made.html, web_address="https://shop.example.test"), readable=True)
    context, written = example_context(store), []
    for write in (letter.by_programs, letter.by_closures):
        linked = write(context, subject="s", base=base, proofs="", leave=frozenset({context["unsubscribe_url"]}))
        html = "".join(one if isinstance(one, str) else base.join(letter.new[one][0]) for one in linked.html)
        written.append((html, linked.text, linked.targets))
    assert written[0] == written[1]
    assert isinstance(linked.html, list)


def test_the_gallery_shows_each_and_begins_with_it(store: Any) -> None:
    client = signed_in(member_of(store, "marketer"))
    page = client.get(f"/s/{store.slug}/content/new/").content.decode()
    for key in KEYS:
        assert f"/content/ready/{key}/" in page
    assert client.get(f"/s/{store.slug}/content/ready/welcome/").status_code == 200
    assert client.get(f"/s/{store.slug}/content/ready/nonsense/").status_code == 404
    assert client.post(f"/s/{store.slug}/content/new/", {"ready": "birthday"}).status_code == 302
    made = Template.objects.get()
    assert (made.name, made.draft["subject"]) == ("Birthday", READY_MAILS["birthday"].subject)


@pytest.mark.parametrize(
    ("color", "letters"), [("#0b6674", "#ffffff"), ("#ffe08a", "#152123"), ("#000000", "#ffffff"), ("#ffffff", "#152123")]
)
def test_letters_on_the_brand_colour_can_be_read(color: str, letters: str) -> None:
    assert letters_on(color) == letters


def brand_form(**changes: str) -> dict[str, str]:
    usual = {"brand_color": "#a03218", "back_color": "#eeeeee", "font": Brand.Font.GEORGIA, "postal_address": "Weg 7, Berlin"}
    return usual | {"logo_url": "", "instagram": "https://instagram.com/lumen"} | changes


def test_the_look_of_mails_is_kept_and_used(store: Any) -> None:
    client: Client = signed_in(member_of(store, "owner"))
    where = f"/s/{store.slug}/settings/mails/"
    assert client.get(where).status_code == 200
    assert client.post(where, brand_form()).status_code == 302
    brand = Brand.objects.get()
    assert (brand.font, brand.back_color, brand.social) == (
        "Georgia, 'Times New Roman', serif", "#eeeeee", [{"name": "Instagram", "url": "https://instagram.com/lumen"}],
    )  # fmt: skip
    store.refresh_from_db()
    assert store.brand_color == "#a03218"
    mail = client.get(f"{where}preview/").content.decode()
    assert "#a03218" in mail
    assert "https://instagram.com/lumen" in mail
    assert "Times New Roman" in mail
    assert client.post(where, brand_form(instagram="")).status_code == 302
    assert Brand.objects.get().social == []


@pytest.mark.parametrize(
    "changes", [{"brand_color": "red"}, {"back_color": "#12345"}, {"font": "Comic Sans"}, {"instagram": "javascript:x"}]
)
def test_a_look_that_cannot_be_is_refused_and_nothing_changes(store: Any, changes: dict[str, str]) -> None:
    client = signed_in(member_of(store, "owner"))
    before = store.brand_color
    assert client.post(f"/s/{store.slug}/settings/mails/", brand_form(**changes)).status_code == 422
    store.refresh_from_db()
    assert (store.brand_color, Brand.objects.count()) == (before, 0)
