"""What an SMS to everybody costs, before it is sent: worked out on some of the people chosen, each with the very text they would get.

A provider charges for parts: a name more or an address longer makes two of one. With few people chosen all of them are asked. The texts of
all variants are made within one deadline, for the render process is everybody's.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from campaigns.broadcasts.audience import Audience
from campaigns.broadcasts.content import wording_of
from campaigns.channels import Account
from campaigns.channels.sms.segments import count_segments
from campaigns.models import CampaignVariant, Message, TemplateVersion
from campaigns.personalization.context import contexts
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.render import CannotRender, Rendered, TemplateFault
from campaigns.personalization.vocabulary import example_context
from campaigns.sending.accounts import NoAccount, account_for
from campaigns.sending.assembling.sms import text_of
from campaigns.sending.lending import renderer
from campaigns.sending.rendering import PATIENCE_SECONDS, Job, Renderer
from retention.customers.models import Customer
from retention.dashboard.figures import write_number
from retention.kit.money import format_price
from retention.kit.words import Phrase, gettext_noop
from retention.stores.models import Store

MOST_ASKED, PLACES = 12, 6
DEADLINE_SECONDS = 2.0
"""How long making the texts may take; none is begun that could end later."""
_HEAVY = frozenset({"template_too_slow", "template_too_big", "template_set_aside"})
PRICE = "part_price"
"""The setting of a connection that says what one part costs, as a decimal text in the shop's currency."""


class TakesTooLong(Exception):
    """The texts could not be made in time."""


@dataclass(frozen=True)
class Estimate:
    """What a campaign takes. people: who would get it; asked: on how many it was worked out.

    parts: of all together; longest: of one message. price: of one part, where the shop told it.
    """

    people: int
    asked: int
    parts: int
    longest: int
    price: Decimal | None

    @property
    def cost(self) -> Decimal | None:
        """Return what all of it costs, in the shop's currency."""
        return None if self.price is None else self.price * self.parts


def price_of(account: Account) -> Decimal | None:
    """Return what one part costs at an account, or None where nobody told it."""
    stated = account.settings.get(PRICE)
    return Decimal(stated) if isinstance(stated, str) and stated else None


def estimate(variants: Sequence[CampaignVariant], audience: Audience, *, people: int, store: Store, now: datetime) -> Estimate | None:
    """Work out what an SMS takes; None where nothing can be rendered. people: how many would get it. Raises TakesTooLong."""
    try:
        account = account_for(store, channel="sms")
    except NoAccount:
        account = Account(provider="", settings={})
    asked = _some_of(audience) or [Customer(pk=0, phone="+10000000000", first_name="Luca")]
    with renderer() as process:
        process.warm_up()
        making = _Making(process, DEADLINE_SECONDS - PATIENCE_SECONDS)
        weighed = [(variant.weight, _parts(variant, asked, making, account=account, store=store, now=now)) for variant in variants]
    found = [(weight, parts) for weight, parts in weighed if parts]
    if not found:
        return None
    mean = sum(weight * sum(parts) / len(parts) for weight, parts in found) / sum(weight for weight, _parts in found)
    longest = max(max(parts) for _weight, parts in found)
    return Estimate(people, len(asked), math.ceil(round(people * mean, 6)), longest, price_of(account))


def words_of_estimate(found: Estimate, *, store: Store) -> list[Phrase]:
    """Say what it takes and costs."""
    told = {"parts": write_number(found.parts), "people": write_number(found.people), "longest": write_number(found.longest)}
    if found.longest == 1:
        size = Phrase(gettext_noop("Every message fits one SMS: %(parts)s SMS for %(people)s people."), told)
    else:
        size = Phrase(gettext_noop("About %(parts)s SMS for %(people)s people; the longest message takes %(longest)s."), told)
    sizes = [size]
    if found.asked < found.people:
        sizes.append(Phrase(gettext_noop("Worked out on %(asked)s of them."), {"asked": write_number(found.asked)}))
    if found.cost is None or found.price is None:
        return [
            *sizes,
            Phrase(gettext_noop("Tell us under Settings, Channels what your provider takes for one SMS, and the cost stands here.")),
        ]
    money = {
        "one": format_price(found.price, currency=store.currency, locale=store.locale),
        "all": format_price(found.cost, currency=store.currency, locale=store.locale),
    }
    return [*sizes, Phrase(gettext_noop("At %(one)s for one SMS that is about %(all)s altogether."), money)]


def _some_of(audience: Audience) -> list[Customer]:
    """Return some of those chosen who have a number, from several places, so that newer and older customers are among them."""
    highest = Customer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    first, *others = (_after(audience, highest * place // PLACES) for place in range(PLACES))
    each = MOST_ASKED // PLACES
    ids = {pk for found in (first, *others) for pk in found[:each]}
    ids |= set([pk for pk in first if pk not in ids][: MOST_ASKED - len(ids)])
    return list(Customer.objects.filter(pk__in=ids).exclude(phone="").order_by("pk"))


def _after(audience: Audience, pk: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(audience.sql, audience.values(after=pk, limit=MOST_ASKED))
        return [found for (found,) in cursor.fetchall()]


@dataclass
class _Making:
    """Makes texts for so many seconds altogether."""

    process: Renderer
    seconds_left: float

    def make(self, job: Job) -> Rendered | CannotRender:
        """Render one; raises TakesTooLong."""
        if self.seconds_left <= 0:
            raise TakesTooLong
        began = time.monotonic()
        made = self.process.render_all([job])[0]
        self.seconds_left -= time.monotonic() - began
        if isinstance(made, CannotRender) and made.reason in _HEAVY:
            raise TakesTooLong
        return made


def _parts(
    variant: CampaignVariant, asked: Sequence[Customer], making: _Making, *, account: Account, store: Store, now: datetime
) -> list[int]:
    """Return how many parts the message of each takes; without those it cannot be made for. Raises TakesTooLong."""
    wording, kind = wording_of(variant)
    try:
        text = compile_wording(wording, kind).text
    except TemplateFault:
        return []
    parts = {"subject": "", "html": "", "text": text}
    messages = [_message(one, variant, text, store=store, now=now) for one in asked]
    known = contexts(messages, store=store, sources=[text])
    coupon = {"coupon": example_context(store)["coupon"]}  # no code is drawn to be counted
    seen: list[dict[str, Any]] = [known[message.pk] | coupon for message in messages]
    made = [making.make(Job(f"{store.pk}.cost.{hash(text)}", parts, context)) for context in seen]
    said = [
        text_of(message, one, context, account)
        for message, one, context in zip(messages, made, seen, strict=True)
        if not isinstance(one, CannotRender)
    ]
    return [count_segments(one[0]).segments for one in said if not isinstance(one, CannotRender)]


def _message(customer: Customer, variant: CampaignVariant, text: str, *, store: Store, now: datetime) -> Message:
    """Return a message that is never saved, with an id as long as a real one's."""
    made = Message(pk=1_000_000_000 + customer.pk, customer=customer, channel="sms", planned_at=now, store_id=store.pk)
    made.source_kind, made.source_id = "campaign", variant.campaign_id or 0
    made.template_version = TemplateVersion(store_id=store.pk, kind="text", source=text, text=text)
    return made
