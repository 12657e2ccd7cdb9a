"""What the API says and takes about customers: serializers with explicit fields, shared by the endpoints of this folder."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from retention.customers.attributes import LONGEST
from retention.customers.birthdays import read_birthday
from retention.customers.identifying import email_key
from retention.customers.models import Consent, ConsentRecord, Customer
from retention.customers.models.consent import ChannelName
from retention.kit.zones import ZONES
from retention.rest.bodies import Body
from retention.rest.querying import PlainText

MOST_ATTRIBUTES = 100
LONGEST_KEY = 80
MOST_PARTS = 50
_ID = "0b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c11"
_ANA = {"email": "ana@example.test", "first_name": "Ana", "last_name": "López", "city": "Sevilla", "country": "ES", "birthday": "--05-01"}
_CONSENT = {"channel": "email", "status": "granted", "method": "checkout", "source": "shop.example.test", "text_version": "2026-01"}
_SHOWN = _ANA | {
    "id": _ID, "phone": "", "gender": "", "interests": ["coffee"], "language": "es", "zone": "Europe/Madrid", "region": "", "postcode": "",
    "attributes": {"loyalty": "gold"}, "consents": [_CONSENT | {"changed_at": "2026-11-20T12:00:00Z"}], "orders_count": 2,
    "spent_minor": 8990, "first_order_at": "2026-10-02T09:12:00Z", "last_order_at": "2026-11-11T18:40:00Z",
    "created_at": "2026-10-02T09:10:00Z", "changed_at": "2026-11-11T18:40:01Z", "last_seen_at": "2026-11-19T07:00:00Z",
}  # fmt: skip


class ConsentOut(serializers.ModelSerializer[Consent]):
    """What a person allows on one channel."""

    class Meta:
        model = Consent
        fields = ("channel", "status", "method", "source", "text_version", "changed_at")


class ConsentRecordOut(serializers.ModelSerializer[ConsentRecord]):
    """One word a person said about a channel; all of them are kept as proof."""

    class Meta:
        model = ConsentRecord
        fields = ("channel", "status", "method", "source", "text_version", "said_at", "recorded_at")


@extend_schema_serializer(examples=[OpenApiExample("A customer", value=_SHOWN, response_only=True)])
class CustomerOut(serializers.ModelSerializer[Customer]):
    """A customer as the API shows them. spent_minor is in the store's currency."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    birthday = serializers.CharField(read_only=True, help_text=_("1990-05-01, or --05-01 without a year."))
    consents = ConsentOut(many=True, read_only=True)

    class Meta:
        model = Customer
        fields = (
            "id", "email", "phone", "first_name", "last_name", "gender", "birthday", "interests", "language", "zone", "city", "region",
            "postcode", "country", "attributes", "consents", "orders_count", "spent_minor", "first_order_at", "last_order_at",
            "created_at", "changed_at", "last_seen_at",
        )  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("A yes", value=_CONSENT, request_only=True)])
