"""Two customers turn out to be one person: everything follows the survivor, nothing is lost, and the timeline says so.

Whether two customers are one is decided in `identifying.py`. Every table moves through the
register in `personal_data.py`. Runs in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from retention.customers.announcing import announce_merges
from retention.customers.events import NewEvent, record_many
from retention.customers.models import FOLDED_COPIES, AttributeValue, Consent, Customer, CustomerCounter, CustomerMerge, Pending
from retention.customers.personal_data import Pair, move_rows, personal_tables, run_for_pairs
from retention.kit.money import LARGEST_MINOR
from retention.tenancy.bulk import update_rows
from retention.tenancy.statistics import joining

MERGED = "Customers Merged"
_FILLED = ("email", "phone", "first_name", "last_name", "gender", "language", "zone", "city", "region", "postcode", "country")
_WORKED_OUT = (
    *("email_key", "birth_year", "birth_md", "interests", "attributes", "learnt_at", "created_at"),
    *("last_seen_at", "paused_until", "less_often", "orders_count", "spent_minor", "first_order_at", "last_order_at"),
)

# On one channel the later word counts, and at the same moment the "no".
_CONSENTS = """
    INSERT INTO customers_consent (store_id, customer_id, channel, status, method, source, text_version, changed_at)
    SELECT DISTINCT ON (pair.survivor, channel) store_id, pair.survivor, channel, status, method, source, text_version, changed_at
    FROM customers_consent JOIN pair ON pair.loser = customer_id WHERE store_id = %s
    ORDER BY pair.survivor, channel, changed_at DESC, status = 'refused' DESC
    ON CONFLICT (store_id, customer_id, channel) DO UPDATE SET
        status = excluded.status, method = excluded.method, source = excluded.source, text_version = excluded.text_version,
        changed_at = excluded.changed_at
    WHERE (excluded.changed_at, excluded.status = 'refused') > (customers_consent.changed_at, customers_consent.status = 'refused')
"""
_PENDING = """
    INSERT INTO customers_pending (store_id, customer_id, reader, about)
    SELECT DISTINCT ON (pair.survivor, reader) store_id, pair.survivor, reader, '["*"]'::jsonb
    FROM customers_pending JOIN pair ON pair.loser = customer_id WHERE store_id = %s
    ON CONFLICT (store_id, reader, customer_id) DO UPDATE SET about = excluded.about
"""
_COUNTERS = """
    INSERT INTO customers_customercounter (store_id, customer_id, event_name_id, count, first_at, last_at)
    SELECT store_id, pair.survivor, event_name_id, sum(count), min(first_at), max(last_at)
    FROM customers_customercounter JOIN pair ON pair.loser = customer_id WHERE store_id = %s
    GROUP BY store_id, pair.survivor, event_name_id
    ON CONFLICT (store_id, customer_id, event_name_id) DO UPDATE SET
        count = customers_customercounter.count + excluded.count,
        first_at = least(customers_customercounter.first_at, excluded.first_at),
        last_at = greatest(customers_customercounter.last_at, excluded.last_at)
"""
# What the survivor, or an earlier loser, already has stays.
_ATTRIBUTES = """
    UPDATE customers_attributevalue AS value SET customer_id = pair.survivor FROM pair
    WHERE value.store_id = %s AND value.customer_id = pair.loser
      AND NOT EXISTS (SELECT 1 FROM customers_attributevalue AS kept LEFT JOIN pair AS other ON other.loser = kept.customer_id
          WHERE kept.store_id = value.store_id AND kept.attribute_id = value.attribute_id
            AND (kept.customer_id = pair.survivor OR (other.survivor = pair.survivor AND other.loser < pair.loser)))
