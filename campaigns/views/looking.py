"""Looking at what is written: every preview takes one of the person's and of the shop's times, for all of them share the render process.

One that ran into a limit of that process took a second of it or its life: it takes as many times as `TIMES_OF_A_HEAVY_ONE` more.
"""

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
TIMES_OF_A_HEAVY_ONE = 20
HEAVY = frozenset({"template_too_slow", "template_too_big"})


def look_at(request: Any, wording: Wording, kind: str, *, customer: Customer | None = None, language: str = "") -> Rendered | CannotRender:
    """Render what is written for a customer, or for the example person; CannotRender(TOO_OFTEN) where that was asked too often.

    language: what the example person speaks.
    """
    seconds = seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE)
    if seconds:
        return CannotRender(TOO_OFTEN, _("That were many previews. Try again in %(seconds)d seconds.") % {"seconds": seconds})
    made = preview(wording, kind, store=request.store, customer=customer, language=language, now=clock.now())
    if isinstance(made, CannotRender) and made.reason in HEAVY:
        take_for_a_heavy_one(request)
    return made


def take_for_a_heavy_one(request: Any) -> None:
    """Take what a preview costs that ran into a limit, as far as there is so much left."""
    seconds_to_wait(request, of_person=OF_PERSON, of_store=OF_STORE, times=TIMES_OF_A_HEAVY_ONE)


def seconds_to_wait(request: Any, *, of_person: Limit, of_store: Limit, times: int = 1) -> int:
    """Take of this person's times in this shop and of the shop's; return 0, or how long to wait where one of them has none left."""
    for limit, who in ((of_person, f"{request.store.pk}:{request.user.pk}"), (of_store, str(request.store.pk))):
        for _time in range(times):
            allowed = spend_or_local(limit, who=who)
            if not allowed.allowed:
                return max(allowed.retry_after, 1)
    return 0
