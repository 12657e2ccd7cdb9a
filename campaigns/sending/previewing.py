"""What a mail that is being written looks like for one person: compiled and rendered as for sending, and sent to nobody."""

from datetime import datetime
from typing import Any

from campaigns.models import Message
from campaigns.personalization.context import contexts
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.render import CannotRender, Rendered, TemplateFault
from campaigns.personalization.vocabulary import example_context
from campaigns.personalization.wording import Wording
from campaigns.sending.lending import renderer
from retention.customers.models import Customer
from retention.orders.models import Cart
from retention.stores.models import Store


def preview(
    wording: Wording, kind: str, *, store: Store, customer: Customer | None, language: str = "", now: datetime
) -> Rendered | CannotRender:
    """Render a mail for a customer, or for the example person with None. Its links to say no lead nowhere.

    language: what the example person speaks, where that is not the shop's own.
    """
    try:
        compiled = compile_wording(wording, kind)
    except TemplateFault as fault:
        return CannotRender("template_error", str(fault))
    parts = {"subject": wording.subject, "html": compiled.html, "text": compiled.text}
    if customer is None:
        context = example_context(store, now=now, language=language)
    else:
        context = _context(customer, list(parts.values()), store=store, now=now)
    with renderer() as process:
        return process.render(f"{store.pk}.preview.{hash((wording, kind))}", parts, context)


def _context(customer: Customer, sources: list[str], *, store: Store, now: datetime) -> dict[str, Any]:
    cart = Cart.objects.filter(customer=customer, state=Cart.State.OPEN).order_by("-last_activity_at", "-id").first()
    message = Message(pk=0, customer=customer, cart=cart, channel="email", planned_at=now, store_id=store.pk)
    nowhere = {"unsubscribe_url": "https://preview.invalid/unsubscribe", "preferences_url": "https://preview.invalid/preferences"}
    # no code is drawn to be looked at
    return contexts([message], store=store, sources=sources)[0] | nowhere | {"coupon": example_context(store)["coupon"]}
