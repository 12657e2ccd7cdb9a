"""One click to hear no more: GET shows a page with a button and changes nothing, POST does it (RFC 8058, S37).

Needs no cookie and no sign-in; a mail program posts `List-Unsubscribe=One-Click`, urlencoded or as a form, and gets 200.
"""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.personalization.links import read_unsubscribe
from retention.customers.consent import Said, record_consents
from retention.customers.events import record
from retention.customers.models import Customer
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.secrets import BadLink
from retention.signup.links import preferences_url
from retention.signup.pages import shop_page
from retention.stores.models import Store
from retention.tenancy.context import store_context


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button, or take the person off the channel."""
    now = clock.now()
    try:
        link, channel, customer_id, message_id = read_unsubscribe(token, now=now)
    except BadLink:
        return render(request, "campaigns/link_gone.html", status=404)
    with store_context(link.store_id):
        store = Store.objects.get(pk=link.store_id)
        done = request.method == "POST"
        if done:
            _withdraw(customer_id, channel, message_id)
        customer = Customer.objects.filter(pk=customer_id).only("pk", "public_id").first()
    more = preferences_url(customer.public_id, store_id=store.pk, planned_at=now) if customer is not None else ""
    return shop_page(request, "campaigns/unsubscribe.html", store=store, done=done, preferences=more)


def _withdraw(customer_id: int, channel: str, message_id: int) -> None:
    """Write the "no", effective for every claim from the commit on; a person we no longer know has nothing to withdraw."""
    now = clock.now()
    with transaction.atomic():
        customer = Customer.objects.filter(pk=customer_id).only("pk", "store_id").first()
        if customer is None:
            return
        record_consents([Said(customer.pk, channel, "refused", now, method="one-click", source=f"message {message_id}")])
        record(customer.pk, name="Unsubscribed", now=now, properties={"channel": channel, "message_id": message_id})
