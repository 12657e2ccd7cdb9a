"""A form before a visitor: its own page, its description for the script, its answers from either, and the count of eyes.

Open to everyone: the form's id is the key, and the store comes from the form. Needs no cookie. Looking changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import ParseError

from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.rest.parsing import strict_json
from retention.signup.definition import BadAnswers
from retention.signup.describing import describe
from retention.signup.drawing import drawn_steps
from retention.signup.finding import store_of_form
from retention.signup.joining import Sender
from retention.signup.models import SignupForm
from retention.signup.numbers import note_shown
from retention.signup.pages import nowhere_page, shop_page
from retention.signup.taking import STAMP, TooFast, TooMany, take
from retention.stores.client_address import UNKNOWN, client_ip
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store
from retention.tenancy.context import store_context

OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type", "Access-Control-Max-Age": "600"}
SHOWN_PER_NETWORK = Limit("signup_shown", 120, 600)
_OPEN = (SignupForm.State.LIVE,)


@dataclass(frozen=True)
class Found:
    """A form that visitors may know of, and its shop."""

    form: SignupForm
    store: Store


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hosted(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show a form on a page of its own, or take it when it comes back from there; works without any script."""
    now = clock.now()
    with _form(public_id) as found:
        if found is None:
            return nowhere_page(request, "signup/gone.html", status=404, reason="unknown")
        if found.form.state not in _OPEN:
            return shop_page(request, "signup/gone.html", store=found.store, status=410, reason="closed")
        if request.method == "POST":
            return _take_page(request, found, now=now)
        return _hosted_page(request, found, values={}, now=now)


@public
@never_cache
@require_safe
def description(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Describe an open form to the script, on whatever site it stands."""
    with _form(public_id) as found:
        if found is None or found.form.state not in _OPEN:
            return _json({"errors": [{"field": "", "message": _("This form is not open.")}]}, status=404)
        return _json(describe(found.form, store=found.store, now=clock.now()))


@public
@csrf_exempt
@never_cache
@require_http_methods(["POST", "OPTIONS"])
def answer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a filled form from the script: JSON under any content type, {"answers": {...}, "anonymous_id": "..."}."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=OPEN_TO_ALL)
    with _form(public_id) as found:
        if found is None or found.form.state not in _OPEN:
            return _refused("", _("This form is not open."), status=404)
        return _take_json(request, found, now=clock.now())


@public
@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def shown(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Count that somebody saw the form; the answer is the same whatever was counted."""
    if request.method == "POST" and spend_or_local(SHOWN_PER_NETWORK, who=f"{public_id.hex}:{client_ip(request)}").allowed:
        with _form(public_id) as found:
            if found is not None and found.form.state in _OPEN:
                note_shown(found.form, store=found.store, now=clock.now())
    return HttpResponse(status=204, headers=OPEN_TO_ALL)


def sender_of(request: HttpRequest, *, anonymous_id: str = "") -> Sender:
    """Return from where a request came, for the proof."""
    ip = client_ip(request)
    return Sender(None if ip == UNKNOWN else ip, _plain(request.headers.get("User-Agent", ""))[:300], _plain(anonymous_id)[:200])


def values_of(posted: QueryDict) -> dict[str, str | list[str]]:
    """Return the inputs of a posted page: one text, or a list where a name stands several times."""
    lists = ((name, posted.getlist(name)) for name in posted if name != "csrfmiddlewaretoken")
    return {name: texts if len(texts) > 1 else texts[0] for name, texts in lists if texts}


@contextmanager
def _form(public_id: UUID) -> Iterator[Found | None]:
    """Open the store's context around the form, in the shop's language; None for one that nobody may know of."""
    store_id = store_of_form(public_id)
    if store_id is None:
        yield None
        return
    with store_context(store_id):
        form = SignupForm.objects.select_related("store", "topic").filter(public_id=public_id).exclude(state=SignupForm.State.DRAFT).first()
        if form is None:
            yield None
            return
        with speaking(form.store.locale):
            yield Found(form, form.store)


def _take_page(request: HttpRequest, found: Found, *, now: datetime) -> HttpResponse:
    values = values_of(request.POST)
    try:
        taken = take(found.form, values, store=found.store, sender=sender_of(request), now=now)
    except BadAnswers as error:
        faults = {fault.field: fault.message for fault in error.faults}
        return _hosted_page(request, found, values=values, now=now, faults=faults, status=422)
    except (TooFast, TooMany) as error:
        return _hosted_page(request, found, values=values, now=now, faults={"": _words_of(error)}, status=_status_of(error))
    return shop_page(request, "signup/thanks.html", store=found.store, double=taken.double, said=said_to(found.form, double=taken.double))


def _hosted_page(
    request: HttpRequest,
    found: Found,
    *,
    values: Mapping[str, Any],
    now: datetime,
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Draw the page; with faults it stays plain, so that the script does not hide them."""
    described = describe(found.form, store=found.store, now=now)
    if faults and values.get(STAMP):
        described["stamp"]["value"] = str(values[STAMP])
    steps = drawn_steps(described["steps"], values=values, faults=faults or {})
    shown_inputs = {one["name"] for step in steps for one in step["inputs"]} | {""}
    rest = [f"{name}: {message}" if name else message for name, message in (faults or {}).items() if name not in shown_inputs or not name]
    more = {"form": found.form, "described": described, "steps": steps, "rest": rest, "alive": not faults}
    return shop_page(request, "signup/hosted.html", store=found.store, status=status, **more)


def _take_json(request: HttpRequest, found: Found, *, now: datetime) -> HttpResponse:
    try:
        body = strict_json(request.body.decode("utf-8"))
    except (ParseError, UnicodeDecodeError) as error:
        return _refused("", str(getattr(error, "detail", "")) or _("The body is not UTF-8 text."), status=400)
    answers = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(answers, dict):
        return _refused("answers", _("This must be an object with the answers by name."), status=400)
    anonymous_id = body.get("anonymous_id", "")
    sender = sender_of(request, anonymous_id=anonymous_id if isinstance(anonymous_id, str) else "")
    return _guarded(found, lambda: take(found.form, answers, store=found.store, sender=sender, now=now).double)


def _guarded(found: Found, act: Callable[[], bool]) -> HttpResponse:
    try:
        double = act()
    except BadAnswers as error:
        return _json({"errors": [{"field": fault.field, "message": fault.message} for fault in error.faults]}, status=422)
    except (TooFast, TooMany) as error:
        return _refused("", _words_of(error), status=_status_of(error), wait=getattr(error, "seconds", 0))
    return _json({"message": said_to(found.form, double=double)})


def said_to(form: SignupForm, *, double: bool) -> str:
    """Return what a person reads after sending the form; it depends on the form's rule alone."""
    if not double:
        return str(form.texts.get("success", "")) or _("You are in.")
    return _("Almost done. We sent you a mail: press the button in it, and you are in.")


def _words_of(error: TooFast | TooMany) -> str:
    if isinstance(error, TooMany):
        return _("Too many sign-ups from here. Try again in a few minutes.")
    return _("That was quicker than we can check. Press once more.")


def _status_of(error: TooFast | TooMany) -> int:
    return 429 if isinstance(error, TooMany) else 409


def _refused(field: str, message: str, *, status: int, wait: int = 0) -> HttpResponse:
    answer = _json({"errors": [{"field": field, "message": message}]}, status=status)
    if wait:
        answer["Retry-After"] = str(wait)
    return answer


def _json(body: dict[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(body, status=status, headers=OPEN_TO_ALL)


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " and not "\ud800" <= letter <= "\udfff")
