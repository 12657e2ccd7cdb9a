"""Settings, Sending rules: how many messages a person may get, and what goes first when several want the same person."""

from typing import Any

from django import forms
from django.contrib import messages as toasts
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from campaigns.models import Campaign, Journey, RecoveryCell, SourceRank
from campaigns.recovery.rules.groups import BY_KEY
from campaigns.sending.budgets import budget_of_store, keep_budget
from campaigns.sending.eligibility import Caps
from campaigns.views.journey_words import CHANNEL_WORDS
from retention.dashboard.access import allows, needs
from retention.dashboard.figures import write_money
from retention.kit import clock
from retention.stores import auditing
from retention.stores.views.settings_tabs import settings_page
from retention.tenancy.context import require_store_id

TAB = "campaigns:sending_rules"
_COMING = (Campaign.State.SCHEDULED, Campaign.State.SENDING, Campaign.State.PAUSED, Campaign.State.DRAFT)
MOST_CAMPAIGNS = 50


class BudgetForm(forms.Form):
    """How many marketing messages a person may get in a day and in a week: by all channels together, and by single ones."""

    per_day = forms.IntegerField(label=gettext_lazy("In 24 hours"), min_value=1, max_value=20)
    per_week = forms.IntegerField(label=gettext_lazy("In 7 days"), min_value=1, max_value=100)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for channel, label in CHANNEL_WORDS.items():
            words = {"channel": label}
            day, week = _("%(channel)s, in 24 hours") % words, _("%(channel)s, in 7 days") % words
            self.fields[f"{channel}_day"] = forms.IntegerField(label=day, min_value=1, max_value=20, required=False)
            self.fields[f"{channel}_week"] = forms.IntegerField(label=week, min_value=1, max_value=100, required=False)

    @classmethod
    def of_store(cls) -> "BudgetForm":
        """Return the form filled with what counts now."""
        budget = budget_of_store()
        initial = {"per_day": budget.together.per_day, "per_week": budget.together.per_week}
        for channel, caps in budget.channels.items():
            initial |= {f"{channel}_day": caps.per_day, f"{channel}_week": caps.per_week}
        return cls(initial=initial)

    def clean(self) -> dict[str, Any]:
        """Refuse a week that allows less than a day, and half a cap."""
        said: dict[str, Any] = super().clean() or {}
        pairs = [("per_day", "per_week"), *((f"{channel}_day", f"{channel}_week") for channel in CHANNEL_WORDS)]
        for day, week in pairs:
            in_day, in_week = said.get(day), said.get(week)
            if day in self.errors or week in self.errors:
                continue
            if (in_day is None) != (in_week is None):
                self.add_error(day if in_day is None else week, _("Fill in both, or leave both empty for no limit of its own."))
            elif in_day is not None and in_week is not None and in_week < in_day:
                self.add_error(week, _("7 days cannot allow fewer than 24 hours."))
        return said

    def channels(self) -> dict[str, Caps]:
        """Return the channels with a cap of their own."""
        said = self.cleaned_data
        return {one: Caps(said[f"{one}_day"], said[f"{one}_week"]) for one in CHANNEL_WORDS if said[f"{one}_day"] is not None}

    def rows(self) -> list[dict[str, Any]]:
        """Return the fields of each channel."""
        return [{"name": label, "day": self[f"{channel}_day"], "week": self[f"{channel}_week"]} for channel, label in CHANNEL_WORDS.items()]


@needs("messages.view")
@require_safe
def show_rules(request: Any) -> HttpResponse:
    """Show the budget and who goes first."""
    return _show(request)


@needs("store.edit")
@require_POST
def save_budget(request: Any) -> HttpResponse:
    """Keep how many messages a person may get."""
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _show(request, form=form)
    together = Caps(form.cleaned_data["per_day"], form.cleaned_data["per_week"])
    with transaction.atomic():
        changed = keep_budget(together, form.channels(), now=clock.now())
        if changed:
            details = {"day": together.per_day, "week": together.per_week, "channels": sorted(form.channels())}
            auditing.note(request, "sending.budget", target=f"store:{request.store.public_id}", details=details)
    if changed:
        toasts.success(request, _("Kept. It counts for every message that leaves from now on."))
    return redirect(TAB, store_slug=request.store.slug)


