"""What the API says and takes about segments. A rule is checked by the rule language itself; each fault names its node."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from retention.rest.bodies import Body
from retention.rest.querying import PlainText
from segments.knowing import read, terms_of_store
from segments.models import Segment, SegmentMember
from segments.rules.sentence import say_rule
from segments.rules.terms import Terms
from segments.rules.tree import Rule, RuleError

RULE = {
    "version": 1,
    "root": {
        "join": "all",
        "rules": [
            {"is": "orders", "op": "at_least", "value": 3, "window": {"how": "last", "count": 365, "unit": "days"}},
            {"is": "consent", "channel": "email", "status": "granted"},
        ],
    },
}
_ID = "5b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c22"
_SHOWN = {
    "id": _ID, "name": "Loyal", "note": "", "folder": "", "kind": "rule", "state": "live", "version": 1, "rule": RULE,
    "sentence": "People who placed a number of orders that is at least 3 in the last 365 days and allow e-mail.",
    "members_count": 412, "counted_at": "2026-11-20T12:04:31Z", "is_up_to_date": True, "fault": "", "created_at": "2026-10-02T09:10:00Z",
    "saved_at": "2026-10-02T09:10:00Z",
}  # fmt: skip


@extend_schema_field({"type": "object", "additionalProperties": True})
class RuleField(serializers.Field):  # type: ignore[type-arg]
    """A rule: groups with `join` (all, any, none) and `rules`, conditions with `is`. See the README of the segments floor."""

    default_error_messages = {"object": _("This must be an object.")}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object; what is in it is checked where it is read."""
        if not isinstance(data, Mapping):
            self.fail("object")
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        """Return it as it is."""
        return value


@extend_schema_serializer(examples=[OpenApiExample("A segment", value=_SHOWN, response_only=True)])
class SegmentOut(serializers.ModelSerializer[Segment]):
    """A segment as the API shows it. is_up_to_date: its members stand for its saved rule."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    rule = RuleField(read_only=True)
    is_up_to_date = serializers.BooleanField(read_only=True)

    class Meta:
        model = Segment
        fields = (
            "id", "name", "note", "folder", "kind", "state", "version", "rule", "members_count", "counted_at", "is_up_to_date", "fault",
            "created_at", "saved_at",
        )  # fmt: skip


class SegmentShown(SegmentOut):
    """One segment, with its rule in words."""

    sentence = serializers.SerializerMethodField()

    class Meta(SegmentOut.Meta):
        fields = (*SegmentOut.Meta.fields, "sentence")  # type: ignore[assignment]

    def get_sentence(self, segment: Segment) -> str:
        """Return the rule as a sentence, or nothing where it cannot be read any more."""
        if segment.kind == Segment.Kind.LIST or not segment.version:
            return ""
        terms = terms_of_store(own=str(segment.public_id))
        try:
            return say(read(segment.rule, terms), terms)
        except RuleError:
            return ""


@extend_schema_serializer(examples=[OpenApiExample("A segment", value={"name": "Loyal", "rule": RULE}, request_only=True)])
class SegmentIn(Body):
    """A segment to make."""

    shown_as = SegmentShown

    name = PlainText(max_length=120)
    rule = RuleField()
    note = PlainText(max_length=500, required=False, allow_blank=True, default="")
    folder = PlainText(max_length=60, required=False, allow_blank=True, default="")


@extend_schema_serializer(examples=[OpenApiExample("Another name", value={"name": "Very loyal"}, request_only=True)])
class SegmentPatch(Body):
    """What shall change; what is left out stays. A rule is saved as the next version."""

    shown_as = SegmentShown

    name = PlainText(max_length=120, required=False)
    rule = RuleField(required=False)
    note = PlainText(max_length=500, required=False, allow_blank=True)
    folder = PlainText(max_length=60, required=False, allow_blank=True)


@extend_schema_serializer(examples=[OpenApiExample("A rule", value={"rule": RULE}, request_only=True)])
class CountIn(Body):
    """A rule to count, saved nowhere."""

    rule = RuleField()


class ReachOut(serializers.Serializer[Any]):
    """How many of them have an address and said yes."""

    email = serializers.IntegerField()
    sms = serializers.IntegerField()
    push = serializers.IntegerField()


class CountOut(serializers.Serializer[Any]):
    """How many belong. no_way: how many of them we may not write to on any channel."""

    count = serializers.IntegerField()
    reach = ReachOut()
    no_way = serializers.IntegerField()
    sentence = serializers.CharField()
    counted_at = serializers.DateTimeField()


class MemberOut(serializers.ModelSerializer[SegmentMember]):
    """A customer who is in, and since when."""

    id = serializers.UUIDField(source="customer.public_id", read_only=True)
    email = serializers.SerializerMethodField(help_text=_("Left empty for a key that may not read customers."))

    class Meta:
        model = SegmentMember
        fields = ("id", "email", "entered_at")

    def get_email(self, member: SegmentMember) -> str:
        """Return the address, where the key may read it."""
        return str(member.customer.email) if self.context.get("may_read") else ""


class MembershipOut(serializers.ModelSerializer[SegmentMember]):
    """A segment a customer is in, and since when."""

    id = serializers.UUIDField(source="segment.public_id", read_only=True)
    name = serializers.CharField(source="segment.name", read_only=True)

    class Meta:
        model = SegmentMember
        fields = ("id", "name", "entered_at")


def refused(error: RuleError) -> ValidationError:
    """Return the answer that names each fault by its node: {"rule": {"root.rules.0.values": ["must be ..."]}}."""
    found: dict[str, list[str]] = {}
    for problem in error.problems:
        found.setdefault(problem.path, []).append(problem.phrase.render(gettext))
    return ValidationError({"rule": found})


def say(rule: Rule, terms: Terms) -> str:
    """Return a rule as a sentence."""
    return say_rule(rule, terms).render(gettext)
