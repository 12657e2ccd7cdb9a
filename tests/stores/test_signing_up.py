"""From nothing to a store: sign up, confirm the address by the mail's button, sign in, three steps."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from retention.notices.models import Notice
from retention.stores.models import ApiKey, AuditEntry, Membership, SignIn, Store, User
from retention.tenancy.context import store_context
from tests.factories import STRONG_PASSWORD, make_user, signed_in
from tests.stores.reading import link_in, text_of

pytestmark = pytest.mark.django_db

SIGN_UP = {"name": "Nora Keller", "email": "Nora.Keller@example.test", "password1": STRONG_PASSWORD}
SHOP = {"name": "Lumen Coffee", "web_address": "lumen.example.test", "postal_address": "Musterweg 4\n10999 Berlin"}
SELLING = {"country": "DE", "currency": "EUR", "locale": "en", "zone": "Europe/Berlin"}


@pytest.mark.django_db(transaction=True)
def test_from_sign_up_to_an_open_store(post_office):
    client = Client()
    assert client.post("/accounts/signup/", SIGN_UP).url == "/accounts/confirm-email/"
    [mail] = post_office()
    assert (mail["To"], mail["Subject"]) == ("nora.keller@example.test", "Is this your address?")
    assert "If it was not you, do nothing" in text_of(mail)
    link = link_in(mail)

    assert client.get(link).status_code == 200
    assert not EmailAddress.objects.get().verified, "looking at the link changes nothing"
    assert client.post(link).url == "/"
    assert EmailAddress.objects.get().verified
    assert SignIn.objects.get().user.email == "nora.keller@example.test", "the browser that gave the password is in"
    assert client.get("/").url == "/stores/new/"
    assert client.post("/stores/new/", SHOP).url == "/stores/new/selling/"
    assert client.post("/stores/new/selling/", SELLING).url == "/stores/new/check/"
    page = client.get("/stores/new/check/").content.decode()
    assert "Nothing is sent to anyone yet." in page
    assert Store.objects.count() == 0

    client.post("/stores/new/open/")
    store = Store.objects.get()
    assert (store.name, store.slug, store.web_address, store.currency) == (
        "Lumen Coffee",
        "lumen-coffee",
        "https://lumen.example.test",
        "EUR",
    )
    with store_context(store.pk):
        assert list(Membership.objects.values_list("user__email", "role")) == [("nora.keller@example.test", "owner")]
        assert list(ApiKey.objects.values_list("kind", flat=True)) == ["public"]
        assert list(AuditEntry.objects.order_by("number").values_list("action", flat=True)) == ["store.opened"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("elsewhere", ["another browser", "much later", "somebody else"])
def test_the_link_alone_signs_nobody_in(post_office, elsewhere, settings):
    client = Client()
    client.post("/accounts/signup/", SIGN_UP)
    link = link_in(post_office()[0])
    if elsewhere == "another browser":
        client = Client()
    elif elsewhere == "much later":
        session = client.session
        begun_at = session["account_login"]["initiated_at"] - settings.ACCOUNT_LOGIN_TIMEOUT
        session["account_login"] = session["account_login"] | {"initiated_at": begun_at}
        session.save()
    else:
        client = Client()
        client.post("/accounts/signup/", SIGN_UP | {"email": "other@example.test"})
    assert "/accounts/login/" in client.post(link, follow=True).redirect_chain[-1][0]
    assert EmailAddress.objects.get(email="nora.keller@example.test").verified
    assert not SignIn.objects.exists()
    assert client.get("/stores/new/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_who_confirms_is_told_where_they_land(post_office):
    here, elsewhere = Client(), Client()
    here.post("/accounts/signup/", SIGN_UP)
    link = link_in(post_office()[0])
    page = elsewhere.post(link, follow=True)
    words = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode().partition("<main")[2].partition("</main>")[0]).split())
    assert "Sign in Your address is confirmed. Sign in to go on. E-mail" in words
    assert page.content.decode().count("Your address is confirmed") == 1, "said on the page, not in a corner for ten seconds as well"
    assert "is confirmed" not in elsewhere.get("/accounts/login/").content.decode()
    here.post("/accounts/signup/", SIGN_UP | {"email": "other@example.test"})
    page = here.post(link_in(post_office()[-1]), follow=True).content.decode()
    assert "Your address is confirmed." in page
    assert "Sign in to go on." not in page


@pytest.mark.django_db(transaction=True)
def test_a_link_works_once(post_office):
    client = Client()
    client.post("/accounts/signup/", SIGN_UP)
    link = link_in(post_office()[0])
    client.post(link)
    client.post("/accounts/logout/")
    assert client.post(link).status_code in {302, 404}
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("read_by", "shown", "hidden"),
    [
        ("page", "Open the test inbox", "./run serve"),
        ("terminal", "in the terminal in which <code>./run serve</code> runs", "Open the test inbox"),
        ("", "Look into your mail", "test inbox"),
    ],
)
def test_the_page_that_waits_for_a_yes_shows_only_a_way_that_opens_to_strangers(settings, read_by, shown, hidden):
    settings.OWN_MAIL_READ_BY = read_by
    page = Client().get("/accounts/confirm-email/").content.decode()
    assert shown in page
    assert hidden not in page


def test_second_press_opens_no_second_store():
    client = signed_in(make_user())
    client.post("/stores/new/", SHOP)
    client.post("/stores/new/selling/", SELLING)
    client.post("/stores/new/open/")
    assert client.post("/stores/new/open/").url == "/"
    assert Store.objects.count() == 1


def test_two_shops_of_one_name_get_two_addresses():
    for _number in range(2):
        client = signed_in(make_user())
        client.post("/stores/new/", SHOP)
        client.post("/stores/new/selling/", SELLING)
        client.post("/stores/new/open/")
    slugs = sorted(Store.objects.values_list("slug", flat=True))
    assert slugs[0] == "lumen-coffee"
    assert slugs[1].startswith("lumen-coffee-")


def test_name_without_latin_letters_gets_an_address_too():
    client = signed_in(make_user())
    client.post("/stores/new/", SHOP | {"name": "お茶の店"})
    client.post("/stores/new/selling/", SELLING | {"country": "JP", "currency": "JPY", "zone": "Asia/Tokyo", "locale": "ja"})
    client.post("/stores/new/open/")
    assert Store.objects.get().slug == "shop"


def test_steps_cannot_be_skipped():
    client = signed_in(make_user())
    assert client.get("/stores/new/selling/").url == "/stores/new/"
    assert client.get("/stores/new/check/").url == "/stores/new/"
    client.post("/stores/new/open/")
    assert Store.objects.count() == 0


def test_answers_are_kept_when_one_goes_back():
    client = signed_in(make_user())
    client.post("/stores/new/", SHOP)
    assert 'value="Lumen Coffee"' in client.get("/stores/new/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "Lumen\r\nBcc: all@example.test"},
        {"name": "x" * 121},
        {"name": "Lumen\x00"},
        {"web_address": "javascript:alert(1)"},
        {"web_address": "ftp://lumen.example.test"},
        {"web_address": "https://me:secret@lumen.example.test"},
        {"postal_address": ""},
    ],
)
def test_first_step_refuses_bad_input(changes):
    client = signed_in(make_user())
    assert client.post("/stores/new/", SHOP | changes).status_code == 422
    assert "new_store" not in client.session


@pytest.mark.parametrize("changes", [{"country": "XX"}, {"currency": "EURO"}, {"zone": "Mars/Olympus"}, {"locale": "tlh"}, {"zone": ""}])
def test_second_step_refuses_bad_input(changes):
    client = signed_in(make_user())
    client.post("/stores/new/", SHOP)
    assert client.post("/stores/new/selling/", SELLING | changes).status_code == 422


def test_country_proposes_currency_and_zone_and_leaves_the_language():
    page = signed_in(make_user()).get("/stores/new/selling/proposal/", {"country": "JP"}).content.decode()
    for value in ("JPY", "Asia/Tokyo"):
        assert f'<option value="{value}" selected>' in page
    assert 'name="locale"' not in page


@pytest.mark.parametrize(
    ("zone", "chosen"),
    [("America/Denver", ["US", "USD", "en", "America/Denver"]), ("", ["", "", "en", ""]), ("Mars/Olympus", ["", "", "en", ""])],
)
def test_second_step_begins_where_the_browser_is_or_with_nothing_chosen(zone, chosen):
    client = signed_in(make_user())
    client.post("/stores/new/", SHOP | {"browser_zone": zone})
    form = client.get("/stores/new/selling/").context["form"]
    assert [form[name].value() or "" for name in ("country", "currency", "locale", "zone")] == chosen


def test_a_field_left_empty_is_named():
    page = signed_in(make_user()).post("/stores/new/", SHOP | {"name": ""}).content.decode()
    assert "Name is missing." in page
    assert "This field" not in page


def test_address_that_has_an_account_learns_it_by_mail_only():
    make_user("nora.keller@example.test")
    answer = Client().post("/accounts/signup/", SIGN_UP)
    fresh = Client().post("/accounts/signup/", SIGN_UP | {"email": "new@example.test"})
    assert (answer.status_code, answer.url) == (fresh.status_code, fresh.url)
    told = dict(Notice.objects.values_list("to", "subject"))
    assert told == {"nora.keller@example.test": "You have an account already", "new@example.test": "Is this your address?"}
    assert User.objects.filter(email="nora.keller@example.test").count() == 1
