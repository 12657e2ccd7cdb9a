"""One click to hear no more: GET shows a page with a button and changes nothing, POST does it (RFC 8058, S37).

Needs no cookie and no sign-in; a mail program posts `List-Unsubscribe=One-Click`, urlencoded or as a form, and gets 200.
The link names the customer as they were when the mail was made; who joined somebody else meanwhile is found through what every join
leaves behind, which stays for as long as such links are good. "Done" is said only where a "no" was written or nobody is left to write to.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.models import LinkHost, Message
from campaigns.personalization.links import Unsubscribing, read_unsubscribe
from campaigns.sending.receipts import origins_of
from retention.customers.consent import Said, address_digest, record_consents
from retention.customers.events import record
from retention.customers.models import Customer, CustomerMerge, Erasure
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.signup.links import address_mark, preferences_url
from retention.signup.pages import nowhere_page, shop_page
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
        wish = read_unsubscribe(token, now=now)
    except BadLink:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    with store_context(wish.store_id):
        store = Store.objects.get(pk=wish.store_id)
        done = request.method == "POST"
        customer = _withdraw(wish, now=now) if done else _person(Customer.objects.all(), wish)
        if customer is None and not _is_erased(wish):
            return nowhere_page(request, "campaigns/link_gone.html", status=404)
        site = LinkHost.site_in_use()
    known = customer is not None and address_mark(customer) == wish.mark
    more = preferences_url(customer, store_id=store.pk, planned_at=now, site=site) if customer is not None and known else ""
    with speaking(customer.language if customer is not None else "", store.locale):
        return shop_page(request, "campaigns/unsubscribe.html", store=store, done=done, preferences=more)


def _withdraw(wish: Unsubscribing, *, now: datetime) -> Customer | None:
    """Write the "no", effective for every claim from the commit on, and return whose it is; who was erased has nothing to withdraw."""
    with transaction.atomic():
        customer = _person(Customer.objects.select_for_update(), wish)
        if customer is not None:
            source = f"message {wish.message_id}"
            record_consents([Said(customer.pk, wish.channel, "refused", now, method="one-click", source=source)], now=now)
            about = {"channel": wish.channel, "message_id": wish.message_id} | origins_of([wish.message_id]).get(wish.message_id, {})
            record(customer.pk, name="Unsubscribed", now=now, properties=about)
    return customer


def _person(among: QuerySet[Customer], wish: Unsubscribing) -> Customer | None:
    """Return the customer a mail was written to, or the one they were joined into since; a locking look waits for a join under way."""
    found = among.filter(pk=wish.customer_id).first()
    if found is None:
        joined = CustomerMerge.objects.filter(loser_pk=wish.customer_id)
        found = among.filter(pk__in=joined.values("survivor_id")).first()
    if found is None:
        message = Message.objects.filter(pk=wish.message_id)
        found = among.filter(pk__in=message.values("customer_id")).first()
    if found is None:
        found = among.filter(pk__in=_joined_long_ago(wish)).first()
    return found


def _joined_long_ago(wish: Unsubscribing) -> list[int]:
    """Return whom the person joined before joins kept their key: whoever then had the address that the mail went to."""
    if not wish.mark:
        return []
    joins = CustomerMerge.objects.filter(loser_pk=None).order_by("-pk").values_list("survivor_id", "before__email")
    return [survivor for survivor, email in joins.iterator() if email and address_digest(email).startswith(wish.mark)][:1]


def _is_erased(wish: Unsubscribing) -> bool:
    """Say whether the person was forgotten, and so is written to no more."""
    rows = Erasure.objects.annotate(names=Cast("digests", TextField())).filter(names__contains=f'"{wish.mark}')
    return bool(wish.mark) and rows.exists()
