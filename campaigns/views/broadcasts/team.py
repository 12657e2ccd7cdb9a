"""Whom of the team a test may go to on each channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import TestNumber
from campaigns.sending.browsers import browsers_at
from campaigns.sending.connecting import in_use
from campaigns.views.broadcasts.proving import number_asked
from retention.stores.models import Membership


@dataclass(frozen=True)
class Mate:
    """One of the team. address: names them in the form; to: where a test goes, nothing where it cannot; asked: a number not proven yet."""

    address: str
    name: str
    me: bool
    to: str
    asked: str = ""

    @property
    def shown(self) -> str:
        """Where a test goes, as the others may read it: of a number that is not one's own only how it begins and ends."""
        return masked(self.to) if self.to.startswith("+") and not self.me else self.to


def masked(phone: str) -> str:
    """Return a number of which only the beginning and the end can be read."""
    return f"{phone[:3]}…{phone[-2:]}"


def team_of(request: Any, *, channel: str, now: datetime) -> list[Mate]:
    """Return the store's team, whoever asks first, and where a test on this channel would go for each."""
    people = [one.user for one in Membership.objects.select_related("user").order_by("pk")]
    places = {one.pk: one.email for one in people}
    if channel == "sms":
        places = dict(TestNumber.objects.filter(user__in=people).values_list("user_id", "phone"))
    elif channel == "push" and in_use("push") is not None:
        places = {one.pk: one.email for one in people if browsers_at(one.email, now=now)}
    asked = {request.user.pk: number_asked(request, now=now)} if channel == "sms" else {}
    mates = [Mate(one.email, str(one), one.pk == request.user.pk, places.get(one.pk, ""), asked.get(one.pk, "")) for one in people]
    return sorted(mates, key=lambda mate: (not mate.me, mate.name))
