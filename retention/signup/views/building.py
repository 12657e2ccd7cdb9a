"""The builder: a form's questions as a list, its words, its rule for the second yes, and what a visitor will see beside it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from retention.dashboard.access import needs
from retention.kit import clock
from retention.signup.building import UNNAMED, Built, apply, built_from, cannot_ask, read_built, rearrange
from retention.signup.definition import BadDefinition, StepFault
from retention.signup.describing import describe
from retention.signup.models import SignupForm, Topic
from retention.signup.questions import QUESTIONS
from retention.signup.rules import Rule, rule_of
from retention.stores import auditing
from retention.stores.countries import country_name

_FIELDS = {
    "title": gettext_lazy("question"),
    "reason": gettext_lazy("reason"),
    "options": gettext_lazy("answers"),
    "year": gettext_lazy("year"),
    "key": gettext_lazy("name"),
    "kind": gettext_lazy("kind"),
}


@needs("messages.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def builder(request: Any, public_id: UUID) -> HttpResponse:
    """Show the builder; save the form, or do what a button of its list asks for without saving."""
    form = _form(public_id)
    if request.method != "POST":
        return _page(request, form, built_from(form))
    built, deed = read_built(request.POST), request.POST.get("do", "save")
    if deed == "add":
        deed = f"add:{request.POST.get('add_kind', '')}"
    if deed != "save":
        rearrange(built, deed)
        return _page(request, form, built)
    try:
        with transaction.atomic():
            locked = SignupForm.objects.select_for_update().get(pk=form.pk)
            _save(request, apply(built, locked, store=request.store))
    except BadDefinition as error:
        return _page(request, form, built, faults=error.faults, status=422)
    messages.success(request, _("The form is saved."))
    return redirect("signup:form", request.store.slug, form.public_id)


@needs("messages.edit")
@require_POST
def preview(request: Any, public_id: UUID) -> HttpResponse:
    """Describe the form as it stands in the builder, for its preview; with faults, say how many."""
    form = _form(public_id)
    try:
        drawn = describe(apply(read_built(request.POST), form, store=request.store), store=request.store, now=clock.now())
    except BadDefinition as error:
        count = len(error.faults)
        text = ngettext("One thing is missing before this can be shown.", "%(count)d things are missing before this can be shown.", count)
        return JsonResponse({"faults": text % {"count": count}})
    return JsonResponse({"form": drawn})


def _form(public_id: UUID) -> SignupForm:
    form: SignupForm = get_object_or_404(SignupForm.objects.in_use().select_related("topic"), public_id=public_id)
    return form


def _save(request: Any, form: SignupForm) -> None:
    form.changed_at = clock.now()
    form.save()
    auditing.note(
        request, "form.changed", target=f"form:{form.public_id}", details={"steps": form.steps_version, "text": form.consent_version}
    )


def _page(request: Any, form: SignupForm, built: Built, *, faults: Sequence[StepFault] = (), status: int = 200) -> HttpResponse:
    fragment = request.headers.get("HX-Request") == "true"
    context = {
        "form": form,
        "built": built,
        "steps": [_step(built, place, faults) for place in range(len(built.steps))],
        "kinds": SignupForm.Kind.choices,
        "opt_ins": SignupForm.OptIn.choices,
        "topics": list(Topic.objects.offered()),
        "addable": _addable(built),
        "rule": rule_words(built, country=request.store.country),
        "faults": {fault.field: fault.message for fault in faults if fault.place == 0},
        "summary": [_fault_words(fault) for fault in faults],
    }
    return render(request, "signup/_builder.html" if fragment else "signup/builder.html", context, status=status)


def _step(built: Built, place: int, faults: Sequence[StepFault]) -> dict[str, Any]:
    raw = built.steps[place]
    question = QUESTIONS.get(raw["kind"])
    return {
        "place": place,
        "number": place + 1,
        "raw": raw,
        "question": question,
        "options_text": "\n".join(raw.get("options", ())),
        "first": place == 0,
        "last": place == len(built.steps) - 1,
        "fixed": raw["kind"] == "address",
        "focus": place == built.moved,
        "own": question is not None and not question.once,
        "named": bool(raw["key"]) and not raw["key"].startswith(UNNAMED),
        "faults": {fault.field: fault.message for fault in faults if fault.place == place + 1},
    }


def _addable(built: Built) -> list[tuple[str, Any]]:
    used = {step["kind"] for step in built.steps}
    return [(key, question.label) for key, question in QUESTIONS.items() if not (question.once and key in used)]


def _fault_words(fault: StepFault) -> str:
    if fault.place == 0:
        return fault.message
    field = str(_FIELDS.get(fault.field, fault.field))
    return _("Question %(place)d, %(field)s: %(message)s") % {"place": fault.place, "field": field, "message": fault.message}


def rule_words(form: SignupForm | Built, *, country: str) -> list[str]:
    """Say in words what the rule means for this store: when a second yes is asked for, and why."""
    cannot = cannot_ask(form.opt_in, asks_email=form.asks_email, country=country)
    if cannot:
        return [cannot]
    rule, name = rule_of(form.opt_in, countries=(country,)), country_name(country)
    if rule.forced:
        text = _("In %(country)s the shop must be able to prove that the owner of the address agreed. One mail with a button asks them.")
    elif rule.double:
        text = _("%(country)s does not ask for it, but this form does: one mail with a button asks whether the address is theirs.")
    elif form.asks_email:
        text = _("In %(country)s one yes is enough: who fills the form in, is in. Who said no before is asked by mail first.")
    else:
        text = _("In %(country)s one yes is enough: who fills the form in, is in. Who said no before is not, since no mail can ask them.")
    return [text % {"country": name}, *_phone_words(form, rule)]


def _phone_words(form: SignupForm | Built, rule: Rule) -> list[str]:
    """Say what becomes of phone numbers, which nothing can prove yet."""
    if not form.asks_phone:
        return []
    if rule.double:
        return [_("A mail cannot prove a phone number: it is kept, and nothing is sent to it.")]
    if form.asks_email:
        return [
            _("With a number from a country that needs a second yes, such as Germany, Austria or Switzerland, a mail asks for it."),
            _("Anybody can type the address of somebody you know: a number new to them is written to only if their own browser said it."),
        ]
    return [_("A number from a country that needs a second yes, such as Germany, Austria or Switzerland, is not taken.")]
