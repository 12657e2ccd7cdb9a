"""How a store's forms do: shown, filled in, signed up. Counts from rows, so they always add up to what is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, Sum

from retention.signup.models import FormDay, Signup, SignupForm
from retention.stores.models import Store

FEWEST = 100  # look.md: below, counts and no rates


@dataclass(frozen=True)
class Funnel:
    """One form's way from eyes to readers. confirmed is part of filled; waiting too."""

    shown: int = 0
    filled: int = 0
    confirmed: int = 0
    waiting: int = 0

    @property
    def filled_share(self) -> float | None:
        """Return how many of those who saw it filled it in; None when too few saw it."""
        return min(self.filled / self.shown, 1) if self.shown >= FEWEST else None

    @property
    def confirmed_share(self) -> float | None:
        """Return how many of those who filled it in signed up; None when there are too few."""
        return self.confirmed / self.filled if self.filled >= FEWEST else None


def funnels_of(form_ids: Iterable[int]) -> dict[int, Funnel]:
    """Return the numbers of each form, in two queries."""
    ids = list(form_ids)
    shown = dict(FormDay.objects.filter(form_id__in=ids).values("form_id").annotate(all=Sum("shown_count")).values_list("form_id", "all"))
    state = Signup.State
    rows = (
        Signup.objects.filter(form_id__in=ids)
        .values("form_id")
        .annotate(filled=Count("pk"), done=Count("pk", filter=Q(state=state.CONFIRMED)), open=Count("pk", filter=Q(state=state.PENDING)))
    )
    filled = {row["form_id"]: row for row in rows}
    empty = {"filled": 0, "done": 0, "open": 0}
    return {
        form_id: Funnel(shown.get(form_id, 0), found["filled"], found["done"], found["open"])
        for form_id in ids
        for found in [filled.get(form_id, empty)]
    }


def note_shown(form: SignupForm, *, store: Store, now: datetime) -> None:
    """Count that somebody saw the form today, in the store's own days."""
    day = now.astimezone(store.timezone).date()
    FormDay.objects.bulk_create([FormDay(form=form, day=day)], ignore_conflicts=True)
    FormDay.objects.filter(form=form, day=day).update(shown_count=F("shown_count") + 1)
