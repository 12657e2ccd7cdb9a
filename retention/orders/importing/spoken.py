"""How files of orders in our languages head their columns, and how shops write whether an order is paid.

Headings are as `filing.heading_key` compares them, words of a status as `status_key` does. Those of a customer stand with the customers.
"""

import unicodedata

from retention.customers.importing.filing import heading_key
from retention.customers.importing.spoken import HEADINGS as OF_CUSTOMERS

HEADINGS: dict[str, tuple[str, ...]] = {
    "number": (
        "bestellnummer", "bestellnr", "bestell nr", "auftragsnummer", "auftragsnr", "rechnungsnummer", "bestellung", "bestell id",
        "numéro de commande", "n de commande", "n commande", "numéro commande", "commande", "numéro de facture",
        "número de pedido", "n de pedido", "no de pedido", "no pedido", "número pedido", "pedido", "número de factura",
        "numero ordine", "n ordine", "numero d ordine", "numero dell ordine", "ordine", "id ordine", "numero fattura",
        "número do pedido", "número da encomenda", "encomenda", "bestelnummer", "ordernummer", "factuurnummer", "注文番号",
    ),
    "placed_at": (
        "datum", "bestelldatum", "auftragsdatum", "rechnungsdatum", "bestellt am", "erstellt am",
        "date de commande", "date de la commande", "date de création", "date de facture",
        "fecha", "fecha de pedido", "fecha del pedido", "fecha de creación", "fecha de compra",
        "data", "data ordine", "data dell ordine", "data di creazione", "data acquisto",
        "data do pedido", "data da encomenda", "besteldatum", "orderdatum", "注文日", "注文日時",
    ),
    "email": (
        *OF_CUSTOMERS["email"], "e mail kunde", "kunden e mail", "e mail client", "email client", "e mail du client",
        "correo del cliente", "email del cliente", "email cliente", "e mail cliente",
    ),
    "external_id": OF_CUSTOMERS["external_id"],
    "product_id": (
        "artikelnummer", "artikelnr", "artikel nr", "produktnummer", "produkt id", "artikel id", "ugs", "référence", "référence produit",
        "référence article", "id produit", "referencia", "referencia del producto", "id de producto", "id producto", "código de producto",
        "codice articolo", "codice prodotto", "id prodotto", "riferimento", "código do produto", "referência", "productnummer",
        "artikelcode", "商品コード", "商品番号",
    ),
    "name": (
        "artikel", "artikelname", "artikelbezeichnung", "bezeichnung", "produkt", "produktname", "article", "produit", "nom du produit",
        "désignation", "artículo", "producto", "nombre del producto", "nombre de producto", "descripción", "articolo", "prodotto",
        "nome prodotto", "nome del prodotto", "descrizione", "produto", "nome do produto", "descrição", "productnaam", "omschrijving",
        "商品名",
    ),
    "quantity": ("menge", "anzahl", "stück", "stückzahl", "quantité", "qté", "cantidad", "unidades", "quantità", "qtà",
        "quantidade", "aantal", "hoeveelheid", "数量"),
    "unit_price": (
        "preis", "einzelpreis", "stückpreis", "artikelpreis", "prix", "prix unitaire", "prix à l unité", "precio", "precio unitario",
        "precio por unidad", "prezzo", "prezzo unitario", "preço", "preço unitário", "prijs", "stukprijs", "prijs per stuk", "単価", "価格",
    ),
    "currency": ("währung", "währungscode", "devise", "monnaie", "moneda", "divisa", "valuta", "moeda", "通貨"),
    "country": (*OF_CUSTOMERS["country"], "rechnungsland", "lieferland", "pays de facturation", "pays de livraison",
        "país de facturación", "país de envío", "paese di fatturazione", "paese di spedizione"),
    "status": (  # what it says of the money first, then of the order; the last may be a province as well
        "financial status", "payment status", "zahlungsstatus", "statut du paiement", "estado de pago", "estado del pago",
        "stato pagamento", "stato del pagamento", "betaalstatus",
        "order status", "bestellstatus", "auftragsstatus", "statut de la commande", "statut commande", "état de la commande",
        "estado del pedido", "estado do pedido", "status do pedido", "stato ordine", "stato dell ordine", "orderstatus",
        "status", "statut", "ステータス", "état", "estado", "stato",
    ),
}  # fmt: skip
_PAID = (
    # English; WooCommerce's and Shopify's words among them
    "paid", "complete", "completed", "processing", "in progress", "fulfilled", "partially fulfilled", "shipped",
    "partially shipped", "dispatched", "delivered", "done", "success", "succeeded", "captured",
    "partially refunded", "partly refunded", "part refunded", "refunded partially", "completely paid", "payment accepted",
    "remote payment accepted", "awaiting fulfillment", "awaiting shipment", "awaiting pickup", "shipped delivered to buyer",
    "bezahlt", "vollständig bezahlt", "komplett bezahlt", "abgeschlossen", "erledigt", "fertig", "in bearbeitung", "in arbeit",
    "in verarbeitung", "verarbeitet", "versendet", "versandt", "verschickt", "teilweise versendet", "geliefert", "ausgeliefert",
    "zugestellt", "ausgeführt", "teilweise erstattet", "teilerstattet", "teilweise rückerstattet", "teilweise zurückerstattet",
    "komplett abgeschlossen", "komplett ausgeliefert", "teilweise ausgeliefert", "teilversandt", "teilversendet", "zahlung eingegangen",
    "payé", "payée", "terminé", "terminée", "en cours", "en cours de traitement", "en traitement", "en préparation",
    "préparation en cours", "en cours de préparation", "expédié", "expédiée", "envoyé", "envoyée", "livré", "livrée", "paiement accepté",
    "partiellement remboursé", "partiellement remboursée",
    "pagado", "pagada", "completado", "completada", "procesando", "en proceso", "en preparación",
    "preparación en curso", "enviado", "enviada", "entregado",
    "entregada", "pago aceptado", "parcialmente reembolsado", "parcialmente reembolsada", "reembolsado parcialmente",
    "pagato", "pagata", "completato", "completata", "in lavorazione", "in elaborazione", "in preparazione",
    "preparazione in corso", "spedito", "spedita",
    "consegnato", "consegnata", "evaso", "evasa", "pagamento accettato", "parzialmente rimborsato", "parzialmente rimborsata",
    "pago", "paga", "concluído", "concluída", "processando", "parcialmente reembolsada",
    "betaald", "voltooid", "afgerond", "in behandeling", "verzonden", "geleverd", "gedeeltelijk terugbetaald",
    "支払い済み", "支払済み", "支払済", "入金済み", "完了", "処理中", "発送済み", "出荷済み",
)  # fmt: skip
_PAID_BACK = (
    "refunded", "fully refunded", "returned", "erstattet", "rückerstattet", "rueckerstattet", "zurückerstattet", "komplett erstattet",
    "vollständig erstattet", "retourniert", "zurückgegeben", "remboursé", "remboursée", "retourné", "retournée", "reembolsado",
    "reembolsada", "devuelto", "devuelta", "rimborsato", "rimborsata", "reso", "estornado", "estornada", "terugbetaald", "返金済み",
)  # fmt: skip
_NOT_PAID = (
    *_PAID_BACK, "cancelled", "canceled", "voided", "void", "chargeback", "charged back", "disputed",
    "unpaid", "not paid", "pending", "pending payment", "payment pending", "awaiting payment", "authorized", "authorised",
    "partially paid", "partly paid", "overdue", "failed", "payment failed", "declined", "denied", "rejected", "on hold", "expired",
    "abandoned", "draft", "checkout draft", "trash", "deleted", "open", "fraud",
    "holded", "payment review", "paid partially", "storno",
    "storniert", "annulliert", "abgebrochen", "widerrufen", "gelöscht",
    "unbezahlt", "nicht bezahlt",
    "offen", "ausstehend", "zahlung ausstehend", "warten auf zahlung", "warte auf zahlung", "wartet auf zahlung", "teilweise bezahlt",
    "teilbezahlt", "fehlgeschlagen", "zahlung fehlgeschlagen", "abgelehnt", "in wartestellung", "wartend", "zurückgestellt",
    "überfällig", "abgelaufen", "entwurf",
    "annulé", "annulée", "impayé", "impayée", "non payé", "non payée", "en attente",
    "en attente de paiement", "attente paiement", "en attente paiement", "partiellement payé", "partiellement payée", "échoué",
    "échouée", "échec", "erreur de paiement", "refusé", "refusée", "expiré", "expirée", "brouillon",
    "cancelado", "cancelada", "anulado", "anulada", "impagado", "impagada",
    "no pagado", "no pagada", "sin pagar", "pendiente", "pendiente de pago", "pago pendiente", "parcialmente pagado",
    "parcialmente pagada", "fallido", "fallida", "rechazado", "rechazada", "en espera", "en espera de pago", "vencido", "caducado",
    "borrador", "error en pago",
    "annullato", "annullata", "cancellato", "cancellata", "stornato", "stornata", "non pagato",
    "non pagata", "da pagare", "in attesa", "in attesa di pagamento", "in sospeso", "parzialmente pagato", "parzialmente pagata",
    "fallito", "fallita", "rifiutato", "rifiutata", "scaduto", "scaduta", "bozza", "errore di pagamento",
    "pendente", "aguardando pagamento", "não pago", "falhou", "recusado",
    "geannuleerd", "niet betaald", "onbetaald", "in afwachting", "mislukt", "in de wacht",
    "キャンセル", "キャンセル済み", "未払い", "未入金", "保留", "保留中", "失敗",
)  # fmt: skip


def status_key(text: str) -> str:
    """Return a status as it is compared: like a heading, without accents, and without the mark WooCommerce writes before it."""
    marked = unicodedata.normalize("NFKD", heading_key(text))
    return "".join(letter for letter in marked if not unicodedata.combining(letter)).removeprefix("wc ")


PAID = frozenset(map(status_key, _PAID))
PAID_BACK = frozenset(map(status_key, _PAID_BACK))  # of a credit note as good as paid, of an order that its money is gone
NOT_PAID = frozenset(map(status_key, _NOT_PAID))
