"""Every page of the room renders, for the roles that may open it and for nobody else (S13)."""

import pytest
from django.test import Client

from retention.stores.models import AuditEntry, Membership, Store
from tests.cast import lumen
from tests.factories import make_key, make_store, make_user, signed_in, work_for

pytestmark = pytest.mark.django_db

ROLES = ("owner", "manager", "marketer", "analyst", "support")
RUN = ("owner", "manager")
STORE_PAGES = {"store/": RUN, "team/": RUN, "keys/": RUN, "keys/new/": RUN, "security/": ROLES, "audit/": RUN}
DEEDS = {"store/save/": RUN, "team/invite/": RUN, "keys/make/": RUN, "team/1/role/": RUN, "team/1/remove/": RUN, "keys/1/revoke/": RUN}
FORM = {
    "name": "Lumen Roasters",
    "web_address": "lumen.example.test",
    "postal_address": "Weg 7",
    "country": "CH",
    "currency": "CHF",
    "locale": "de",
    "zone": "Europe/Zurich",
    "brand_color": "#123456",
    "logo_url": "https://lumen.example.test/logo.png",
}


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_by_role(role):
    client = signed_in(lumen().person(role))
    for path, roles in STORE_PAGES.items():
        assert client.get(f"/s/lumen/settings/{path}").status_code == (200 if role in roles else 403), path


@pytest.mark.parametrize("role", ROLES)
def test_deeds_by_role(role):
    client = signed_in(lumen().person(role))
    for path, roles in DEEDS.items():
        assert (client.post(f"/s/lumen/settings/{path}").status_code != 403) is (role in roles), path


@pytest.mark.parametrize(
    "path", [*(f"/s/lumen/settings/{path}" for path in (*STORE_PAGES, "")), "/account/", "/stores/new/", "/account/second-factor/"]
)
def test_anonymous_visitor_is_led_to_sign_in(path):
    lumen()
    assert Client().get(path).url == f"/accounts/login/?next={path.replace('/', '/')}"


@pytest.mark.parametrize("path", DEEDS)
def test_looking_changes_nothing(path):
    assert signed_in(lumen().nora).get(f"/s/lumen/settings/{path}").status_code == 405


@pytest.mark.parametrize(("role", "page"), [("owner", "store"), ("support", "sending")])
def test_settings_lead_to_the_first_page_one_may_open(role, page):
    assert signed_in(lumen().person(role)).get("/s/lumen/settings/").url == f"/s/lumen/settings/{page}/"


def test_store_is_saved():
    cast = lumen()
    assert signed_in(cast.tom).post("/s/lumen/settings/store/save/", FORM).status_code == 302
    store = Store.objects.get(pk=cast.store.pk)
    assert {name: getattr(store, name) for name in FORM} == FORM | {"web_address": "https://lumen.example.test"}


def test_how_long_events_are_kept_is_chosen_and_written_down():
    cast = lumen()
    client = signed_in(cast.nora)
    for chosen, months in (("12", 12), ("", None)):
        assert client.post("/s/lumen/settings/store/save/", FORM | {"event_months": chosen}).status_code == 302
        assert Store.objects.get(pk=cast.store.pk).event_months == months
        with work_for(cast.store):
            assert "event_months" in AuditEntry.objects.filter(action="store.changed").latest("number").details["fields"]
        assert f'<option value="{chosen}" selected>' in client.get("/s/lumen/settings/store/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Lumen\nBcc: x"},
        {"currency": "XXX"},
        {"country": "de"},
        {"zone": "Europe/Atlantis"},
        {"brand_color": "red"},
        {"brand_color": '#fff"><script>'},
        {"logo_url": "http://lumen.example.test/logo.png"},
        {"logo_url": "data:image/png;base64,AAAA"},
        {"postal_address": ""},
        {"event_months": "7"},
        {"event_months": "0"},
    ],
)
def test_store_refuses_bad_input(changes):
    cast = lumen()
    assert signed_in(cast.nora).post("/s/lumen/settings/store/save/", FORM | changes).status_code == 422
    assert Store.objects.get(pk=cast.store.pk).name == "Lumen Coffee"


def test_front_door_leads_each_to_their_place():
    assert Client().get("/").url == "/accounts/login/"
    assert signed_in(make_user()).get("/").url == "/stores/new/"
    assert signed_in(lumen().nora).get("/").status_code == 302


def test_front_door_leads_to_the_store_joined_first_then_to_the_one_last_worked_in():
    user = make_user()
    first, second = make_store("Zebra Coffee"), make_store("Attic Gifts")
    for store in (first, second):
        with work_for(store):
            Membership.objects.create(store=store, user=user, role="owner")
    client = signed_in(user)
    assert client.get("/").url == f"/s/{first.slug}/"
    client.get(f"/s/{second.slug}/")
    assert client.get("/").url == f"/s/{second.slug}/"


def test_colours_are_kept():
    user = make_user()
    client = signed_in(user)
    assert client.post("/account/theme/", {"theme": "dark", "next": "/account/"}).url == "/account/"
    assert 'data-bs-theme="dark"' in client.get("/account/").content.decode()
    assert client.post("/account/theme/", {"theme": "neon"}).status_code == 400
    assert client.post("/account/theme/", {"theme": "light", "next": "https://evil.example.test/"}).url == "/account/"


def test_name_is_kept_in_one_line():
    user = make_user()
    client = signed_in(user)
    assert client.post("/account/save/", {"name": "Nora Keller"}).status_code == 302
    assert client.post("/account/save/", {"name": "Nora\r\nBcc: x"}).status_code == 422
    user.refresh_from_db()
    assert user.name == "Nora Keller"


def test_key_in_the_open_is_shown_where_it_can_be_replaced():
    cast = lumen()
    key, _text = make_key(cast.store)
    with work_for(cast.store):
        type(key).objects.update(misused_at=key.created_at)
    assert "Used from a browser" in signed_in(cast.nora).get("/s/lumen/settings/keys/").content.decode()


def test_list_of_people_costs_the_same_for_many(django_assert_max_num_queries):
    cast = lumen()
    client = signed_in(cast.nora)
    client.get("/s/lumen/settings/team/")
    with django_assert_max_num_queries(16):
        answer = client.get("/s/lumen/settings/team/")
    assert answer.status_code == 200


def test_markup_in_names_is_text():
    cast = lumen()
    cast.mia.name = "<script>alert(1)</script>"
    cast.mia.save()
    page = signed_in(cast.nora).get("/s/lumen/settings/team/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
