"""A person's preferences: GET shows them, POST changes them. Reached by a personal link; needs no sign-in and no cookie."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from retention.customers.identifying import email_key
from retention.dashboard.access import public
from retention.kit import clock
from retention.kit.languages import speaking
from retention.kit.secrets import BadLink
from retention.signup import moving, preferring
from retention.signup.definition import BadAnswers, read_answers
from retention.signup.describing import describe_steps
from retention.signup.drawing import drawn_steps
from retention.signup.pages import nowhere_page, shop_page
from retention.signup.preferring import PAUSES, Person, Wish
from retention.signup.questions.base import Asking
from retention.signup.views.public import sender_of, values_of
from retention.tenancy.context import store_context


@public
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the person hears of and what we know of them, or do what they ask for."""
    now = clock.now()
    try:
        person = preferring.read_person(token, now=now)
    except BadLink:
        return nowhere_page(request, "signup/gone.html", status=404, reason="link")
    with speaking(person.customer.language, person.store.locale):
        return _answer(request, person, now=now)


def _answer(request: HttpRequest, person: Person, *, now: datetime) -> HttpResponse:
    if request.method != "POST":
        return _page(request, person, now=now)
    if request.POST.get("do") == "stop":
        preferring.stop_everything(person, sender=sender_of(request), now=now)
        return _page(request, _again(person), now=now, said=_("Done. We will not write to you any more."))
    return _save(request, person, now=now)


def _save(request: HttpRequest, person: Person, *, now: datetime) -> HttpResponse:
    with store_context(person.store.pk):
        asked = preferring.one_each(preferring.asked_of(person.customer))
        steps = [step for step in asked if f"asked_{step.key}" in request.POST]
        faults, details = _details(request.POST, steps, person, now=now)
    new = request.POST.get("new_email", "").strip()
    if new and not _is_address(new):
        faults["new_email"] = _("This is not an e-mail address. It looks like name@example.com.")
    if faults:
        return _page(request, person, now=now, faults=faults, posted=values_of(request.POST), status=422)
    wish = Wish(
        wanted=_wanted(request.POST, person),
        pause=_one_of(request.POST.get("pause", "keep"), ("keep", "off", *PAUSES)),
        less_often=request.POST.get("pace") == "less",
        steps=tuple(steps),
        details=details,
    )
    preferring.change(person, wish, sender=sender_of(request), now=now)
    said = _("Saved.")
    if new and email_key(new) != person.customer.email_key:
        moving.ask_for(person, new, now=now)
        said = _("Saved. We sent a mail to the address we write to now. Press its button, and then the one in our mail to the new address.")
    return _page(request, _again(person), now=now, said=said)


def _details(posted: QueryDict, steps: list[Any], person: Person, *, now: datetime) -> tuple[dict[str, str], dict[str, Any]]:
    asking = _asking(person, now=now)
    names = {one["name"] for step in describe_steps(steps, asking) for one in step["inputs"]}
    try:
        return {}, read_answers(steps, {name: value for name, value in values_of(posted).items() if name in names}, asking=asking)
    except BadAnswers as error:
        return {fault.field: fault.message for fault in error.faults}, {}


def _wanted(posted: QueryDict, person: Person) -> dict[str, set[str]]:
    with store_context(person.store.pk):
        channels = preferring.channels_of(person.customer)
    return {channel: set(posted.getlist(f"hear_{channel}")) for channel in channels if f"ask_{channel}" in posted}


def _page(
    request: HttpRequest,
    person: Person,
    *,
    now: datetime,
    said: str = "",
    faults: dict[str, str] | None = None,
    posted: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    with store_context(person.store.pk):
        wanted, channels = preferring.wanted_by(person.customer), preferring.channels_of(person.customer)
        steps = preferring.asked_of(person.customer)
        topics = preferring.offered()
    shown = _asking(person, now=now)
    values = posted if posted is not None else preferring.known_answers(person.customer, steps)
    paused = person.customer.paused_until
    words = {
        "customer": person.customer,
        "topics": [{**topic, "cells": _cells(topic["id"], wanted)} for topic in topics],
        "channels": [{"key": channel, "label": _channel(channel), "allowed": channels[channel]} for channel in wanted],
        "silent": not any(channels.values()),
        "paused_until": paused if paused is not None and paused > now else None,
        "pauses": [("2w", _("two weeks")), ("1m", _("a month")), ("3m", _("three months"))],
        "steps": drawn_steps(describe_steps(steps, shown), values=values, faults=faults or {}),
        "faults": faults or {},
        "new_email": (posted or {}).get("new_email", ""),
        "said": said,
    }
    return shop_page(request, "signup/preferences.html", store=person.store, status=status, **words)


def _cells(topic: str, wanted: dict[str, set[str]]) -> list[dict[str, Any]]:
    return [
        {"channel": channel, "name": f"hear_{channel}", "value": topic, "label": _channel(channel), "on": topic in chosen}
        for channel, chosen in wanted.items()
    ]


def _channel(channel: str) -> str:
    return {"email": _("E-mail"), "sms": _("Text message"), "push": _("Push")}[channel]


def _again(person: Person) -> Person:
    with store_context(person.store.pk):
        return Person(person.store, type(person.customer).objects.get(pk=person.customer.pk))


def _asking(person: Person, *, now: datetime) -> Asking:
    return Asking(country=person.store.country, today=now.astimezone(person.store.timezone).date())


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    return text if text in allowed else allowed[0]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return bool(email_key(text))
