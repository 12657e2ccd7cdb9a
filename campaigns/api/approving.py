"""`/api/v1/campaigns/<id>/ask`, `/approve` and `/reject`: the question whether a draft may be sent, and its answer."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api.campaigns import WRITE, CampaignsView, NotWhatWasSeen
from campaigns.api.fields import CampaignAsked, CampaignNoIn, CampaignShown, CampaignYesIn
from campaigns.broadcasts import asking
from campaigns.models import Campaign
from retention.kit import clock
from retention.rest.idempotency import idempotent
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.stores.models import Store

APPROVE = "campaigns:approve"


class CampaignAsking(CampaignsView):
    """Asking for a yes."""

    scopes: ClassVar[dict[str, str]] = {"POST": WRITE}

    @extend_schema(operation_id="campaigns_ask", request=None, responses={200: CampaignAsked}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask those who may send for their yes to a draft. They are told by mail, unless there were many questions this hour."""
        store, asked = _store(request), asking.Asked.NOTHING

        def deed(one: Campaign) -> bool:
            nonlocal asked
            asked = asking.ask(one, store=store, user_id=None, now=clock.now())
            return bool(asked)

        answer = self.do(request, deed, "campaign.asked")
        answer.data["mailed"] = asked == asking.Asked.TOLD
        return answer


class CampaignApproving(CampaignsView):
    """Saying yes."""

    scopes: ClassVar[dict[str, str]] = {"POST": APPROVE}

    @extend_schema(operation_id="campaigns_approve", request=CampaignYesIn, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Say yes to a draft that waits for one, which starts it at its moment. 409 where it is not what `mark` stands for."""
        wanted = CampaignYesIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        store, seen = _store(request), wanted.validated_data["mark"]

        def deed(one: Campaign) -> bool:
            return asking.approve(one, store=store, user_id=None, seen=seen, now=clock.now())

        try:
            return self.do(request, deed, "campaign.started")
        except asking.Changed as refusal:
            raise NotWhatWasSeen from refusal


class CampaignRejecting(CampaignsView):
    """Saying no."""

    scopes: ClassVar[dict[str, str]] = {"POST": APPROVE}

    @extend_schema(operation_id="campaigns_reject", request=CampaignNoIn, responses={200: CampaignShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Give a draft back to who asked, who is told by mail."""
        wanted = CampaignNoIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        store, why = _store(request), wanted.validated_data["why"]
        return self.do(request, lambda one: asking.give_back(one, store=store, user_id=None, why=why), "campaign.returned")


def _store(request: Request) -> Store:
    found: Store = Store.objects.get(pk=request.auth.store_id)  # type: ignore[union-attr]
    return found
