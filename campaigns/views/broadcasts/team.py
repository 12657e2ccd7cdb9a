"""Whom of the team a test may go to on each channel, and the number of one's own that a test SMS goes to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import TestNumber
from campaigns.sending.browsers import browsers_at
from campaigns.sending.connecting import in_use
from retention.customers.phones import read_phone
from retention.stores.models import Membership


@dataclass(frozen=True)
class Mate:
    """One of the team. address: names them in the form; to: where a test goes, nothing where it cannot."""

    address: str
    name: str
    me: bool
    to: str


def team_of(request: Any, *, channel: str, now: datetime) -> list[Mate]:
    """Return the store's team, whoever asks first, and where a test on this channel would go for each."""
    people = [one.user for one in Membership.objects.select_related("user").order_by("pk")]
    places = {one.pk: one.email for one in people}
    if channel == "sms":
        places = dict(TestNumber.objects.filter(user__in=people).values_list("user_id", "phone"))
    elif channel == "push" and in_use("push") is not None:
        places = {one.pk: one.email for one in people if browsers_at(one.email, now=now)}
    mates = [Mate(one.email, str(one), one.pk == request.user.pk, places.get(one.pk, "")) for one in people]
    return sorted(mates, key=lambda mate: (not mate.me, mate.name))


def keep_number(request: Any, typed: str, *, now: datetime) -> bool:
    """Keep the number somebody typed as their own; nothing typed leaves it. False for what is no number."""
    phone = read_phone(typed, country=request.store.country)
    if typed.strip() and not phone:
        return False
    if phone:
        TestNumber.objects.update_or_create(user_id=request.user.pk, defaults={"phone": phone, "changed_at": now})
    return True
