"""What a shop's page asks when it opens: is there a message for this visitor; and what became of it. JSON in any content type."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.sending.visiting import note_closed, note_shown, visitor, waiting_for
from campaigns.views.pages_door import Told, answer, for_pages, say
from retention.kit import clock
from retention.stores.limits import Limit

PER_NETWORK = Limit("onsite_messages", 1200, 600)
DEEDS = {"shown": note_shown, "closed": note_closed}


@for_pages(limit=PER_NETWORK, too_many=gettext_lazy("Too many pages from this address."))
def onsite(request: HttpRequest, told: Told) -> HttpResponse:
    """Give the message that waits for `id` (the browser's), or note {"writeKey", "anonymousId", "message", "what": shown or closed}."""
    who = visitor(str(told.get("anonymousId", ""))[:200].replace("\0", ""))
    return _note(told, who) if request.method == "POST" else _waiting(who)


def _waiting(who: int | None) -> HttpResponse:
    found = waiting_for(who, now=clock.now()) if who is not None else None
    return answer({"message": {"id": str(found.id), **found.content} if found else None})


def _note(told: Told, who: int | None) -> HttpResponse:
    deed = DEEDS.get(str(told.get("what")))
    if deed is None:
        return say(422, "what", _("This must be shown or closed."))
    try:
        message = UUID(str(told.get("message")))
    except ValueError:
        return say(422, "message", _("This must be the message's id."))
    return answer({"noted": who is not None and deed(who, message, now=clock.now())})
