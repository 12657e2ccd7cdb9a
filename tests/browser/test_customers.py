"""The customers list and a customer's page as somebody works with them: by keyboard, without a reload, and with what comes on demand."""

from datetime import timedelta

import pytest

from retention.customers.models import SavedView
from retention.kit.clock import now
from retention.tenancy.context import store_context
from tests.browser.conftest import Site
from tests.browser.looking import EACH_VARIANT, Watch, faults_of_page, picture, wait_for
from tests.customers.importing import compared, import_file, put_in
from tests.factories.customers import make_customer, make_event

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_searching_filtering_choosing_and_keeping_a_view(site: Site) -> None:
    store = site.side.store
    ana = make_customer(store, "ana.ferrer@example.test", first_name="Ana", last_name="Ferrer", country="LI", city="Vaduz")
    make_customer(store, "ana.ferro@example.test", first_name="Ana", last_name="Ferro", country="LI", city="Vaduz")
    page = site.window("desktop-light", user=site.side.people["owner"]).new_page()
    watch = Watch()
    watch.over(page)
    page.goto(f"/s/{store.slug}/customers/")
    page.fill("#customers-search", "ferr")
    page.wait_for_selector(".people tbody tr:nth-child(2):last-child")
    assert "q=ferr" in page.url
    wait_for(page, "document.activeElement.id === 'customers-search'")
    page.focus("summary.bo-fadd")
    page.keyboard.press("Enter")
    page.fill("#filter_country", "LI")
    page.click(".cu-filters .btn-primary")
    page.wait_for_selector(".bo-fchip")
    assert "country=LI" in page.url
    join = page.locator("#customers-bar button")
    page.locator(".people tbody .cb").first.check()
    assert join.is_disabled()
    page.locator(".people tbody .cb").nth(1).check()
    assert join.is_enabled()
    assert page.locator("[data-chosen]").inner_text() == "2"
    page.click(".cu-views button")
    page.fill("#view-name", "Vaduz")
    page.click("#save-view .btn-primary")
    page.wait_for_selector(".cu-views [aria-current=page] >> text=Vaduz")
    with store_context(store.pk):
        assert SavedView.objects.get(name="Vaduz").filters == {"country": "LI"}
    assert page.locator(".people a.who").count() == 2
    page.locator(f'a[href$="{ana.public_id}/"]').click()
    assert page.locator("h1").inner_text() == "Ana Ferrer"
    assert [*watch.complaints, *faults_of_page(page)] == []


def test_the_timeline_brings_kinds_older_days_and_the_raw_event_on_demand(site: Site) -> None:
    store = site.side.store
    ana = make_customer(store, "ana@lumen.example.test", first_name="Ana")
    make_event(ana, "Order Completed", properties={"order_id": "77"})
    for number in range(60):
        make_event(ana, "Product Viewed", properties={"name": f"Bean {number}"}, at=now() - timedelta(days=1 + number))
    page = site.window("phone-light", user=site.side.people["owner"]).new_page()
    watch = Watch()
    watch.over(page)
    page.goto(f"/s/{store.slug}/customers/{ana.public_id}/")
    assert page.locator("text=Bean 59").count() == 0
    page.click("#older a")
    page.wait_for_selector("text=Bean 59")
    page.locator(".cu-rawer summary").first.click()
    page.wait_for_selector(".cu-raw")
    assert '"order_id": "77"' in page.locator(".cu-raw").first.inner_text()
    page.locator("#timeline .bo-seg a", has_text="Orders").click()
    page.wait_for_selector("#timeline .bo-seg a[aria-current]:has-text('Orders')")
    assert "Ordered, number 77" in page.locator("#timeline").inner_text()
    assert "Bean" not in page.locator("#timeline").inner_text()
    assert [*watch.complaints, *faults_of_page(page)] == []


@pytest.mark.parametrize("variant", ["desktop-light", "phone-light"])
def test_a_name_stands_above_its_address(site: Site, variant: str) -> None:
    page = site.window(variant, user=site.side.people["owner"]).new_page()
    page.goto(f"/s/{site.side.store.slug}/customers/")
    name = page.locator(".people a.who b").first.bounding_box()
    address = page.locator(".people a.who small").first.bounding_box()
    assert name is not None
    assert address is not None
    assert address["y"] >= name["y"] + name["height"] - 1
    assert abs(address["x"] - name["x"]) < 2


def test_a_name_without_a_blank_widens_no_page(site: Site) -> None:
    store, word = site.side.store, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    long = make_customer(store, f"{'a' * 60}@{'b' * 60}.example.test", first_name=word, last_name=word)
    page = site.window("phone-light", user=site.side.people["owner"]).new_page()
    for address in ("", "why/"):
        page.goto(f"/s/{store.slug}/customers/{long.public_id}/{address}")
        assert faults_of_page(page) == [], address


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_the_end_of_a_file_says_who_may_be_written_to(site: Site, variant: str) -> None:
    store = site.side.store
    with store_context(store.pk):
        rows = "r1@example.test,yes\nr2@example.test,no\nr3@example.test,\nr4@example.test,yes\n"
        of = import_file(f"Email,Email Consent\n{rows}", store, consent_source="Shop")
    watch = Watch()
    page = site.window(variant, user=site.side.people["owner"]).new_page()
    watch.over(page)
    page.goto(f"/s/{store.slug}/imports/{of.public_id}/")
    assert "2 of 4" in page.locator(".im-reach").inner_text()
    assert page.locator(".im-others li").count() == 2
    assert [*watch.complaints, *faults_of_page(page)] == []
    picture(page, variant=variant, name="import reach")


@pytest.mark.parametrize("variant", EACH_VARIANT)
def test_a_file_of_orders_says_what_counts_as_paid_and_what_is_left_out(site: Site, variant: str) -> None:
    store = site.side.store
    head = "Bestellnummer;Datum;E-Mail;Gesamt;Währung;Status;Artikelnummer;Artikel;Menge;Preis\n"
    row = "{};01.07.2026;r1@example.test;25,00;EUR;{};T-1;Tasse;2;1.250,50\n"
    with store_context(store.pk):
        waiting = put_in(head.replace("Status", "Notiz") + row.format("B-1", "bezahlt"), kind="orders", name="bestellungen.csv")
        ready = compared(put_in(head + row.format("B-1", "bezahlt") + row.format("B-2", "storniert"), kind="orders"), store)
    watch = Watch()
    page = site.window(variant, user=site.side.people["owner"]).new_page()
    watch.over(page)
    for of, words in ((waiting, "every order of the file counts as paid"), (ready, "1 row is left out"), (ready, "€2,501.00")):
        page.goto(f"/s/{store.slug}/imports/{of.public_id}/")
        assert words in page.locator("#import").inner_text()
        assert [*watch.complaints, *faults_of_page(page)] == []
        picture(page, variant=variant, name=f"import orders {of.state}")