class ConsentIn(Body):
    """What a person said about one channel."""

    shown_as = ConsentOut

    channel = serializers.ChoiceField(choices=ChannelName.choices)
    status = serializers.ChoiceField(choices=Consent.Status.choices)
    method = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text=_("How they said it, such as checkout."))
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]
    text_version = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text=_("Of the words they agreed to."))


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "anyOf": [
                {"type": "string", "maxLength": LONGEST},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "array", "items": {"type": "string", "maxLength": LONGEST}, "maxItems": MOST_PARTS},
                {"type": "null"},
            ]
        },
        "maxProperties": MOST_ATTRIBUTES,
    }
)
class AttributesField(serializers.Field):  # type: ignore[type-arg]
    """The store's own attributes by key; null removes one, what is left out stays."""

    default_error_messages = {
        "object": _("This must be an object of values by key."),
        "many": _("At most %(count)d attributes at once.") % {"count": MOST_ATTRIBUTES},
        "key": _("A key has 1 to %(count)d characters.") % {"count": LONGEST_KEY},
        "value": _("“{named}” must be a text of at most {longest} characters, a number, true, false, a list of texts, or null."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by key."""
        if not isinstance(data, dict):
            self.fail("object")
        if len(data) > MOST_ATTRIBUTES:
            self.fail("many")
        for key, value in data.items():
            if not 0 < len(key) <= LONGEST_KEY:
                self.fail("key")
            if not _is_attribute(value):
                self.fail("value", named=key, longest=LONGEST)
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the values as they are."""
        return value


def _is_attribute(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_PARTS and all(isinstance(part, str) and 0 < len(part.strip()) <= LONGEST for part in value)
    if isinstance(value, str):
        return len(value) <= LONGEST
    return value is None or isinstance(value, bool | int | float)


class Profile(Body):
    """The fields of a person that others may set; fields that are left out stay as they are."""

    shown_as = CustomerOut

    first_name = serializers.CharField(max_length=100, required=False, allow_null=True)
    last_name = serializers.CharField(max_length=100, required=False, allow_null=True)
    phone = serializers.RegexField(r"^\+[1-9][0-9]{6,14}\Z", required=False, allow_null=True, help_text=_("E.164, as in +4930123456."))
    gender = serializers.CharField(max_length=20, required=False, allow_null=True)
    birthday = PlainText(max_length=10, required=False, allow_null=True, help_text=_("1990-05-01, or --05-01 without a year."))
    interests = serializers.ListField(child=serializers.CharField(max_length=80), max_length=MOST_PARTS, required=False, allow_null=True)
    language = serializers.RegexField(r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,6})?\Z", required=False, allow_null=True)
    zone = serializers.CharField(max_length=64, required=False, allow_null=True, help_text=_("An IANA time zone, as in Europe/Berlin."))
    city = serializers.CharField(max_length=100, required=False, allow_null=True)
    region = serializers.CharField(max_length=100, required=False, allow_null=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_null=True)
    country = serializers.RegexField(r"^[A-Z]{2}\Z", required=False, allow_null=True, help_text=_("ISO 3166, as in DE."))
    attributes = AttributesField(required=False)

    def validate_birthday(self, value: str | None) -> str | None:
        """Refuse a day that never was."""
        if value is not None and read_birthday(value) is None:
            raise serializers.ValidationError(_("This is not a day. Write it like 1990-05-01, or --05-01 without a year."))
        return value

    def validate_zone(self, value: str | None) -> str | None:
        """Refuse a zone that no clock knows."""
        if value is not None and value not in ZONES:
            raise serializers.ValidationError(_("This is not an IANA time zone, such as Europe/Berlin."))
        return value

    def validate_email(self, value: str | None) -> str | None:
        """Refuse an address that could not be found again."""
        if value is not None and not email_key(value):
            raise serializers.ValidationError(_("This is not an e-mail address."))
        return value


@extend_schema_serializer(
    examples=[OpenApiExample("Make or change Ana", value=_ANA | {"external_id": "7", "consents": [_CONSENT]}, request_only=True)]
)
class CustomerIn(Profile):
    """A customer to make or to change, found by the shop's own id or by the e-mail address; one of the two is needed."""

    email = serializers.EmailField(max_length=254, required=False)
    external_id = serializers.CharField(max_length=200, required=False, help_text=_("The shop's own id of the customer."))
    consents = ConsentIn(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse somebody without a name to find them by."""
        if not (attrs.get("email") or attrs.get("external_id")):
            raise serializers.ValidationError({"email": [_("Give an e-mail address or an external_id.")]})
        return attrs


@extend_schema_serializer(
    examples=[OpenApiExample("A new city, and no phone any more", value={"city": "Cádiz", "phone": None}, request_only=True)]
)
class CustomerPatch(Profile):
    """What shall change about a customer: what is left out stays, null clears."""

    email = serializers.EmailField(max_length=254, required=False, allow_null=True)
    external_id = serializers.CharField(max_length=200, required=False, help_text=_("One more id of the shop for this person."))


_CONSENT_CHOICES = [f"{channel}:{status}" for channel in ChannelName.values for status in Consent.Status.values]


class CustomerQuery(serializers.Serializer[Any]):
    """How the list of customers can be narrowed; all that is given must fit."""

    email = PlainText(max_length=254, required=False, help_text=_("Exactly this address, whatever its case."))
    external_id = PlainText(max_length=200, required=False, help_text=_("The customer the shop calls exactly so."))
    phone = PlainText(max_length=16, required=False, help_text=_("Exactly this number in E.164, as in +4930123456."))
    changed_since = serializers.DateTimeField(
        required=False, help_text=_("Those of whom something is known since that moment. Ask with a minute's overlap.")
    )
    consent = serializers.ChoiceField(
        choices=_CONSENT_CHOICES, required=False, help_text=_("What they said on a channel, such as email:granted.")
    )
