"""Two customers become one: per topic and channel the later word counts, and at the same moment the "no"."""

from collections.abc import Sequence

from retention.customers.personal_data import Pair
from retention.signup.models import Preference


def move_preferences(pairs: Sequence[Pair]) -> None:
    """Give the losers' choices to the survivors."""
    survivors = {pair.loser: pair.survivor for pair in pairs}
    everyone = [*survivors, *survivors.values()]
    best: dict[tuple[int, int, str], Preference] = {}
    for row in Preference.objects.select_for_update().filter(customer_id__in=everyone).order_by("pk"):
        key = (survivors.get(row.customer_id, row.customer_id), row.topic_id, row.channel)
        if key not in best or (row.changed_at, not row.wanted) > (best[key].changed_at, not best[key].wanted):
            best[key] = row
    Preference.objects.filter(customer_id__in=everyone).delete()
    Preference.objects.bulk_create(
        [
            Preference(customer_id=customer_id, topic_id=topic_id, channel=channel, wanted=row.wanted, changed_at=row.changed_at)
            for (customer_id, topic_id, channel), row in best.items()
        ]
    )
