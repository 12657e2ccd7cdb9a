"""Orders of a file that were never paid, or whose money went back, do not come in as revenue; files of our languages are understood."""

from datetime import UTC, datetime

import pytest

from retention.customers.importing.mapping import propose
from retention.orders.importing.reading import ORDERS
from retention.orders.importing.spoken import NOT_PAID, PAID, status_key
from retention.orders.models import Order, Refund
from tests.customers.importing import counts, faults, import_file

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEAD = "Order Number,Date,Customer Email,SKU,Quantity,Unit Price,Status\n"


@pytest.fixture
def store(british):
    return british


def rows(*statuses: str) -> str:
    return HEAD + "".join(f"{number},2026-07-01,a@example.test,X,1,2.50,{status}\n" for number, status in enumerate(statuses, 1))


def test_what_was_not_paid_is_left_out_and_named_with_its_word(store):
    done = import_file(rows("bezahlt", "storniert", "Teilweise erstattet", "gewichtelt", ""), store, kind="orders", at=NOW)
    assert [(one.number, one.total_minor) for one in Order.objects.order_by("number")] == [("1", 250), ("3", 250)]
    assert counts(done) == {"new": 2, "changed": 0, "same": 0, "refused": 3}
    assert faults(done) == [
        (3, "Status", "“storniert” is not a paid order."),
        (5, "Status", "“gewichtelt” is no status of an order that we know."),
        (6, "Status", "The order's status is missing."),
    ]


@pytest.mark.parametrize(
    "status",
    ["Refunded (partially)", "completely_paid", "Zahlung eingegangen", "Awaiting Fulfillment", "In behandeling",
     "paid", "PAID", "completed", "wc-processing", "wc-completed", "fulfilled", "Shipped", "partially_refunded", "Abgeschlossen",
     "in Bearbeitung", "Payé", "PAYEE", "Terminée", "Completado", "procesando", "Pagato", "In lavorazione"],
)  # fmt: skip
def test_words_for_paid(status):
    assert status_key(status) in PAID


@pytest.mark.parametrize(
    "status",
    ["cancelled", "canceled", "wc-cancelled", "wc-on-hold", "wc-refunded", "wc-failed", "wc-pending", "pending", "voided", "refunded",
     "authorized", "Storniert", "Rückerstattet", "ERSTATTET", "fehlgeschlagen", "Wartet auf Zahlung", "Annulée", "annulee", "Remboursé",
     "En attente", "Cancelado", "Reembolsado", "En espera", "Annullato", "Rimborsato", "In attesa"],
)  # fmt: skip
def test_words_for_not_paid(status):
    assert status_key(status) in NOT_PAID


def test_no_word_means_both():
    assert not PAID & NOT_PAID


def test_an_order_says_its_status_once_and_all_its_rows_are_left_out_with_it(store):
    lines = "{0},2026-07-01,a@example.test,X,1,2.50,{1}\n{0},,,Y,none,1,\n"
    paid, voided = lines.format(1, "paid").replace("none", "1"), lines.format(2, "voided")
    done = import_file(HEAD + paid + voided, store, kind="orders", at=NOW)
    assert (Order.objects.get().number, done.new_count, done.refused_count) == ("1", 1, 2)
    assert faults(done) == [(row, "Status", "“voided” is not a paid order.") for row in (4, 5)]


@pytest.mark.parametrize("between", ["", "9,2026-07-01,,X,1,1,paid\n"])
def test_rows_of_one_order_that_say_two_things_bring_in_nothing_of_it(store, between):
    first, second = "1,2026-07-01,,X,1,2,paid\n", "1,2026-07-01,,Y,1,3,cancelled\n"
    done = import_file(HEAD + first + between + second, store, kind="orders", at=NOW)
    assert not Order.objects.filter(number="1").exists()
    assert "“cancelled” is not a paid order." in [why for _row, _column, why in faults(done)]
    assert done.refused_count == 2