@needs("messages.edit")
@require_POST
def save_ranks(request: Any) -> HttpResponse:
    """Keep which sources go first; only those shown, and only what a form can say."""
    known = {f"{kind}-{pk}": (kind, pk) for kind, pk, *_rest in _sources()}
    allowed = {str(value) for value in SourceRank.Priority.values}
    said = {source: request.POST.get(name, "") for name, source in known.items()}
    with transaction.atomic():
        before = {source: rank.priority for source, rank in _ranks().items()}
        meant = {source: int(word) for source, word in said.items() if word in allowed}
        changed = {source: priority for source, priority in meant.items() if priority != before.get(source, 0)}
        changes = len(changed)
        for (kind, pk), priority in changed.items():
            _keep_rank(kind, pk, priority)
        if changes:
            auditing.note(request, "sending.ranks", target=f"store:{request.store.public_id}", details={"changes": changes})
    if changes:
        toasts.success(request, _("Kept. It counts for every message that leaves from now on."))
    return redirect(TAB, store_slug=request.store.slug)


def _keep_rank(kind: str, source_id: int, priority: int) -> None:
    SourceRank.objects.update_or_create(store_id=require_store_id(), source_kind=kind, source_id=source_id, defaults={"priority": priority})


def _ranks() -> dict[tuple[str, int], SourceRank]:
    """Return what is known of each source, and under 0 of each kind."""
    return {(one.source_kind, one.source_id): one for one in SourceRank.objects.all()}


def _sources() -> list[tuple[str, int, str, Any]]:
    """Return everything that may want the same person: kind, id, name, and the row itself; cells, journeys, campaigns."""
    cells = RecoveryCell.objects.filter(state=RecoveryCell.State.LIVE, stage__archived_at=None).select_related("stage")
    found: list[tuple[str, int, str, Any]] = [
        ("cell", one.journey_id, f"{one.stage.name}, {BY_KEY[one.group].name.render(_)}", one)
        for one in cells.order_by("stage__position", "pk")
        if one.journey_id is not None
    ]
    found += [("journey", one.pk, one.name, one) for one in Journey.objects.live().plain().by_name()]
    campaigns = Campaign.objects.filter(state__in=_COMING).order_by("-created_at", "-pk")[:MOST_CAMPAIGNS]
    return found + [("campaign", one.pk, one.name, one) for one in campaigns]


def _show(request: Any, *, form: BudgetForm | None = None) -> HttpResponse:
    ranks = _ranks()
    names = {"cell": _("Recovery plan"), "journey": _("Journey"), "campaign": _("Campaign")}
    rows = []
    for kind, pk, name, row in _sources():
        rank, usual = ranks.get((kind, pk)), ranks.get((kind, 0))
        worth = rank.worth if rank and rank.worth is not None else usual.worth if usual else None
        rows.append(
            {
                "key": f"{kind}-{pk}",
                "kind": kind,
                "kind_name": names[kind],
                "name": name,
                "row": row,
                "priority": rank.priority if rank else 0,
                "worth": None if worth is None else write_money(round(worth), currency=request.store.currency, cents=True),
                "own": bool(rank and rank.guess is not None),
                "order": (-(rank.priority if rank else 0), -(worth or 0.0)),
            }
        )
    rows.sort(key=lambda one: one["order"])  # stable: cells before journeys, and these before campaigns
    budget = budget_of_store()
    return settings_page(
        request,
        "campaigns/contacts/rules.html",
        current=TAB,
        status=200 if form is None else 422,
        form=form or BudgetForm.of_store(),
        budget=budget,
        rows=rows,
        priorities=SourceRank.Priority.choices,
        may_budget=allows(request.role, capability="store.edit"),
        may_rank=allows(request.role, capability="messages.edit"),
    )
