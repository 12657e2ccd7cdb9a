"""A campaign that was sent and had its effects, written in bulk: for tests of what a report makes of them."""

from datetime import datetime, timedelta
from typing import Any

from campaigns.broadcasts import running
from campaigns.broadcasts.drafting import Way
from campaigns.measurement.attribution import attribute
from campaigns.models import Campaign, Click, Message
from campaigns.sending.receipts import note_clicks
from retention.customers.consent import Said, record_consents
from retention.customers.events import NewEvent, record_many
from retention.orders.models import Order
from tests.campaigns.campaigning import WORDS, make_campaign, make_crowd, make_list, rows, start

SHOP = "https://lumen.example.test"
UTM = "utm_source=boomerang&utm_medium=email&utm_campaign=campaign-{}"


def make_sent(store: Any, *, now: datetime, people: int = 600, holdout_share: float = 0.2, **more: Any) -> Campaign:
    """Save a campaign with two subjects that left five hours ago: some unknown, failed and held back, the rest sent."""
    began = now - timedelta(hours=5)
    crowd = make_list(make_crowd(people, now=began), now=began, name=more.pop("called", ""))
    ways = more.pop("ways", (Way("Just in, {{ profile.first_name }}", WORDS), Way("Ana, 24 mornings of coffee", WORDS)))
    campaign = make_campaign(crowd, now=began, ways=ways, holdout_share=holdout_share, **more)
    start(campaign, store, now=began)
    ready = list(rows(campaign).filter(state="ready").order_by("pk").values_list("pk", flat=True))
    target = [f"{SHOP}/new?{UTM.format(campaign.pk)}"]
    _end(ready[:3], state="unknown", reason="no_answer", finished_at=began, targets=target)
    _end(ready[3:8], state="failed", reason="bad_address", finished_at=began)
    _end(ready[8:20], state="suppressed", reason="no_consent", finished_at=began)
    _end(ready[20:], state="sent", sent_at=began, finished_at=began, delivered_at=began, targets=target)
    running.tick(store, now=began + timedelta(minutes=1))
    campaign.refresh_from_db()
    return campaign


def _end(ids: list[int], **fields: Any) -> None:
    Message.objects.filter(pk__in=ids).update(**fields)


def rows_of_people(campaign: Campaign, *, state: str) -> list[Any]:
    """Return the people whose message is in a state."""
    return [one.customer for one in rows(campaign).filter(state=state).select_related("customer").order_by("pk")]


def click_on(campaign: Campaign, *, now: datetime, counts: dict[str, int], machines: int = 0) -> list[Message]:
    """Let so many people of each variant click, one every two minutes, and so many machines; return whose people clicked."""
    clicked: list[Message] = []
    for letter, count in counts.items():
        clicked += rows(campaign).filter(state="sent", variant=letter).order_by("pk")[:count]
    began = campaign.opened_at or now
    made = [_click(one, began + timedelta(minutes=5 + 2 * place)) for place, one in enumerate(clicked)]
    made += [_click(one, began, suspected="too_fast") for one in clicked[:machines]]
    Click.objects.bulk_create(made)
    note_clicks(now=now)
    return clicked


def _click(message: Message, at: datetime, suspected: str = "") -> Click:
    return Click(
        message=message, customer_id=message.customer_id, position=0, at=at, method="GET", agent="Mozilla/5.0", suspected=suspected
    )


def buy_after(messages: list[Message], *, now: datetime, total_minor: int = 4400) -> None:
    """Let these people buy an hour ago, and credit it."""
    at = now - timedelta(minutes=30)
    Order.objects.bulk_create(
        [
            Order(customer_id=one.customer_id, number=f"R-{one.pk}", currency="EUR", total_minor=total_minor, placed_at=at, received_at=at)
            for one in messages
        ]
    )
    attribute([one.customer_id for one in messages], now=now)


def say_no(messages: list[Message], campaign: Campaign, *, now: datetime, name: str = "Unsubscribed") -> None:
    """Let these people say no in the campaign's mail."""
    record_consents([Said(one.customer_id, "email", "refused", now, method="one-click") for one in messages], now=now)
    about = {"channel": "email", "journey": str(campaign.public_id), "step": "a"}
    record_many([NewEvent(one.customer_id, name, about) for one in messages], now=now)
