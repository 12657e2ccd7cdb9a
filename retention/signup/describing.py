"""A form as its script and its page draw it: one dict, the same for both, without anything a visitor may not know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from retention.signup.branding import palette_of
from retention.signup.definition import asking_of, steps_of
from retention.signup.models import SignupForm
from retention.signup.popups import rules_of
from retention.signup.questions import QUESTIONS, Input, Step
from retention.signup.questions.base import Asking
from retention.signup.taking import STAMP, TRAP, is_double, stamp
from retention.stores.models import Store

TEXTS = ("title", "intro", "button", "success")


def describe(form: SignupForm, *, store: Store, now: datetime) -> dict[str, Any]:
    """Return everything `static/js/signup.js` needs, as plain values."""
    asking = asking_of(form, country=store.country, today=now.astimezone(store.timezone).date())
    colors = palette_of(store.brand_color)
    return {
        "id": str(form.public_id),
        "version": form.steps_version,
        "kind": form.kind,
        "shop": store.name,
        "texts": {name: form.texts.get(name, "") for name in TEXTS},
        "consent": form.consent_text,
        "double": is_double(form, store=store),
        "steps": describe_steps(steps_of(form), asking),
        "popup": rules_of(form.popup).stored() if form.kind == SignupForm.Kind.POPUP else None,
        "colors": [colors.brand, colors.on_brand, colors.dark_brand, colors.on_dark_brand],
        "post": reverse("signup:answer", args=[form.public_id]),  # of the host the script itself came from
        "shown": reverse("signup:shown", args=[form.public_id]),
        "trap": TRAP,
        "stamp": {"name": STAMP, "value": stamp(form, now=now)},
        "words": _words(),
    }


def describe_steps(steps: Sequence[Step], asking: Asking) -> list[dict[str, Any]]:
    """Return questions as the page and the script draw them."""
    return [_step(step, asking) for step in steps]


def _step(step: Step, asking: Asking) -> dict[str, Any]:
    question = QUESTIONS[step.kind]
    return {
        "key": step.key,
        "title": step.title,
        "reason": step.reason,
        "skippable": step.kind != "address",
        "inputs": [_input(one) for one in question.inputs(step, asking)],
    }


def _input(one: Input) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.type,
        "label": one.label,
        "required": one.required,
        "autocomplete": one.autocomplete,
        "longest": one.longest,
        "hint": one.hint,
        "options": [[option.value, option.label] for option in one.options],
    }


def _words() -> dict[str, str]:
    return {
        "next": _("Next"),
        "back": _("Back"),
        "skip": _("Skip this question"),
        "close": _("Close"),
        "later": _("Not now"),
        "progress": _("Question {number} of {count}"),
        "why": _("Why we ask:"),
        "choose": _("Choose"),
        "sending": _("One moment"),
        "failed": _("No answer from here. Look at your connection and press again."),
        "check": _("Almost done. We sent you a mail: press the button in it, and you are in."),
    }
