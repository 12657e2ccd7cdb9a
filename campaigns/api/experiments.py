"""`/api/v1/campaigns/<id>/experiment` and its like: what something really brings in, with both readings, as the page shows it."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.broadcasts import comparing
from campaigns.broadcasts import reading as campaign_figures
from campaigns.journeys import reading as journey_figures
from campaigns.measurement import results, store_wide
from campaigns.measurement.assignment import journey_key
from campaigns.measurement.lots import HELD_OUT
from campaigns.measurement.outcomes import Outcome
from campaigns.measurement.statistics import Range
from campaigns.measurement.statistics.reading import Contrast, Reading, is_costed
from campaigns.measurement.wording import Wording
from campaigns.models import Campaign, Experiment, Journey
from retention.kit import clock
from retention.rest.views import StoreView
from retention.stores.models import Store

READ = "campaigns:read"


class RangeOut(serializers.Serializer[Any]):
    """A best guess with its 95 % range: shares between -1 and 1, money in the currency's smallest unit."""

    guess = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ArmOut(serializers.Serializer[Any]):
    """One side. name: a letter of a variant, or held_out. Money per person; margin is null where the shop did not tell the costs."""

    name = serializers.CharField()
    people = serializers.IntegerField()
    buyers = serializers.IntegerField()
    revenue_minor = serializers.FloatField()
    margin_minor = serializers.FloatField(allow_null=True)


class ComparisonOut(serializers.Serializer[Any]):
    """One side over another, per person. judged: there were enough people. planned: the one look chosen beforehand, null until then.

    always: the range that holds however often it is looked at. plain: the usual range of a single look, taken now.
    """

    arm = serializers.CharField()
    other = serializers.CharField()
    metric = serializers.CharField()
    judged = serializers.BooleanField()
    plain = RangeOut()
    always = RangeOut()
    planned = RangeOut(allow_null=True)


class ExperimentVerdictOut(serializers.Serializer[Any]):
    """What it comes to. code: early, same, unclear, wins, harms, alarm or nobody; basis: planned, always or nothing."""

    code = serializers.CharField()
    basis = serializers.CharField(allow_blank=True)
    strong = serializers.CharField()
    text = serializers.CharField(allow_blank=True)


class LastClickOut(serializers.Serializer[Any]):
    """What last click alone would count: also of those who would have bought anyway."""

    orders = serializers.IntegerField()
    revenue_minor = serializers.IntegerField()


class ExperimentOut(serializers.Serializer[Any]):
    """The result of one experiment. brought_in: what would not have come by itself, null while it is too early.

    last_click: beside it, null for the whole store. split_chance: how likely such a split of people is by luck; below 0.001 nothing is
    judged.
    """

    verdict = ExperimentVerdictOut()
    window_days = serializers.IntegerField()
    planned_at = serializers.DateTimeField(allow_null=True)
    watched = serializers.IntegerField()
    comparisons_made = serializers.IntegerField()
    split_chance = serializers.FloatField()
    brought_in = RangeOut(allow_null=True)
    last_click = LastClickOut(allow_null=True)
    arms = ArmOut(many=True)
    comparisons = ComparisonOut(many=True)


class _ExperimentView(StoreView[Model]):
    """What the endpoints share."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}
    serializer_class = ExperimentOut
    pagination_class = None

    def currency(self, request: Request) -> str:
        """Return the store's currency."""
        found: str = Store.objects.only("currency").get(pk=request.auth.store_id).currency  # type: ignore[union-attr]
        return found


class CampaignExperiment(_ExperimentView):
    """The result of a campaign."""

    model = Campaign

    def rows(self) -> QuerySet[Model]:
        """Return the store's started campaigns."""
        rows: QuerySet[Model] = Campaign.objects.exclude(state=Campaign.State.DRAFT)
        return rows

    @extend_schema(operation_id="campaigns_experiment", responses={200: ExperimentOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return what a started campaign really brings in. 404 before it began, and once its single messages are no longer kept."""
        campaign: Any = self.get_object()
        currency = self.currency(request)
        outcome = comparing.outcome_of(campaign, currency=currency, now=clock.now())
        told = campaign_figures.figures_of([campaign.pk], currency=currency)[campaign.pk]
        return _answer(outcome, comparing.wording_of(campaign, currency=currency), (told.orders, told.revenue_minor))


class JourneyExperiment(_ExperimentView):
    """The result of a journey."""

    model = Journey

    def rows(self) -> QuerySet[Model]:
        """Return the store's journeys."""
        rows: QuerySet[Model] = Journey.objects.no_shadows()
        return rows

    @extend_schema(operation_id="journeys_experiment", responses={200: ExperimentOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return what a journey really brings in. 404 where nobody was ever held back."""
        journey: Any = self.get_object()
        currency = self.currency(request)
        outcome = results.outcome_of_key(journey_key(journey.pk), currency=currency, now=clock.now())
        told = journey_figures.figures_of([journey.pk], currency=currency)[journey.pk]
        return _answer(outcome, results.wording(currency), (told.orders, told.revenue_minor))


class StoreExperiment(_ExperimentView):
    """The result of all marketing together."""

    model = Experiment

    def rows(self) -> QuerySet[Model]:
        """Return the store's experiments."""
        rows: QuerySet[Model] = Experiment.objects.all()
        return rows

    @extend_schema(operation_id="store_experiment", responses={200: ExperimentOut})
    def get(self, request: Request) -> Response:
        """Return what all marketing together brings in. 404 where nobody was ever held back from all of it."""
        currency = self.currency(request)
        outcome = results.outcome_of_key(store_wide.KEY, currency=currency, now=clock.now())
        return _answer(outcome, results.wording(currency), None)


def _answer(outcome: Outcome | None, wording: Wording, last_click: tuple[int, int] | None) -> Response:
    if outcome is None:
        raise NotFound
    verdict, words = outcome.verdict, wording.verdict(outcome)
    told = {
        "verdict": {"code": verdict.code, "basis": verdict.basis, "strong": words.strong, "text": words.text},
        "window_days": outcome.window.days,
        "planned_at": outcome.planned_at,
        "watched": outcome.watched,
        "comparisons_made": outcome.now.comparisons,
        "split_chance": outcome.now.split_chance,
        "brought_in": outcome.brought_in,
        "last_click": None if last_click is None else {"orders": last_click[0], "revenue_minor": last_click[1]},
        "arms": _arms(outcome.now),
        "comparisons": [_comparison(one, outcome) for one in [*outcome.now.against, *outcome.now.ways]],
    }
    return Response(ExperimentOut(told).data)


def _arms(reading: Reading) -> list[dict[str, Any]]:
    costed = is_costed(reading.totals.values())
    return [
        {
            "name": name,
            "people": sums.people,
            "buyers": sums.buyers,
            "revenue_minor": sums.of("revenue").mean,
            "margin_minor": sums.of("margin").mean if costed else None,
        }
        for name, sums in sorted(reading.totals.items(), key=lambda pair: (pair[0] == HELD_OUT, pair[0]))
    ]


def _comparison(one: Contrast, outcome: Outcome) -> dict[str, Any]:
    then = outcome.planned_of(one)
    planned: Range | None = then.plain if then is not None else None
    return {
        "arm": one.arm, "other": one.other, "metric": one.metric, "judged": one.judged,
        "plain": one.plain, "always": one.always, "planned": planned,
    }  # fmt: skip
