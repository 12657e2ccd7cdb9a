"""The pages and mails of a shop speak the language of whoever reads them, else that of the shop, else English."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from campaigns.channels.sms import answers
from campaigns.channels.sms.stopping import HELP, START, STOP
from campaigns.personalization.links import basket_url, unsubscribe_url
from campaigns.personalization.phrases import PHRASES
from campaigns.personalization.ready.german import GERMAN
from retention.cli.translating import FURTHER, collect
from retention.customers.models import Customer
from retention.kit import clock
from retention.kit.languages import LANGUAGES, speaking, ways
from retention.signup.links import preferences_url
from retention.signup.models import SignupForm
from retention.signup.moving import ask_for
from retention.signup.preferring import Person
from retention.stores.models import Store
from tests.factories import work_for
from tests.factories.customers import make_cart, make_customer
from tests.factories.signup import make_form
from tests.signup.conftest import link_in, mails_to
from tests.signup.test_confirming import fill_in

pytestmark = pytest.mark.django_db
SENTENCES = [text for text in collect() if isinstance(text, str) and len(text) > 25 and "%" not in text]
"""English that must not stand on a page in another language."""
FAMILIAR = re.compile(
    r"\b(du|dich|dir|dein\w*|ihr habt|euch|euer|eure\w*|bist|hast|magst|möchtest|willst|kannst)\b"
    r"|\b(drück|schreib|schreibt mir|wähle|öffne|kreuze|füll|lies|prüfe|kopiere|lass|versuch|überspring|schließ|geh|folge|tu|frag|trag)\b",
    re.IGNORECASE,
)
"""What a German says to friends, and what one tells a friend to do."""


@pytest.fixture
def ana(shop: Store) -> Customer:
    """Return a customer of a Spanish shop who allows e-mail and speaks Austrian German."""
    Store.objects.filter(pk=shop.pk).update(locale="es")
    shop.refresh_from_db()
    return speaks(make_customer(shop, "ana@example.test", allows=("email",)), "de-AT")


def speaks(customer: Customer, language: str) -> Customer:
    with work_for(customer.store):
        Customer.objects.filter(pk=customer.pk).update(language=language)
    customer.language = language
    return customer


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def pages_of(customer: Customer) -> dict[str, str]:
    """Return the addresses of everything a customer opens from a mail."""
    about: dict[str, Any] = {"store_id": customer.store_id, "planned_at": clock.now()}
    with work_for(customer.store):
        cart = make_cart(customer)
    return {
        "preferences": path_of(preferences_url(customer, **about)),
        "unsubscribe": path_of(unsubscribe_url(customer, 1, "email", **about)),
        "basket": path_of(basket_url(cart.pk, **about)),
    }


def read(path: str, *, language: str, method: str = "get", status: int = 200, **values: Any) -> str:
    """Open a page, assert that it is in one language throughout, and return it."""
    answer = getattr(Client(headers={"accept-language": "fr"}), method)(path, values)
    page = unescape(answer.content.decode())
    assert answer.status_code == status
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}"' in page
    assert language == "en" or not [text for text in SENTENCES if text in page]
    return page


def test_names_of_languages_are_looked_for_from_the_narrowest_to_english() -> None:
    assert ways("PT_br", "", "es") == ("pt-br", "pt", "es", "en")
    assert ways("", "") == ("en",)


@pytest.mark.parametrize(
    ("spoken", "heard"), [("de-AT", "Ihre Einstellungen"), ("ja", "配信設定"), ("fi", "Tus preferencias"), ("", "Tus preferencias")]
)
def test_the_pages_of_a_mail_speak_the_reader_s_language_and_else_the_shop_s(shop: Store, ana: Customer, spoken: str, heard: str) -> None:
    speaks(ana, spoken)
    language = {"de-AT": "de", "ja": "ja"}.get(spoken, "es")
    pages = pages_of(ana)
    assert heard in read(pages["preferences"], language=language)
    for path in pages.values():
        read(path, language=language)
    read(pages["unsubscribe"], language=language, method="post")
    read(pages["preferences"], language=language, method="post", do="save", new_email="nobody", status=422)
    read(pages["preferences"], language=language, method="post", do="stop")


@pytest.mark.parametrize("language", FURTHER)
def test_every_language_says_its_own_words_where_it_is_spoken(language: str) -> None:
    texts = [text for text in collect() if isinstance(text, str)]
    with speaking(language):
        from django.utils.translation import gettext

        same = {text for text in texts if gettext(text) == text}
    assert same <= {"Push", "Man", "No", "E-mail"}, "words that are the same in that language"
    assert language in LANGUAGES


def test_all_that_a_german_shop_s_customers_read_says_sie() -> None:
    with speaking("de"):
        from django.utils.translation import gettext

        said = [gettext(text) for text in collect() if isinstance(text, str)]
    said += [phrase.texts["de"] for phrase in PHRASES.values()] + list(GERMAN.values())
    said += [answers.answer(word, shop="Lumen", web="", language="de") for word in (STOP, HELP, START)]
    assert len([text for text in said if re.search(r"\b(Sie|Ihnen|Ihre?)\b", text)]) > 100
    assert [text for text in said if FAMILIAR.search(text)] == []


def test_the_mail_that_asks_for_a_second_yes_and_its_page_speak_the_shop_s_language(shop: Store) -> None:
    Store.objects.filter(pk=shop.pk).update(locale="nl")
    form = make_form(shop)
    form.store.refresh_from_db()
    fill_in(form)
    (mail,) = mails_to("ana@example.test")
    assert mail.subject == f"Eén klik, en je hoort van {shop.name}"
    assert "Was jij dat?" in mail.html
    assert "Was jij dat?" in mail.text
    assert not [text for text in SENTENCES if text in mail.text]
    page = read(link_in(mail), language="nl")
    assert f"Mag {shop.name} je schrijven?" in page
    read(link_in(mail), language="nl", method="post", answer="no")


def test_a_move_to_another_address_is_asked_in_the_customer_s_language(shop: Store, ana: Customer) -> None:
    assert ask_for(Person(shop, ana), "new@example.test", now=clock.now())
    (mail,) = mails_to("ana@example.test")
    assert mail.subject == f"Soll {shop.name} an eine andere Adresse schreiben?"
    assert "Ja, das war ich" in mail.html
    assert "new@example.test" in read(link_in(mail), language="de")


def test_a_form_speaks_the_shop_s_language_on_its_page_and_to_the_script(shop: Store, form: SignupForm) -> None:
    Store.objects.filter(pk=shop.pk).update(locale="it-CH")
    assert "È fatto così: name@example.com." in read(f"/f/{form.public_id}/", language="it", method="post", status=422, email="no")
    words = Client().get(f"/f/{form.public_id}/form.json").json()["words"]
    assert (words["next"], words["progress"]) == ("Avanti", "Domanda {number} di {count}")


def test_a_link_that_leads_nowhere_speaks_what_the_browser_asks_for(shop: Store) -> None:
    for path in ("/c/nothing", "/u/nothing", "/b/nothing", "/p/nothing/", "/y/nothing/"):
        assert "Ce lien ne mène" in read(path, language="fr", status=404), path
    assert "This link leads nowhere" in Client().get("/c/nothing").content.decode()
