"""The page behind the mail's link: what is asked, a button that says yes, and one that says "this was not me". Looking changes nothing."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.signup import moving
from retention.signup.confirming import Asked, NotConfirmable, look, refuse
from retention.signup.confirming import confirm as say_yes
from retention.signup.definition import steps_of
from retention.signup.links import AddressMove, preferences_url
from retention.signup.models import Signup
from retention.signup.pages import nowhere_page, shop_page
from retention.signup.preferring import Person
from retention.signup.refusals import reached_by
from retention.signup.views.public import sender_of

_STATUS = {"unknown": 404, "expired": 410, "refused": 410, "done": 200}


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what waits for the address, or do what was pressed."""
    now = clock.now()
    try:
        asked = look(token, now=now)
    except NotConfirmable as error:
        return _nothing(request, error.reason)
    with speaking(asked.language, asked.store.locale):
        return _confirm(request, token, asked, now=now)


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest, token: str) -> HttpResponse:
    """Show that an address is about to be left or taken, or do what was pressed."""
    now = clock.now()
    try:
        move, person = moving.look(token, now=now)
    except BadLink as error:
        return _nothing(request, "expired" if error.reason == "expired" else "unknown")
    with speaking(person.customer.language, person.store.locale):
        return _move(request, move, person, now=now)


def _confirm(request: HttpRequest, token: str, asked: Asked, *, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return shop_page(request, "signup/confirm.html", store=asked.store, **_words(asked))
    if request.POST.get("answer") == "no":
        refuse(asked, now=now)
        return shop_page(request, "signup/confirmed.html", store=asked.store, refused=True)
    signups = say_yes(asked, shown=request.POST.get("shown", ""), sender=sender_of(request), now=now)
    if not signups:
        return _again(request, token, now=now)
    return shop_page(request, "signup/confirmed.html", store=asked.store, **_done(signups, now=now))


def _move(request: HttpRequest, move: AddressMove, person: Person, *, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return shop_page(request, "signup/new_address.html", store=person.store, move=move, done=False)
    if move.leaving:
        moving.ask_the_new(move, person, now=now)
        return shop_page(request, "signup/new_address.html", store=person.store, move=move, done=True)
    moved = moving.carry_out(move, person, sender=sender_of(request), now=now)
    return shop_page(
        request, "signup/new_address.html", store=person.store, move=move, done=True, moved=moved, status=200 if moved else 409
    )


def _again(request: HttpRequest, token: str, *, now: datetime) -> HttpResponse:
    """Show what waits as it is now, since something in it changed after the page was shown; or that nothing waits any more."""
    try:
        asked = look(token, now=now)
    except NotConfirmable as error:
        return _nothing(request, error.reason)
    return shop_page(request, "signup/confirm.html", store=asked.store, changed=True, status=409, **_words(asked))


def _nothing(request: HttpRequest, reason: str) -> HttpResponse:
    return nowhere_page(request, "signup/confirm_gone.html", status=_STATUS[reason], reason=reason)


def _words(asked: Asked) -> dict[str, Any]:
    answers = [line for signup in asked.signups for line in _answers(signup)]
    topics = list(dict.fromkeys(str(signup.form.texts.get("title") or signup.form.name) for signup in asked.signups))
    return {
        "asked": asked,
        "answers": answers,
        "topics": topics,
        "consent_texts": list(dict.fromkeys(one.consent_text for one in asked.signups)),
    }


def _answers(signup: Signup) -> list[tuple[str, str]]:
    """Return the answers that come with the yes, so that nobody confirms what a stranger filled in for them."""
    found = [(step.title, signup.answers[step.key]) for step in steps_of(signup.form) if step.key in signup.answers]
    told = [(title, ", ".join(map(str, answer)) if isinstance(answer, list) else str(answer)) for title, answer in found]
    return ([(_("Mobile phone"), signup.phone)] if signup.phone else []) + told


def _done(signups: list[Signup], *, now: datetime) -> dict[str, Any]:
    """Return what the page says after the yes. elsewhere: the person has another address now, and this yes changes nothing there."""
    signup = signups[-1]
    customer = signup.customer
    if customer is None or "email" not in reached_by(signup, customer):
        return {"elsewhere": True}
    success = next((text for one in reversed(signups) if (text := str(one.form.texts.get("success", "")))), "")
    return {"success": success, "preferences": preferences_url(customer, store_id=signup.store_id, planned_at=now)}