"""


def merge(pairs: Sequence[Pair], *, now: datetime, rules: Mapping[int, str]) -> None:
    """Merge each loser into its survivor and remove the loser.

    pairs: of the active store; a survivor may not be a loser of another pair (follow the chain first). Raises ValueError otherwise.
    rules: by loser, which name brought them together (`CustomerMerge.Rule`).
    """
    losers = {pair.loser for pair in pairs}
    if losers & {pair.survivor for pair in pairs}:
        raise ValueError("A survivor is itself merged away; follow the chain to its end first.")
    if not pairs:
        return
    known = Customer.objects.select_for_update().order_by("pk").in_bulk(losers | {pair.survivor for pair in pairs})
    for pair in pairs:
        _fill(known[pair.survivor], known[pair.loser])
    Customer.objects.filter(pk__in=losers).update(email_key=None)
    survivors = [known[survivor] for survivor in {pair.survivor for pair in pairs}]
    update_rows(survivors, [*_FILLED, *_WORKED_OUT, *FOLDED_COPIES])
    CustomerMerge.objects.bulk_create([_explain(known[pair.loser], pair, rule=rules[pair.loser], now=now) for pair in pairs])
    with joining():
        for table in personal_tables:
            move_rows(table, pairs)
    record_many(
        [
            NewEvent(pair.survivor, MERGED, {"merged": str(known[pair.loser].public_id), "name": str(known[pair.loser])}, now)
            for pair in pairs
        ],
        now=now,
    )
    announce_merges([(known[pair.survivor], known[pair.loser]) for pair in pairs], now=now)
    Customer.objects.filter(pk__in=losers).delete()


def _explain(loser: Customer, pair: Pair, *, rule: str, now: datetime) -> CustomerMerge:
    """Return the row that says why and what the loser was before."""
    before = {name: getattr(loser, name) for name in _FILLED if getattr(loser, name)}
    return CustomerMerge(
        survivor_id=pair.survivor,
        loser_public_id=loser.public_id,
        loser_pk=loser.pk,
        loser_name=loser.title[:254],
        rule=rule,
        before=before | {"created_at": loser.created_at.isoformat()},
        merged_at=now,
    )


def _fill(survivor: Customer, loser: Customer) -> None:
    """Give the survivor what only the loser knew, and for what both know keep the later word."""
    for name in _FILLED:
        mine, theirs = survivor.learnt_at.get(name, ""), loser.learnt_at.get(name, "")
        value = getattr(loser, name)
        if value and (not getattr(survivor, name) or (name != "email" and theirs > mine)):
            setattr(survivor, name, value)
            if name == "email":
                survivor.email_key = loser.email_key
    if survivor.birth_md is None:
        survivor.birth_year, survivor.birth_md = loser.birth_year, loser.birth_md
    survivor.interests = list(dict.fromkeys([*survivor.interests, *loser.interests]))
    survivor.fold_texts()
    survivor.attributes = {**loser.attributes, **survivor.attributes}
    survivor.learnt_at = {
        name: max(survivor.learnt_at.get(name, ""), loser.learnt_at.get(name, "")) for name in {*survivor.learnt_at, *loser.learnt_at}
    }
    survivor.created_at = min(survivor.created_at, loser.created_at)
    survivor.paused_until = max(filter(None, (survivor.paused_until, loser.paused_until)), default=None)
    survivor.less_often = survivor.less_often or loser.less_often
    survivor.last_seen_at = max(filter(None, (survivor.last_seen_at, loser.last_seen_at)), default=None)
    survivor.orders_count += loser.orders_count
    survivor.spent_minor = min(survivor.spent_minor + loser.spent_minor, LARGEST_MINOR)
    survivor.first_order_at = min(filter(None, (survivor.first_order_at, loser.first_order_at)), default=None)
    survivor.last_order_at = max(filter(None, (survivor.last_order_at, loser.last_order_at)), default=None)


def move_consents(pairs: Sequence[Pair]) -> None:
    """Join what the two allowed: the later word per channel."""
    run_for_pairs(_CONSENTS, pairs)
    Consent.objects.filter(customer_id__in=[pair.loser for pair in pairs]).delete()


def move_pending(pairs: Sequence[Pair]) -> None:
    """Tell the readers to look at the survivor instead."""
    run_for_pairs(_PENDING, pairs)
    Pending.objects.filter(customer_id__in=[pair.loser for pair in pairs]).delete()


def move_counters(pairs: Sequence[Pair]) -> None:
    """Add up how often the two did what."""
    run_for_pairs(_COUNTERS, pairs)
    CustomerCounter.objects.filter(customer_id__in=[pair.loser for pair in pairs]).delete()


def move_attribute_values(pairs: Sequence[Pair]) -> None:
    """Give the survivor the attributes that only the loser had."""
    run_for_pairs(_ATTRIBUTES, pairs)
    AttributeValue.objects.filter(customer_id__in=[pair.loser for pair in pairs]).delete()
