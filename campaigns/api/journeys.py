"""`/api/v1/journeys`: read the journeys of a store, what starts them and how many people stand where."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.journeys.counting import counts_lately
from campaigns.journeys.versions import definitions_of
from campaigns.models import Journey, JourneyVersion
from retention.rest.views import StoreView

READ = "campaigns:read"


class JourneyOut(serializers.ModelSerializer[Journey]):
    """A journey. version: the one people enter by, none of a draft."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=Journey.State.choices)
    version = serializers.IntegerField(source="live_number", allow_null=True)

    class Meta:
        model = Journey
        fields: tuple[str, ...] = ("id", "name", "state", "version", "launched_at", "paused_at", "created_at")


class JourneyStepOut(serializers.Serializer[Any]):
    """One step. waiting: people who stand there now; left: runs that ended there; passed: runs that surely went on from there."""

    id = serializers.CharField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    waiting = serializers.IntegerField()
    passed = serializers.IntegerField()
    left = serializers.IntegerField()
    sent = serializers.IntegerField()


class JourneyShown(JourneyOut):
    """A journey with its definition and the live figures of its steps."""

    definition = serializers.JSONField()
    starts_when = serializers.CharField()
    steps = JourneyStepOut(many=True)

    class Meta(JourneyOut.Meta):
        fields = (*JourneyOut.Meta.fields, "starts_when", "definition", "steps")


class JourneysView(StoreView[Journey]):
    """What both share."""

    model = Journey
    serializer_class = JourneyOut
    scopes: ClassVar[dict[str, str]] = {"GET": READ}

    def rows(self) -> QuerySet[Journey]:
        """Return the store's journeys; cells of the recovery plan and shadows are none."""
        rows: QuerySet[Journey] = Journey.objects.plain()
        return rows


class JourneyList(ListModelMixin, JourneysView):
    """The store's journeys."""

    @extend_schema(operation_id="journeys_list")
    def get(self, request: Request) -> Response:
        """List journeys, newest first."""
        return self.list(request)


class JourneyDetail(RetrieveModelMixin, JourneysView):
    """One journey."""

    serializer_class = JourneyShown

    @extend_schema(operation_id="journeys_get", responses={200: JourneyShown})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one journey as people enter it now, or as it was written last; a draft that has no version yet has no steps."""
        journey = self.get_object()
        return Response(JourneyShown(_told(journey)).data)


def _told(journey: Journey) -> Journey:
    """Return the journey with what is shown of its version."""
    rows = JourneyVersion.objects.filter(journey=journey).order_by("-number")
    version = (rows.filter(number=journey.live_number) if journey.live_number else rows).first()
    definition = definitions_of([version.pk]).get(version.pk) if version is not None else None
    told: Any = journey
    told.definition, told.starts_when, told.steps = {}, "", []
    if version is not None and definition is not None:
        counts, sent = counts_lately(journey, definition)
        told.definition, told.starts_when = version.definition, definition.trigger.words().render(gettext)
        told.steps = [
            {
                "id": step.id,
                "kind": step.kind,
                "sentence": step.describe().render(gettext),
                "waiting": counts[step.id].waiting,
                "passed": counts[step.id].passed,
                "left": counts[step.id].left,
                "sent": sent.get(step.id, 0),
            }
            for step in definition.steps
        ]
    return journey
