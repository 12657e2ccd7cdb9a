"""`/api/v1/campaigns`: write campaigns, start, pause and call them off, read what came of them."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.fields import CampaignGoIn, CampaignIn, CampaignOut, CampaignShown
from campaigns.broadcasts import asking, drafting, running
from campaigns.models import Campaign
from retention.kit import clock
from retention.rest.idempotency import LastingRefusal, idempotent
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView
from retention.stores import auditing
from retention.stores.models import Store

READ, WRITE, SEND = "campaigns:read", "campaigns:write", "campaigns:send"


class NotNow(APIException):
    """The campaign is not in a state in which this can be done."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("The campaign is not in a state in which this can be done.")
    default_code = "not_now"


class NotWhatWasSeen(LastingRefusal):
    """The campaign is not what was asked about, approved or looked at. That its team is asked for another yes stays."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy(
        "The campaign was changed meanwhile, or goes elsewhere now, to real people or to the test inbox. "
        "Look at it again, and say yes to it with its new mark."
    )
    default_code = "changed"


class CampaignsView(StoreView[Campaign]):
    """What all of them share."""

    model = Campaign
    serializer_class = CampaignOut

    def rows(self) -> QuerySet[Campaign]:
        """Return the store's campaigns."""
        rows: QuerySet[Campaign] = Campaign.objects.all()
        return rows

    def do(self, request: Request, deed: Callable[[Campaign], bool], action: str) -> Response:
        """Do something with the campaign asked for, note it and show the campaign; raises NotNow where it changes nothing."""
        campaign = self.get_object()
        try:
            done = deed(campaign)
        except running.CannotStart as refusal:
            raise _answer(refusal.faults) from refusal
        if not done:
            raise NotNow
        auditing.note(request, action, target=f"campaign:{campaign.public_id}")
        campaign.refresh_from_db()
        return Response(CampaignShown(campaign).data)


class CampaignList(ListModelMixin, CampaignsView):
    """The store's campaigns."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ, "POST": WRITE}

    @extend_schema(operation_id="campaigns_list")
    def get(self, request: Request) -> Response:
        """List campaigns, newest first."""
        return self.list(request)

    @extend_schema(operation_id="campaigns_make", request=CampaignIn, responses={201: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Write a campaign as a draft; nothing is sent before it is started."""
        wanted = CampaignIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            campaign = drafting.create(wanted.told(), user_id=None, now=clock.now())
        except drafting.Faulty as refusal:
            raise _answer(refusal.faults) from refusal
        auditing.note(request, "campaign.made", target=f"campaign:{campaign.public_id}")
        return Response(CampaignShown(campaign).data, status=status.HTTP_201_CREATED)


class CampaignDetail(RetrieveModelMixin, CampaignsView):
    """One campaign."""

    scopes: ClassVar[dict[str, str]] = {"GET": READ}
    serializer_class = CampaignShown

    @extend_schema(operation_id="campaigns_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one campaign with its figures."""
        return self.retrieve(request, public_id=public_id)


class CampaignStarting(CampaignsView):
    """Starting a campaign."""

    scopes: ClassVar[dict[str, str]] = {"POST": SEND}

    @extend_schema(operation_id="campaigns_start", request=CampaignGoIn, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Start a draft: what it says is fixed, and it leaves at its moment.

        409 where it waits for a yes and is not what `mark` stands for.
        """
        store, seen = Store.objects.get(pk=request.auth.store_id), mark_in(request)  # type: ignore[union-attr]

        def deed(one: Campaign) -> bool:
            if not asking.is_still(one, seen):
                raise NotWhatWasSeen
            return asking.start(one, store=store, user_id=None, now=clock.now())

        return self.do(request, deed, "campaign.started")


class CampaignPausing(CampaignsView):
    """Pausing a campaign."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(operation_id="campaigns_pause", request=None, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Let nothing further leave."""
        return self.do(request, lambda one: running.pause(one, now=clock.now()), "campaign.paused")


class CampaignResuming(CampaignsView):
    """Letting a campaign go on."""

    scopes: ClassVar[dict[str, str]] = {"POST": SEND}

    @extend_schema(operation_id="campaigns_resume", request=CampaignGoIn, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Go on where it stopped.

        409 where it was changed after it was approved, or goes elsewhere now than it was started for, to real people or to the test inbox,
        and is not what `mark` stands for.
        """
        seen = mark_in(request)

        def deed(one: Campaign) -> bool:
            done = running.resume(one, now=clock.now(), seen=seen)
            if not done and Campaign.objects.filter(pk=one.pk, pause_reason__in=Campaign.ASKS).exists():
                raise NotWhatWasSeen
            return done

        return self.do(request, deed, "campaign.resumed")


class CampaignCancelling(CampaignsView):
    """Calling a campaign off."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(operation_id="campaigns_cancel", request=None, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Call it off for good; what has left cannot be called back."""
        return self.do(request, lambda one: running.cancel(one, now=clock.now()), "campaign.cancelled")


def mark_in(request: Request) -> str:
    """Return the mark a request carries, or nothing."""
    wanted = CampaignGoIn(data=request.data)
    wanted.is_valid(raise_exception=True)
    return str(wanted.validated_data["mark"])


def _answer(faults: dict[str, Any]) -> ValidationError:
    return ValidationError({name: [phrase.render(gettext)] for name, phrase in faults.items()})
