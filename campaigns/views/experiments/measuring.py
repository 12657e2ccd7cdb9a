"""Settings, Measuring: whether a part of all people gets no marketing at all, and for how long after a click orders are credited."""

from typing import Any

from django import forms
from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.measurement import attribution, store_wide
from campaigns.measurement.attribution import LEAST_DAYS, MOST_DAYS
from campaigns.measurement.lots import HELD_OUT
from campaigns.models import Assignment
from retention.dashboard.access import allows, needs
from retention.dashboard.figures import write_number
from retention.kit import clock
from retention.stores import auditing
from retention.stores.views.settings_tabs import settings_page

TAB = "campaigns:measuring"
_CHANNELS = {
    "email": gettext_lazy("E-mail, days"),
    "sms": gettext_lazy("SMS, days"),
    "push": gettext_lazy("Push, days"),
    "onsite": gettext_lazy("On the site, days"),
}


class HoldoutForm(forms.Form):
    """Which part of all people gets no marketing, in percent.

    Less than is offered could never show anything, more costs more than it tells. Source: field guide, experiments.
    """

    percent = forms.TypedChoiceField(
        label=gettext_lazy("Who gets no marketing at all"),
        coerce=int,
        choices=[
            (0, gettext_lazy("Nobody: everybody who allows it is written to")),
            (5, gettext_lazy("5% of all people, for shops with many orders")),
            (10, gettext_lazy("10% of all people, for most shops")),
            (20, gettext_lazy("20% of all people, to know sooner")),
        ],
        widget=forms.RadioSelect,
    )


class WindowsForm(forms.Form):
    """For how many days after a click an order is credited to it, channel by channel."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for channel, label in _CHANNELS.items():
            self.fields[channel] = forms.IntegerField(label=label, min_value=LEAST_DAYS, max_value=MOST_DAYS)


@needs("store.view")
@require_safe
def measuring(request: Any) -> HttpResponse:
    """Show what the store measures by."""
    return _show(request)


@needs("store.edit")
@require_POST
def save_holdout(request: Any) -> HttpResponse:
    """Keep which part of all people gets no marketing."""
    form = HoldoutForm(request.POST)
    if not form.is_valid():
        return _show(request, holdout=form)
    percent = form.cleaned_data["percent"]
    with transaction.atomic():
        changed = store_wide.keep_share(percent / 100, now=clock.now())
        if changed:
            auditing.note(request, "measuring.holdout", target=f"store:{request.store.public_id}", details={"percent": percent})
    if changed and percent:
        toasts.success(request, _("From now on %(percent)s%% of all people get no marketing, drawn by lot.") % {"percent": percent})
    elif changed:
        toasts.success(request, _("From now on everybody who allows it is written to again."))
    return redirect(TAB, store_slug=request.store.slug)


@needs("store.edit")
@require_POST
def begin_anew(request: Any) -> HttpResponse:
    """End the comparison and begin another of the same size, in which everybody draws again."""
    with transaction.atomic():
        begun = store_wide.begin_anew(now=clock.now())
        if begun:
            auditing.note(request, "measuring.anew", target=f"store:{request.store.public_id}")
    if begun:
        toasts.success(request, _("A new comparison has begun. Everybody draws again."))
    return redirect(TAB, store_slug=request.store.slug)


@needs("store.edit")
@require_POST
def save_windows(request: Any) -> HttpResponse:
    """Keep for how long after a click orders are credited; what was credited so far is counted again."""
    form = WindowsForm(request.POST)
    if not form.is_valid():
        return _show(request, windows=form)
    wanted = {channel: form.cleaned_data[channel] for channel in _CHANNELS}
    with transaction.atomic():
        changed = attribution.change_windows(wanted, now=clock.now())
        if changed:
            auditing.note(request, "measuring.windows", target=f"store:{request.store.public_id}", details=wanted)
    if changed:
        toasts.success(request, _("Kept. All orders so far are being counted again."))
    return redirect(TAB, store_slug=request.store.slug)


def _show(request: Any, *, holdout: HoldoutForm | None = None, windows: WindowsForm | None = None) -> HttpResponse:
    running, rule = store_wide.experiment(), attribution.rule_of_store()
    held = Assignment.objects.filter(experiment=running, arm=HELD_OUT).count() if running else 0
    refused = holdout is not None or windows is not None
    return settings_page(
        request,
        "campaigns/measuring.html",
        current=TAB,
        status=422 if refused else 200,
        holdout=holdout or HoldoutForm(initial={"percent": round(store_wide.share() * 100)}),
        windows=windows or WindowsForm(initial=attribution.windows()),
        running=running,
        held=write_number(held),
        recounting=rule is not None and rule.is_recounting,
        may_edit=allows(request.role, capability="store.edit"),
    )
