"""A journey's figures of messages that are about to leave, added up so that its page says the same afterwards."""

from collections import Counter

from django.db.models import Count, Sum

from campaigns.models import Attribution, JourneyTally, Message
from retention.kit.locks import transaction_lock
from retention.tenancy.context import require_store_id


def add_up(journey_id: int, message_ids: list[int]) -> None:
    """Add messages of a journey that are about to leave to its sums, in the caller's transaction."""
    transaction_lock(f"journey-tally:{journey_id}", store_id=require_store_id())
    tally, rows = JourneyTally.of(journey_id), Message.objects.filter(pk__in=message_ids)
    for state, count in rows.values_list("state").annotate(Count("id")):
        tally.states[state] = tally.states.get(state, 0) + count
    for step, count in rows.filter(state="sent").values_list("step").annotate(Count("id")):
        tally.steps[step] = tally.steps.get(step, 0) + count
    reasons = Counter({(state, reason, channel): count for state, reason, channel, count in tally.reasons})
    told = rows.exclude(state="sent").exclude(reason="").values_list("state", "reason", "channel").annotate(Count("id"))
    for state, reason, channel, count in told:
        reasons[state, reason, channel] += count
    tally.reasons = sorted([*key, count] for key, count in reasons.items())
    credits = Attribution.objects.filter(message_id__in=message_ids).values_list("currency").annotate(Count("id"), Sum("total_minor"))
    for currency, orders, total in credits:
        before = tally.credits.get(currency, [0, 0])
        tally.credits[currency] = [before[0] + orders, before[1] + total]
    tally.save()
