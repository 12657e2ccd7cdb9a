"""Links over a host of the merchant's own: used once it is proven and answers, never before; what it answers, and for whom."""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from campaigns.connecting import hosting
from campaigns.models import Click, LinkHost, Message
from campaigns.personalization.context import contexts
from campaigns.personalization.links import basket_url, click_base, click_url, opening_url, unsubscribe_url
from campaigns.personalization.short_links import short_url
from campaigns.personalization.tracking import may_link
from campaigns.sending.assembling.email import links_of_emails
from campaigns.tasks import look_at_hosts
from retention.kit import clock
from retention.kit.fetch import Answer, FetchFailed, FetchRefused
from retention.kit.fetch.client import Fetcher
from retention.kit.fetch.policy import policy_from_settings
from retention.signup.links import preferences_url
from retention.stores.models import AuditEntry, StoreWork
from retention.tenancy.context import store_context
from tests.campaigns.crowd import make_ready
from tests.campaigns.dns_stage import Zone, dns_stage
from tests.campaigns.recovery.shopping import basket
from tests.campaigns.sink import free_port
from tests.campaigns.story import send
from tests.factories import make_store, member_of, signed_in
from tests.kit.certificates import make_certificate
from tests.kit.stage import Stage, answer

HOST = "links.lumen.example.test"
PAGE = "/s/lumen/settings/channels/"


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    hosting._hosts.forget()
    yield
    hosting._hosts.forget()


@pytest.fixture
def zone(settings: Any) -> Iterator[Zone]:
    with dns_stage(settings) as running:
        running.text("example.test", "somebody lives here")
        yield running


def at_home(tls: ssl.SSLContext | None = None) -> Callable[[str], Answer]:
    """Return the guarded way out, for which every name is this machine."""
    return Fetcher(policy_from_settings(), resolve=lambda host, port: ["127.0.0.1"], tls=tls).ask


def tell(zone: Zone, store: Any, host: str = HOST) -> None:
    """Let the DNS say of a host what a merchant was told to add."""
    zone.records[(host, "A")] = ["127.0.0.1"]
    _lead, proof = hosting.records_for(store, host)
    zone.text(proof[1], proof[2])


def make_good(store: Any, host: str = HOST) -> LinkHost:
    moment = clock.now()
    with store_context(store.pk):
        made: LinkHost = LinkHost.objects.create(host=host, is_good=True, proven_at=moment, checked_at=moment)
    hosting._hosts.forget()
    return made


def codes(row: LinkHost, store: Any, ask: Callable[[str], Answer]) -> list[str]:
    return [one.code for one in hosting.check(row, store=store, now=clock.now(), ask=ask)]


