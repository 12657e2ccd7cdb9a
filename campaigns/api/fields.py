"""What the API says and takes about campaigns."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from campaigns.broadcasts import reading
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import CHANNELS, Told, Way
from campaigns.broadcasts.marking import shown_mark, standing_mark, turned
from campaigns.models import Campaign
from campaigns.models.campaign import MOST_DELAY_HOURS
from retention.rest.bodies import Body
from retention.rest.querying import PlainText

_ID = "5b0c9f6e-5d0f-4a0e-9d27-6f1f4b1d2c22"
_WORDS = {
    "subject": "Just in",
    "heading": "New on the shelf",
    "text": "Have a look.",
    "button": "See it",
    "url": "https://shop.example/new",
}
_MADE = {"name": "New arrivals", "include": [_ID], "variants": [_WORDS], "when": "local", "wall_day": "2026-12-01", "wall_time": "10:00:00"}


class FiguresOut(serializers.Serializer[Any]):
    """What became of everybody chosen. opened: by people; loaded: pictures loaded, machines included.

    revenue_minor: last click, in the store's currency.
    """

    chosen = serializers.IntegerField()
    held_out = serializers.IntegerField()
    held_back = serializers.IntegerField()
    waiting = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    bounced = serializers.IntegerField()
    clicked = serializers.IntegerField()
    opened = serializers.IntegerField()
    loaded = serializers.IntegerField()
    unknown = serializers.IntegerField()
    orders = serializers.IntegerField()
    revenue_minor = serializers.IntegerField()


class CampaignOut(serializers.ModelSerializer[Campaign]):
    """A campaign as the API shows it."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Campaign
        fields = (
            "id", "name", "state", "channel", "when", "wall_day", "wall_time", "ramp_hours", "holdout_share", "holdout_by_size",
            "test_share", "winner", "pause_reason", "measure_opens", "asked_at", "starts_at", "opened_at", "planned_at", "finished_at",
            "created_at",
        )  # fmt: skip


class CampaignShown(CampaignOut):
    """One campaign with its figures. mark: of what a draft, or a paused one that waits for a yes, is now; a yes with it is to just that."""

    figures = serializers.SerializerMethodField()
    mark = serializers.SerializerMethodField()

    class Meta(CampaignOut.Meta):
        fields = (*CampaignOut.Meta.fields, "figures", "mark")  # type: ignore[assignment]

    def get_mark(self, campaign: Campaign) -> str:
        """Return the mark of a draft, and of a paused one that waits for a yes what may have changed since; else nothing."""
        if campaign.is_editable:
            return shown_mark(campaign)
        waits = campaign.state == Campaign.State.PAUSED and (campaign.approved_mark or turned(campaign))
        return standing_mark(campaign) if waits else ""

    def get_figures(self, campaign: Campaign) -> FiguresOut:
        """Return what became of everybody chosen."""
        currency = campaign.store.currency
        return FiguresOut(reading.figures_of([campaign.pk], currency=currency)[campaign.pk]).data  # type: ignore[return-value]


class CampaignAsked(CampaignShown):
    """A campaign a yes is asked for. mailed: whether those who may say it are told by mail; not after many questions in an hour."""

    mailed = serializers.BooleanField(read_only=True)

    class Meta(CampaignShown.Meta):
        fields = (*CampaignShown.Meta.fields, "mailed")  # type: ignore[assignment]


class CampaignYesIn(Body):
    """A yes. mark: of what was looked at, as the campaign carries it."""

    mark = serializers.CharField(max_length=64)


class CampaignGoIn(Body):
    """A start or a going-on. mark: of what was looked at; needed where somebody's yes is part of it."""

    mark = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)


class CampaignNoIn(Body):
    """A no. why: in words for who asked."""

    why = PlainText(max_length=500, required=False, allow_blank=True, default="")


class WayIn(Body):
    """One way to say it: a template of the store, or a plain mail. sender: one of the store's; delay_hours: later than the first."""

    subject = PlainText(max_length=300, required=False, allow_blank=True, default="")
    template = serializers.UUIDField(required=False)
    heading = PlainText(max_length=300, required=False, allow_blank=True, default="")
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    button = PlainText(max_length=80, required=False, allow_blank=True, default="")
    url = PlainText(max_length=2000, required=False, allow_blank=True, default="")
    weight = serializers.IntegerField(required=False, default=1, min_value=1, max_value=100)
    sender = serializers.UUIDField(required=False)
    delay_hours = serializers.IntegerField(required=False, default=0, min_value=0, max_value=MOST_DELAY_HOURS)


@extend_schema_serializer(examples=[OpenApiExample("A campaign", value=_MADE, request_only=True)])
class CampaignIn(Body):
    """A campaign to write. include, exclude: ids of segments. wall_day and wall_time: with `at` or `local`.

    holdout_share: the part that gets nothing, to compare with; without it as many as the size asks for, 0 for nobody.
    channel: without one that of the templates, or e-mail. An SMS needs only `text`; push and on-site messages `subject`, `text` and `url`.
    """

    shown_as = CampaignShown

    name = PlainText(max_length=120)
    channel = serializers.ChoiceField(choices=list(CHANNELS), required=False, default="")
    include = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=100)
    exclude = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=100)
    everybody = serializers.BooleanField(required=False, default=False)
    when = serializers.ChoiceField(choices=Campaign.When.choices, required=False, default="now")
    wall_day = serializers.DateField(required=False, default=None)
    wall_time = serializers.TimeField(required=False, default=None)
    ramp_hours = serializers.IntegerField(required=False, default=None, min_value=1, max_value=168)
    holdout_share = serializers.FloatField(required=False, allow_null=True, default=None, min_value=0, max_value=0.5)
    test_share = serializers.FloatField(required=False, default=None, min_value=0.05, max_value=0.9)
    decide_metric = serializers.ChoiceField(choices=Campaign.Metric.choices, required=False, default="")
    decide_hours = serializers.IntegerField(required=False, default=None, min_value=1, max_value=168)
    decide_count = serializers.IntegerField(required=False, default=None, min_value=50, max_value=1_000_000)
    measure_opens = serializers.BooleanField(required=False, default=True)
    variants = WayIn(many=True, required=False, default=list)

    def told(self) -> Told:
        """Return the draft that was told."""
        data = dict(self.validated_data)
        ways = tuple(
            Way(
                subject=one["subject"],
                words=Words(one["heading"], one["text"], one["button"], one["url"]),
                template=str(one.get("template") or ""),
                weight=one["weight"],
                sender=str(one.get("sender") or ""),
                delay_hours=one["delay_hours"],
            )
            for one in data.pop("variants")
        )
        include, exclude = (tuple(str(one) for one in data.pop(side)) for side in ("include", "exclude"))
        return Told(include=include, exclude=exclude, ways=ways, **data)
