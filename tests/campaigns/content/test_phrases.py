"""What stands in the fixed places of mails: in the language of the person who reads it, in the store's own words where it has any."""

from html import unescape
from typing import Any

import pytest

from campaigns.broadcasts.drafting import Way
from campaigns.broadcasts.marking import mark_of
from campaigns.models import Message, StorePhrase
from campaigns.personalization import saving
from campaigns.personalization.blocks.kinds import BY_KEY
from campaigns.personalization.context import contexts
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.phrases import PHRASES, own_phrases, words_for
from campaigns.personalization.ready.shell import mail, part
from campaigns.personalization.render import Rendered, render
from campaigns.personalization.wording import Content, Wording
from retention.customers.models import Customer
from retention.kit import clock
from retention.kit.languages import LANGUAGES
from retention.stores.models import AuditEntry
from tests.campaigns.campaigning import make_campaign, make_crowd, make_list, send_all, start
from tests.factories import member_of, signed_in

pytestmark = pytest.mark.django_db
SOURCE = mail(part(BY_KEY["cart"].source, BY_KEY["countdown"].source.replace("[[until]]", "2030-01-01 12:00")))


@pytest.mark.parametrize(
    ("spoken", "read"),
    [("de", "Abmelden"), ("de-AT", "Abmelden"), ("PT_br", "Sair"), ("pt", "Cancelar a subscrição"), ("ja", "配信停止"),
     ("", "Darse de baja"), ("fi", "Darse de baja")],
)  # fmt: skip
def test_a_phrase_is_said_in_ones_own_language_then_in_that_of_the_shop(spoken: str, read: str, store: Any) -> None:
    store.locale = "es"
    own = {("unsubscribe", "pt-br"): "Sair"}
    assert words_for(spoken, store=store, own=own)["unsubscribe"] == read


def test_every_phrase_is_there_in_every_language(store: Any) -> None:
    for key, phrase in PHRASES.items():
        assert tuple(phrase.texts) == LANGUAGES, key
        assert all(text.strip() for text in phrase.texts.values())
    assert words_for("de", store=store, own={})["why"] == "Sie bekommen diese E-Mail, weil Sie Lumen erlaubt haben, Ihnen zu schreiben."


def test_mails_of_one_campaign_end_in_the_language_of_each_reader(store: Any, sink: Any, now: Any) -> None:
    people = make_crowd(3, now=now)
    for person, language in zip(people, ("de", "ja", ""), strict=True):
        Customer.objects.filter(pk=person.pk).update(language=language)
    StorePhrase.objects.create(key="unsubscribe", language="de", text="Bitte <keine> Mails & mehr")
    campaign = make_campaign(make_list(people, now=now), now=now)
    start(campaign, store, now=now)
    assert send_all(store, now=now) == 3
    bodies = {str(mail["To"]): mail.get_body(("html",)).get_content() for mail in sink.accepted}
    german, japanese, english = (bodies[next(to for to in bodies if one.email in to)] for one in people)
    assert "weil Sie Lumen erlaubt haben" in german
    assert "Bitte &lt;keine&gt; Mails &amp; mehr</a>" in german
    assert "配信停止</a>" in unescape(japanese)
    assert "because you allowed Lumen" in english
    assert ">Unsubscribe</a>" in english
    texts = {str(mail["To"]): mail.get_body(("plain",)).get_content() for mail in sink.accepted}
    assert any("Bitte <keine> Mails & mehr" in text for text in texts.values())


def test_baskets_and_countdowns_speak_the_language_too(store: Any, now: Any) -> None:
    (person,) = make_crowd(1, now=now, language="fr")
    compiled = compile_wording(Wording("Hi", "", SOURCE), "mjml")
    message = Message(pk=1, customer=person, channel="email", planned_at=now, store_id=store.pk)
    made = render({"subject": "Hi", "html": compiled.html, "text": compiled.text}, contexts([message], store=store, sources=[])[1])
    assert isinstance(made, Rendered)
    assert ">Total<" in made.html
    assert 'alt="Jusqu’au 2030-01-01 12:00"' in made.html.replace("&#39;", "’")


def test_a_merchant_says_it_in_the_shop_s_own_words_on_one_page(store: Any) -> None:
    client, here = signed_in(member_of(store, "marketer")), f"/s/{store.slug}/content/words/"
    Customer(first_name="Bo", language="nl", email="bo@example.test", email_key="bo@example.test").save()
    page = client.get(f"{here}?language=de").content.decode()
    assert 'placeholder="Abmelden"' in page
    assert "1 person speaks it" in page
    usual = dict.fromkeys(PHRASES, "")
    for wrong in ("x" * 301, "{{ profile.email }}"):
        assert client.post(here, {"language": "de", **usual, "unsubscribe": wrong}).status_code == 422
    client.post(here, {"language": "d!", **usual, "unsubscribe": "Weg"})
    assert not StorePhrase.objects.exists()
    told = {"language": "de", **usual, "unsubscribe": "  Keine   Post mehr ", "preferences": "Seltener, oder nur manche Themen"}
    assert "Keine Post mehr" in client.post(here, told, follow=True).content.decode()
    assert own_phrases() == {("unsubscribe", "de"): "Keine Post mehr"}, "what says the same as ours is not kept"
    client.post(here, told)
    assert AuditEntry.objects.filter(action="phrases.changed").count() == 1
    client.post(here, {"language": "de", **usual})
    assert not StorePhrase.objects.exists()
    assert signed_in(member_of(store, "writer")).get(here).status_code == 403


def test_who_approves_sees_every_language_and_its_source(store: Any) -> None:
    now = clock.now()
    languages = {"de": Wording("Neu da", "", SOURCE.replace("bo-cart", "bo-cart deutsch")), "es": Wording("Recién llegado", "", SOURCE)}
    template = saving.create("News", content=Content(), user_id=None, now=now)
    saving.save_version(template, subject="Just in", source=SOURCE, kind="mjml", languages=languages, now=now)
    (reader,) = make_crowd(1, now=now, language="es-MX")
    campaign = make_campaign(make_list([reader], now=now), now=now, ways=(Way("", template=str(template.public_id)),))
    client, here = signed_in(member_of(store, "owner")), f"/s/{store.slug}/campaigns/{campaign.public_id}/"
    page = client.get(here).content.decode()
    assert "Read in" in page
    assert "bo-cart deutsch" in page, "its source"
    assert '<p class="cp-subject">Just in</p>' in page
    assert '<p class="cp-subject">Neu da</p>' in client.get(f"{here}?lang=de").content.decode()
    assert '<p class="cp-subject">Recién llegado</p>' in client.get(f"{here}?person={reader.public_id}").content.decode()
    assert '<p class="cp-subject">Just in</p>' in client.get(f"{here}?person={reader.public_id}&lang=").content.decode()
    frame = client.get(f"{here}preview/?variant=a&lang=de").content.decode()
    assert "Abmelden" in frame
    assert "Unsubscribe" in client.get(f"{here}preview/?variant=a&lang=xx").content.decode()
    before = mark_of(campaign)
    StorePhrase.objects.create(key="why", language="de", text="Anders")
    assert mark_of(campaign) != before, "a yes covers what every mail says"
