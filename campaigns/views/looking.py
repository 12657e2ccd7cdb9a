"""Looking at what is written: every preview takes one of the person's and of the shop's times, for all of them share the render process."""

from typing import Any

from django.utils.translation import gettext as _

from campaigns.personalization.render import CannotRender, Rendered
from campaigns.personalization.wording import Wording
from campaigns.sending.previewing import preview
from retention.customers.models import Customer
from retention.kit import clock
from retention.stores.limits import Limit, spend_or_local

TOO_OFTEN = "too_often"
OF_PERSON, OF_STORE = Limit("preview-of-person", 120, 60), Limit("preview-of-store", 600, 60)


def look_at(request: Any, wording: Wording, kind: str, *, customer: Customer | None = None) -> Rendered | CannotRender:
    """Render what is written for a customer, or for the example person; CannotRender(TOO_OFTEN) where that was asked too often."""
    seconds = seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE)
    if seconds:
        return CannotRender(TOO_OFTEN, _("That were many previews. Try again in %(seconds)d seconds.") % {"seconds": seconds})
    return preview(wording, kind, store=request.store, customer=customer, now=clock.now())


def seconds_to_wait(request: Any, *, of_person: Limit, of_store: Limit) -> int:
    """Take one of this person's times in this shop and one of the shop's; return 0, or how long to wait where one of them has none left."""
    for limit, who in ((of_person, f"{request.store.pk}:{request.user.pk}"), (of_store, str(request.store.pk))):
        allowed = spend_or_local(limit, who=who)
        if not allowed.allowed:
            return max(allowed.retry_after, 1)
    return 0
