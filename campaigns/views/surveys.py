"""The question behind a mail's button, one for each message: GET shows it and changes nothing, POST writes the answer down."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.journeys.surveying import LONGEST_NOTE, SCORES, answer
from campaigns.models import Message
from campaigns.personalization.links import read_survey
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.signup.pages import nowhere_page, shop_page
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store
from retention.tenancy.context import store_context

OF_MESSAGE, OF_STORE = Limit("survey-of-message", 10, 3600), Limit("survey-of-store", 6_000, 3600)
_VALUES = {str(score): score for score, _label in SCORES}


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_survey(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question, or take the answer; an answer without a choice is asked for again, and so is one too many."""
    now = clock.now()
    try:
        store_id, message_id = read_survey(token, now=now)
    except BadLink:
        return nowhere_page(request, "campaigns/link_gone.html", status=404)
    with store_context(store_id):
        message = Message.objects.filter(pk=message_id).select_related("customer").first()
        if message is None:
            return nowhere_page(request, "campaigns/link_gone.html", status=404)
        store = Store.objects.get(pk=store_id)
        score = _VALUES.get(request.POST.get("score", ""))
        wait = _seconds_to_wait(message) if score is not None else 0
        if score is not None and not wait:
            answer(message, score=score, note=request.POST.get("note", ""), now=now)
    with speaking(message.customer.language, store.locale):
        words = {
            "done": score is not None and not wait,
            "fault": request.method == "POST" and score is None,
            "too_often": wait > 0,
            "choices": [(value, label.render(_)) for value, label in SCORES],
            "longest": LONGEST_NOTE,
            "note": request.POST.get("note", "")[:LONGEST_NOTE],
        }
        status = 429 if wait else 422 if words["fault"] else 200
        shown = shop_page(request, "campaigns/survey.html", store=store, status=status, **words)
    if wait:
        shown["Retry-After"] = str(wait)
    return shown


def _seconds_to_wait(message: Message) -> int:
    """Take one of the message's times and of the shop's; return 0, or how long to wait where one of them has none left."""
    for limit, who in ((OF_MESSAGE, message.public_id.hex), (OF_STORE, str(message.store_id))):
        taken = spend_or_local(limit, who=who)
        if not taken.allowed:
            return max(taken.retry_after, 1)
    return 0
