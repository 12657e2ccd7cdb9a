"""`/api/v1/segments`: make segments, count rules without saving them, read who is in; and the segments of one customer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.api.customers import find_customer
from retention.kit import clock
from retention.rest.idempotency import idempotent
from retention.rest.paging import CursorPages
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView
from retention.stores import auditing
from segments import saving
from segments.api.fields import (
    CountIn,
    CountOut,
    MemberOut,
    MembershipOut,
    SegmentIn,
    SegmentOut,
    SegmentPatch,
    SegmentShown,
    refused,
    say,
)
from segments.asking import CannotAsk
from segments.building.naming import is_renamed, name_by
from segments.counting import count_rule
from segments.knowing import read, terms_of_store
from segments.membership import memberships_of
from segments.models import Segment, SegmentMember
from segments.rules.terms import At
from segments.rules.tree import RuleError

READ, WRITE = "segments:read", "segments:write"


class TooSlowToCount(APIException):
    """The rule could not be counted while somebody waits."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = gettext_lazy("Counting this took too long. Save the segment: it is worked out in the background.")


class MemberPages(CursorPages):
    """Pages of members, those who came last first."""

    ordering = ("-entered_at", "-customer_id")


class _Segments(StoreView[Segment]):
    model = Segment
    serializer_class = SegmentOut

    def rows(self) -> QuerySet[Segment]:
        """Return the store's segments that are not put away."""
        rows: QuerySet[Segment] = Segment.objects.kept()
        return rows


class SegmentList(ListModelMixin, _Segments):
    """The store's segments."""

    scopes = {"GET": READ, "POST": WRITE}

    @extend_schema(operation_id="segments_list")
    def get(self, request: Request) -> Response:
        """List segments, newest first."""
        return self.list(request)

    @extend_schema(operation_id="segments_make", request=SegmentIn, responses={201: SegmentShown}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request) -> Response:
        """Make a segment. Its members are worked out in the background; `is_up_to_date` says when they are there."""
        wanted = SegmentIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            segment = saving.create(**wanted.validated_data, user_id=None, now=clock.now())
        except (RuleError, saving.NameTaken, saving.Refused) as error:
            raise _answer(error) from error
        auditing.note(request, "segment.made", target=f"segment:{segment.pk}", details={"name": segment.name})
        return Response(SegmentShown(segment).data, status=status.HTTP_201_CREATED)


class SegmentDetail(RetrieveModelMixin, _Segments):
    """One segment."""

    scopes = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}
    serializer_class = SegmentShown

    @extend_schema(operation_id="segments_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one segment."""
        return self.retrieve(request, public_id=public_id)

    @extend_schema(operation_id="segments_change", request=SegmentPatch, responses=SegmentShown, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def patch(self, request: Request, public_id: UUID) -> Response:
        """Change a segment's name, note, folder or rule. A name made of the rule on the page follows it, where the new one gives a name."""
        segment, now = self.get_object(), clock.now()
        wanted = SegmentPatch(data=request.data)
        wanted.is_valid(raise_exception=True)
        told: dict[str, Any] = dict(wanted.validated_data)
        rule = told.pop("rule", None)
        try:
            if rule is not None and "name" not in told:
                saving.hold_names()
                segment.refresh_from_db()
                told |= _renamed(segment, rule)
            if told:
                kept = {"name": segment.name, "folder": segment.folder, "note": segment.note}
                saving.describe(segment, **(kept | told))
            if rule is not None:
                saving.save_rule(segment, rule, user_id=None, now=now)
        except (RuleError, saving.NameTaken, saving.Refused) as error:
            raise _answer(error) from error
        auditing.note(
            request, "segment.changed", target=f"segment:{segment.pk}", details={"fields": sorted({*wanted.validated_data, *told})}
        )
        segment.refresh_from_db()
        return Response(SegmentShown(segment).data)

    @extend_schema(operation_id="segments_remove", responses={204: None}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def delete(self, request: Request, public_id: UUID) -> Response:
        """Put a segment away; refused while another one is built on it."""
        segment = self.get_object()
        try:
            saving.archive(segment)
        except saving.Refused as error:
            raise _answer(error) from error
        auditing.note(request, "segment.removed", target=f"segment:{segment.pk}", details={"name": segment.name})
        return Response(status=status.HTTP_204_NO_CONTENT)


class SegmentCounting(_Segments):
    """Counting a rule."""

    scopes = {"POST": READ}

    @extend_schema(operation_id="segments_count", request=CountIn, responses={200: CountOut})
    def post(self, request: Request) -> Response:
        """Count who belongs to a rule, and how many of them may be written to; nothing is saved."""
        wanted = CountIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        at = At(clock.now(), terms_of_store())
        try:
            rule = read(wanted.validated_data["rule"], at.terms)
            counted = count_rule(rule, at)
        except RuleError as error:
            raise _answer(error) from error
        except CannotAsk as error:
            raise TooSlowToCount from error
        shown = {"count": counted.count, "reach": counted.reach, "no_way": counted.no_way, "counted_at": counted.at}
        return Response(CountOut(shown | {"sentence": say(rule, at.terms)}).data)


class SegmentMembers(ListModelMixin, StoreView[SegmentMember]):
    """Who is in a segment."""

    scopes = {"GET": READ}
    model = SegmentMember
    serializer_class = MemberOut
    pagination_class = MemberPages

    def rows(self) -> QuerySet[SegmentMember]:
        """Return the members of the segment asked for."""
        rows: QuerySet[SegmentMember] = SegmentMember.objects.filter(segment__public_id=self.kwargs["public_id"])
        return rows.select_related("customer").only("entered_at", "customer__public_id", "customer__email")

    @extend_schema(operation_id="segments_members")
    def get(self, request: Request, public_id: UUID) -> Response:
        """List members, those who came last first; addresses only for a key that may read customers."""
        get_object_or_404(Segment.objects.kept(), public_id=public_id)
        return self.list(request)

    def get_serializer_context(self) -> dict[str, Any]:
        """Say beside the rows whether the key may read addresses."""
        return {**super().get_serializer_context(), "may_read": self.may("customers:read")}


class CustomerSegments(StoreView[SegmentMember]):
    """The segments of a customer."""

    scopes = {"GET": READ}
    model = SegmentMember
    serializer_class = MembershipOut
    pagination_class = None

    @extend_schema(operation_id="customers_segments", responses={200: MembershipOut(many=True)})
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the live segments a customer is in, by name."""
        return Response(MembershipOut(memberships_of(find_customer(public_id)), many=True).data)


def _renamed(segment: Segment, tree: Mapping[str, Any]) -> dict[str, str]:
    """Return what a segment that bears the name of its rule is called by the next one; nothing of another. Raises RuleError."""
    terms = terms_of_store(own=str(segment.public_id))
    rule = read(tree, terms)
    name = name_by(rule, terms) if is_renamed(segment, rule, terms) else ""
    return {"name": saving.free_name(name)} if name else {}


def _answer(error: Exception) -> ValidationError:
    """Return the refusal in words, under the field it is about."""
    if isinstance(error, RuleError):
        return refused(error)
    field = "name" if isinstance(error, saving.NameTaken) else "segment"
    return ValidationError({field: [saving.refusal_words(error)]})