@pytest.fixture
def here(settings: Any) -> Iterator[Stage]:
    """Run a door that hands what it is asked to the product, under the name it was asked by, as a proxy does."""

    def through(connection: Any, head: str) -> None:
        line, *fields = head.split("\r\n")
        host = next(field.partition(":")[2].strip() for field in fields if field.lower().startswith("host:"))
        found = Client(raise_request_exception=False).get(line.split(" ")[1], HTTP_HOST=host)
        connection.sendall(answer(found.status_code, found.content))

    class Door(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:  # any path leads to the product
            return super().get(path, through)

    with Stage(address="127.0.0.1") as stage:
        stage._plays = Door()
        settings.SITE_URL, settings.FETCH_ALLOWED_PORTS = f"http://localhost:{stage.port}", [stage.port]
        yield stage


@pytest.mark.django_db
def test_a_host_is_used_only_once_its_records_are_there_and_it_really_leads_here(
    store: Any, zone: Zone, here: Stage, sink: Any, settings: Any
) -> None:
    row = LinkHost.objects.create(host=HOST)
    found = hosting.check(row, store=store, now=clock.now(), ask=at_home())
    assert [(one.code, one.add) for one in found] == [
        ("host_unknown", ("CNAME", HOST, "localhost")),
        ("host_unproven", ("TXT", f"_boomerang.{HOST}", hosting.proof_of(store, HOST))),
    ]
    assert here.requests == [], "nobody is asked before the name is proven"
    assert LinkHost.site_in_use() == settings.SITE_URL
    tell(zone, store)
    assert codes(row, store, at_home()) == ["host_fine"]
    assert LinkHost.site_in_use() == f"http://{HOST}:{here.port}"
    make_ready(1, now=clock.now())
    send(store, now=clock.now())
    mail, message = sink.accepted[0], Message.objects.get()
    body = mail.get_body(("html",)).get_content()
    for begins in ("c/", "o/", "u/"):
        assert f"http://{HOST}:{here.port}/{begins}" in body
    assert mail["List-Unsubscribe"].startswith(f"<http://{HOST}:{here.port}/u/")
    assert settings.SITE_URL not in body
    link = click_url(message.pk, 0, store_id=store.pk, planned_at=message.planned_at)
    assert Client().get(link.removeprefix(settings.SITE_URL), HTTP_HOST=f"{HOST}:{here.port}")["Location"].startswith("https://lumen")


@pytest.mark.django_db
def test_a_host_may_have_a_certificate_once_its_text_was_seen_and_not_because_somebody_typed_it(store: Any, zone: Zone) -> None:
    visitor, row = Client(), LinkHost.objects.create(host=HOST)

    def known(host: str = HOST) -> int:
        return visitor.get("/hosts/known", {"domain": host}).status_code

    def without_certificate(url: str) -> Answer:
        assert known() == 200, "the certificate is got for this very question"
        raise FetchFailed("tls")

    assert (known(), known("other.test"), known("")) == (404, 404, 404)
    assert (codes(row, store, without_certificate), known()) == (["host_unknown", "host_unproven"], 404)
    tell(zone, store)
    assert (codes(row, store, without_certificate), known()) == (["host_without_certificate"], 200)
    LinkHost.objects.update(retired_at=clock.now())
    assert known() == 404
    LinkHost.objects.update(proven_at=clock.now())
    assert known() == 200, "links that were sent lead over it"


@pytest.mark.django_db
def test_made_up_names_of_hosts_cost_no_query_and_drive_nothing_out(store: Any, django_assert_num_queries: Any) -> None:
    make_good(store)
    with django_assert_num_queries(1):
        assert hosting.stores_of(HOST) == frozenset({store.pk})
        assert not any(hosting.stores_of(f"{number}.example.test") for number in range(50))
        assert hosting.stores_of(HOST) == frozenset({store.pk})


@pytest.mark.django_db
def test_another_shop_cannot_take_a_name_that_is_not_its_own(store: Any, zone: Zone, here: Stage) -> None:
    tell(zone, store)
    thief = make_store("Thief")
    with store_context(thief.pk):
        row = LinkHost.objects.create(host=HOST)
        assert codes(row, thief, at_home()) == ["host_unproven"]
        row.refresh_from_db()
        assert (row.is_good, row.proven_at) == (False, None)
    assert hosting.stores_of(HOST) == frozenset()


@pytest.mark.django_db
def test_a_host_that_leads_elsewhere_is_found_out(store: Any, zone: Zone, settings: Any, tmp_path: Path) -> None:
    tell(zone, store)
    row = LinkHost.objects.create(host=HOST)
    with Stage(address="127.0.0.1") as other:
        settings.SITE_URL, settings.FETCH_ALLOWED_PORTS = f"http://localhost:{other.port}", [other.port]
        assert codes(row, store, at_home()) == ["host_elsewhere"], "it answers 404"
    nobody = free_port()
    settings.SITE_URL, settings.FETCH_ALLOWED_PORTS = f"http://localhost:{nobody}", [nobody]
    assert codes(row, store, at_home()) == ["host_silent"], "nobody answers"
    _authority, context = make_certificate(tmp_path, host="other.example.test")
    with Stage(address="127.0.0.1", tls=context) as secure:
        settings.SITE_URL, settings.FETCH_ALLOWED_PORTS = f"https://localhost:{secure.port}", [secure.port]
        assert codes(row, store, at_home()) == ["host_without_certificate"]

    def refused(url: str) -> Answer:
        raise FetchRefused("address")

    assert codes(row, store, refused) == ["host_elsewhere"]
    assert not LinkHost.objects.get().is_good


@pytest.mark.django_db
def test_a_host_that_breaks_is_not_used_until_it_is_right_again(store: Any, zone: Zone, here: Stage, settings: Any) -> None:
    tell(zone, store)
    row = LinkHost.objects.create(host=HOST)
    codes(row, store, at_home())
    zone.failing.add(f"_boomerang.{HOST}")
    assert codes(row, store, at_home()) == ["not_heard"]
    assert LinkHost.objects.get().is_good, "no answer is no answer that it is gone"
    zone.failing.clear()
    del zone.records[(HOST, "A")]
    LinkHost.objects.update(checked_at=clock.now() - hosting.LOOKED_AT_EVERY)
    StoreWork.objects.filter(kind=hosting.WORK).update(due_at=clock.now())
    look_at_hosts()
    row.refresh_from_db()
    assert (row.is_good, row.broken_at is not None, row.proven_at is not None) == (False, True, True)
    assert LinkHost.site_in_use() == settings.SITE_URL
    home = signed_in(member_of(store, "owner")).get(f"/s/{store.slug}/").content.decode()
    assert f"Links no longer lead over {HOST}" in home
    assert StoreWork.objects.get(kind=hosting.WORK).due_at > clock.now() + timedelta(hours=5)
    zone.records[(HOST, "A")] = ["127.0.0.1"]
    assert codes(row, store, at_home()) == ["host_fine"]
    assert LinkHost.objects.get().broken_at is None


@pytest.mark.django_db
def test_on_an_own_host_only_what_links_of_its_store_lead_to_is_answered(store: Any, sink: Any) -> None:
    make_good(store)
    make_ready(1, now=clock.now())
    send(store, now=clock.now())
    message = Message.objects.select_related("customer").get()
    about = {"store_id": store.pk, "planned_at": message.planned_at}
    cart = basket(message.customer, now=clock.now())
    paths = [
        click_url(message.pk, 0, **about), short_url(message.pk, 0, store_id=store.pk), opening_url(click_base(message.pk, **about)),
        unsubscribe_url(message.customer, message.pk, "email", **about), preferences_url(message.customer, **about),
        basket_url(cart.pk, **about),
    ]  # fmt: skip
    paths = [path.removeprefix("http://localhost:8000") for path in paths]
    visitor, good = Client(raise_request_exception=False), [302, 302, 200, 200, 200, 200]
    assert [visitor.get(path, HTTP_HOST=HOST).status_code for path in paths] == good
    assert Click.objects.count() == 2
    assert visitor.post(paths[3], {"List-Unsubscribe": "One-Click"}, HTTP_HOST=HOST).status_code == 200
    owner = signed_in(member_of(store, "owner"))
    others = ("/", f"/s/{store.slug}/", "/accounts/login/", "/admin/", "/api/v1/customers", "/nowhere", "/hosts/known")
    for path in (*others, "/countdown/1-ffffff.png"):
        for browser in (visitor, owner):
            assert browser.get(path, HTTP_HOST=HOST).status_code == 404, path
    assert [visitor.get(path, HTTP_HOST="nobody.example.test").status_code for path in paths] == [400] * len(paths)
    assert [visitor.get(path).status_code for path in paths] == good, "our own address goes on working"
    other = make_store("Other")
    make_good(other, "links.other.example.test")
    assert [visitor.get(path, HTTP_HOST="links.other.example.test").status_code for path in paths] == [404] * len(paths)
    LinkHost.objects.update(is_good=False, retired_at=clock.now())
    hosting._hosts.forget()
    assert [visitor.get(path, HTTP_HOST=HOST).status_code for path in paths] == good, "links that were sent stay good"


@pytest.mark.django_db
def test_a_basket_comes_back_over_the_host_of_the_shop(store: Any) -> None:
    make_good(store)
    make_ready(1, now=clock.now())
    message = Message.objects.select_related("customer", "template_version").get()
    message.cart = basket(message.customer, now=clock.now())
    message.cart.restore_url = "https://lumen.example.test/basket/back/abc"
    context = contexts([message], store=store)[message.pk]
    assert context["cart"]["url"].startswith(f"{LinkHost.site_in_use()}/b/")
    assert HOST in LinkHost.site_in_use()
    (links,) = links_of_emails([(message, context, message.template_version.parts_for("")[1])])
    assert may_link(context["cart"]["url"], hosts=links.hosts)


@pytest.mark.django_db
def test_a_merchant_adds_a_host_and_reads_what_to_add_where(zone: Zone, store: Any, settings: Any) -> None:
    owner, page = signed_in(member_of(store, "owner")), f"/s/{store.slug}/settings/channels/senders/"
    add = f"/s/{store.slug}/settings/channels/hosts/add/"
    for wrong, said in (("nonsense", "is no host"), ("lumen.example.test", "is in use already"), ("localhost", "is no host")):
        assert said in owner.post(add, {"host": wrong}, follow=True).content.decode()
    assert not LinkHost.objects.exists()
    shown = owner.post(add, {"host": " Links.Lumen.Example.Test. "}, follow=True).content.decode()
    for words in (HOST, hosting.proof_of(store, HOST), f"_boomerang.{HOST}", "CNAME", "Not checked yet"):
        assert words in shown
    row = LinkHost.objects.get()
    here = f"/s/{store.slug}/settings/channels/hosts/{row.public_id}/"
    shown = owner.post(f"{here}check/", follow=True).content.decode()
    assert "do not know links.lumen.example.test yet" in shown
    assert "Not used" in shown
    assert signed_in(member_of(store, "marketer")).post(f"{here}check/").status_code == 403
    owner.post(f"{here}retire/")
    assert owner.post(f"{here}check/").status_code == 404
    assert f"{HOST}</h3>" not in owner.get(page).content.decode()
    owner.post(add, {"host": HOST})
    assert list(LinkHost.objects.values_list("host", "retired_at")) == [(HOST, None)]
    assert set(AuditEntry.objects.filter(action__startswith="link_host").values_list("action", flat=True)) == {
        "link_host.added", "link_host.checked", "link_host.retired",
    }  # fmt: skip
