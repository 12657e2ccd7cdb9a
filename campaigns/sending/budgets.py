"""The contact budget of the active store: how often people may be written to, over all channels and by single ones."""

from collections.abc import Mapping
from datetime import datetime

from campaigns.models import ContactCap
from campaigns.sending.eligibility import Budget, Caps
from retention.tenancy.context import require_store_id
from retention.tenancy.prepared import Prepared

_BUDGET = Prepared("contact_budget", "SELECT channel, per_day, per_week FROM campaigns_contactcap WHERE store_id = $1", "bigint")


def budget_of_store() -> Budget:
    """Return the active store's budget, the usual one where it chose none. The sender asks once a slice."""
    caps = {channel: Caps(per_day, per_week) for channel, per_day, per_week in _BUDGET.rows([require_store_id()])}
    together = caps.pop("", Caps())
    return Budget(together, caps)


def keep_budget(together: Caps, channels: Mapping[str, Caps], *, now: datetime) -> bool:
    """Keep the budget of the active store in the caller's transaction; say whether it is another one than before.

    channels: those with a cap of their own. It counts from each sender's next slice on.
    """
    if Budget(together, dict(channels)) == budget_of_store():
        return False
    wanted = {"": together, **channels}
    ContactCap.objects.exclude(channel__in=wanted).delete()
    for channel, caps in wanted.items():
        ContactCap.objects.update_or_create(
            store_id=require_store_id(),
            channel=channel,
            defaults={"per_day": caps.per_day, "per_week": caps.per_week, "changed_at": now},
        )
    return True