def test_without_a_column_of_it_every_order_counts(store):
    done = import_file(rows("paid", "cancelled").replace("Status", "Remark"), store, kind="orders", at=NOW)
    assert (done.new_count, faults(done)) == (2, [])


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "Bestellnummer;Datum;E-Mail;Gesamt;Währung;Status;Artikelnummer;Artikel;Menge;Preis",
            "number placed_at email - currency status product_id name quantity unit_price",
        ),
        (
            "Auftragsnummer;Bestelldatum;Kundennummer;Land;Zahlungsstatus;Artikel-Nr.;Artikelbezeichnung;Anzahl;Einzelpreis",
            "number placed_at external_id country status product_id name quantity unit_price",
        ),
        (
            "Numéro de commande;Date de commande;Adresse e-mail;Devise;Statut;Référence;Produit;Quantité;Prix unitaire",
            "number placed_at email currency status product_id name quantity unit_price",
        ),
        (
            "Nº de pedido;Fecha;Correo electrónico;Moneda;Estado;Referencia;Producto;Cantidad;Precio",
            "number placed_at email currency status product_id name quantity unit_price",
        ),
        (
            "Numero ordine;Data;Indirizzo email;Valuta;Stato;Codice articolo;Articolo;Quantità;Prezzo",
            "number placed_at email currency status product_id name quantity unit_price",
        ),
        (
            "Name;Email;Financial Status;Currency;Created at;Lineitem quantity;Lineitem name;Lineitem price;Lineitem sku;Billing Country",
            "number email status currency placed_at quantity name unit_price product_id country",
        ),
        ("Order ID;Order date;Order status;Payment status", "number placed_at - status"),
        ("Pedido;Fecha;País;Estado;Ciudad;Estado del pedido", "number placed_at country - - status"),
        ("Order ID;Status;Financial Status;Fulfillment Status", "number - status -"),
        ("Name;Order number;SKU", "name number product_id"),
    ],
)
def test_headings_of_our_languages_are_understood(headings, fields):
    assert [field or "-" for field in propose(ORDERS, headings.split(";")).values()] == fields.split()


def test_no_heading_means_two_fields():
    seen = [heading for field in ORDERS.fields for heading in field.headings]
    assert len(seen) == len(set(seen))


def test_a_german_file_comes_in_by_its_headings_alone(store):
    text = "Bestellnummer;Datum;E-Mail;Währung;Status;Artikelnummer;Artikel;Menge;Preis\n"
    text += "1;01.07.2026;a@example.test;EUR;bezahlt;X;Tasse;2;12,50\n2;02.07.2026;a@example.test;EUR;storniert;X;Tasse;2;12,50\n"
    import_file(text, store, kind="orders", at=NOW)
    assert [(one.number, one.currency, one.total_minor) for one in Order.objects.all()] == [("1", "EUR", 2500)]


def test_what_a_file_says_of_the_money_counts_and_not_how_far_the_order_is(store):
    text = "Bestellnummer;Bestelldatum;Bestellstatus;Zahlungsstatus;Artikelnummer;Menge;Preis\n1;01.07.2026;Offen;Bezahlt;X;1;12,50\n"
    import_file(text + "2;01.07.2026;Abgeschlossen;Erstattet;X;1;12,50\n", store, kind="orders", at=NOW)
    assert [one.number for one in Order.objects.all()] == ["1"]


def test_a_credit_note_whose_money_went_back_comes_in(store):
    text = HEAD + "1,2026-07-01,a@example.test,X,2,10,paid\nC1,2026-07-02,a@example.test,X,-1,10,refunded\n"
    done = import_file(text + "C2,2026-07-02,a@example.test,X,-1,10,cancelled\n", store, kind="orders", at=NOW)
    assert Refund.objects.count() == 1
    assert faults(done) == [(4, "Status", "“cancelled” is not a paid order.")]


def test_a_japanese_file_comes_in(store):
    text = "注文番号,注文日,商品コード,数量,単価,ステータス\n1,2026-07-01,X,1,2,支払い済み\n2,2026-07-01,X,1,2,キャンセル\n"
    import_file(text, store, kind="orders", at=NOW)
    assert [one.number for one in Order.objects.all()] == ["1"]
