"""Words for what deliveries did, were left alone for, and failed by; and what the home page says of shops that fell silent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from retention.customers.models import CustomerEvent
from retention.customers.panels import Words
from retention.dashboard.access import allows
from retention.dashboard.home_parts import NeedsYou
from retention.intake.models import Delivery, ShopConnection
from retention.intake.shops.kinds import KINDS

SILENT_AFTER = timedelta(days=3)  # Shopify drops a webhook that failed for four hours, and says so to nobody
_DID: dict[str, str | Promise] = {
    "event:Order Completed": gettext_lazy("Order counted"),
    "event:Order Updated": gettext_lazy("Order brought up to date"),
    "event:Order Cancelled": gettext_lazy("Order cancelled"),
    "event:Order Refunded": gettext_lazy("Refund counted"),
    "event:Return Updated": gettext_lazy("Return noted"),
    "event:Shipment Updated": gettext_lazy("Parcel noted"),
    "event:Checkout Started": gettext_lazy("Checkout noted"),
    "event:Cart Viewed": gettext_lazy("Basket noted"),
    "event:Identify": gettext_lazy("Profile brought up to date"),
    "event:Consent Updated": gettext_lazy("Consent noted"),
    "product": gettext_lazy("Product saved"),
    "product_gone": gettext_lazy("Product taken out"),
    "stock": gettext_lazy("Stock counted"),
    "stock_unknown": gettext_lazy("Stock of an article we do not know yet"),
    "cost": gettext_lazy("Cost saved"),
    "erased": gettext_lazy("Person erased"),
    "unknown_person": gettext_lazy("Nobody known here by that name, so nothing to erase"),
    "joined": gettext_lazy("Two customers joined"),
    "asked": gettext_lazy("Owners and managers told by mail"),
    "disconnected": gettext_lazy("Connection ended"),
}
_KNOWN = "known:"
STATES = {"received": "queued", "applied": "done", "ignored": "empty", "failed": "failed"}  # the states of look.md


@dataclass(frozen=True)
class Came:
    """What came of a delivery. state: one of look.md; word: what its badge says; words: the rest of the line."""

    state: str
    word: str
    words: str


def what_came_of(deliveries: Sequence[Delivery]) -> list[Came]:
    """Return what came of each delivery of a page, with what became of its events; one query for all of them."""
    told = [public_id for delivery in deliveries for public_id in delivery.events]
    arrived = {delivery.applied_at for delivery in deliveries if delivery.events}
    found = CustomerEvent.objects.filter(received_at__in=arrived, public_id__in=told).only("public_id", "name", "refusal", "projected_at")
    events = {str(event.public_id): event for event in found} if told else {}
    return [_came(one, [events[public_id] for public_id in one.events if public_id in events]) for one in deliveries]


def _came(delivery: Delivery, events: Sequence[CustomerEvent]) -> Came:
    """Return what came of one; an event that was erased with its person had been counted."""
    refused = {event.name: event.refusal for event in events if event.refusal}
    did = ", ".join(
        str(_DID.get(key, key)) for key in delivery.outcome if not key.startswith(_KNOWN) and key.removeprefix("event:") not in refused
    )
    if refused:
        why = " ".join(dict.fromkeys(refused.values()))
        return Came("failed", _("Not counted"), _("%(why)s The rest was done: %(did)s.") % {"why": why, "did": did} if did else why)
    if any(event.projected_at is None for event in events):
        return Came("queued", _("Waiting"), _("It is stored, and counted within seconds."))
    if delivery.outcome and not did:
        return Came("empty", _("Known before"), _("It was told before, and only the first time counts."))
    words = _(delivery.reason) if delivery.reason else did
    if did and delivery.test:
        words = _("A test. A real one would mean: %(did)s.") % {"did": did}
    return Came(STATES[delivery.state], delivery.get_state_display(), words)


def topic_label(kind: str, topic: str) -> str:
    """Return a topic as the shop's own settings call it; an unknown one by its name."""
    known = KINDS[kind].topics.get(topic)
    return _(known.label) if known is not None else topic


def ended_words(shop: ShopConnection) -> str:
    """Return why a connection is over."""
    return _(shop.ended_because) if shop.ended_because else ""


def shops_in_need(request: Any, now: datetime) -> list[NeedsYou]:
    """Return the shops with deliveries that failed, and the ones that fell silent."""
    if not allows(request.role, capability="connections.view"):
        return []
    found = [_failing(request, shop) for shop in ShopConnection.objects.connected().order_by("pk")]
    found += [_silent(request, shop, now=now) for shop in ShopConnection.objects.connected().filter(state="live").order_by("pk")]
    return [one for one in found if one is not None]


def _failing(request: Any, shop: ShopConnection) -> NeedsYou | None:
    failed = Delivery.objects.filter(connection=shop, state=Delivery.State.FAILED)
    count = failed.count()
    if not count:
        return None
    title = ngettext("%(count)d delivery of %(shop)s failed", "%(count)d deliveries of %(shop)s failed", count)
    return NeedsYou(
        icon="alert-circle",
        title=title % {"count": count, "shop": shop.name},
        consequence=_("What they said is not counted yet. They are kept for 30 days."),
        button=_("See why"),
        url=reverse("intake:shop", args=[request.store.slug, shop.public_id]) + "?show=failed",
        since=failed.order_by("id").values_list("received_at", flat=True)[0],
        tone="bad",
    )


def _silent(request: Any, shop: ShopConnection, *, now: datetime) -> NeedsYou | None:
    if shop.last_delivery_at is None or now - shop.last_delivery_at < SILENT_AFTER:
        return None
    return NeedsYou(
        icon="clock-exclamation",
        title=_("%(shop)s has said nothing for days") % {"shop": shop.name},
        consequence=_("Shops drop a webhook without a word when it failed too often. Look whether it is still there."),
        button=pgettext("button", "Look"),
        url=reverse("intake:shop", args=[request.store.slug, shop.public_id]),
        since=shop.last_delivery_at,
    )


def tell_parcel(event: CustomerEvent) -> Words:
    """Put a parcel on its way into words for the timeline."""
    carrier, number = (str(event.properties.get(name) or "") for name in ("carrier", "tracking_number"))
    if str(event.properties.get("state")) == "delivered":
        return Words("package", _("The parcel arrived"), tone="good")
    return Words("truck-delivery", _("A parcel is on its way"), " ".join(filter(None, (carrier, number)))[:200])


def tell_request(event: CustomerEvent) -> Words:
    """Put the wish to know what is known into words for the timeline."""
    return Words(
        "help-circle", _("Asked %(shop)s what is known about them") % {"shop": str(event.properties.get("shop") or "")}, tone="warn"
    )
