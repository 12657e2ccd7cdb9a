"""What a rule makes of a product, as a table: no database."""

from datetime import UTC, datetime, timedelta

import pytest

from campaigns.truth.deciding import Do, Item, Offer, Rule, decide, merged, verdict
from campaigns.truth.using import uses_of

THEN = datetime(2026, 3, 1, tzinfo=UTC)
LATER = THEN + timedelta(days=1)
ITEM = Item(("grinder", ""), "Grinder", 4900, "EUR", THEN)
STRICT = Rule(Do.BLOCK, Do.BLOCK)


@pytest.mark.parametrize(
    ("offer", "rule", "expected"),
    [
        (None, STRICT, (Do.KEEP, "")),
        (Offer(price_minor=4900, currency="EUR", price_since=LATER), STRICT, (Do.KEEP, "")),
        (Offer(sold_out=True), STRICT, (Do.BLOCK, "sold_out")),
        (Offer(sold_out=True), Rule(), (Do.LEAVE_OUT, "sold_out")),
        (Offer(gone=True), Rule(sold_out=Do.SWAP), (Do.SWAP, "product_gone")),
        (Offer(price_minor=5900, currency="EUR", price_since=LATER), Rule(), (Do.SHOW, "price_changed")),
        (Offer(price_minor=5900, currency="EUR", price_since=LATER), STRICT, (Do.BLOCK, "price_changed")),
        (Offer(price_minor=3900, currency="EUR", price_since=LATER), STRICT, (Do.SHOW, "price_changed")),
        (Offer(price_minor=5900, currency="EUR", price_since=THEN - timedelta(days=9)), STRICT, (Do.KEEP, "")),
        (Offer(price_minor=5900, currency="USD", price_since=LATER), STRICT, (Do.KEEP, "")),
    ],
)
def test_one_product(offer: Offer | None, rule: Rule, expected: tuple[Do, str]) -> None:
    assert decide(ITEM, offer, rule) == expected


@pytest.mark.parametrize(
    ("decisions", "kept", "place", "fallback", "why"),
    [
        ([(Do.KEEP, "")], 1, False, "", ""),
        ([(Do.LEAVE_OUT, "sold_out"), (Do.KEEP, "")], 1, False, "", ""),
        ([(Do.LEAVE_OUT, "sold_out")], 0, False, "", "sold_out"),
        ([(Do.BLOCK, "price_changed"), (Do.KEEP, "")], 1, True, "Sorry", "price_changed"),
        ([(Do.FALLBACK, "sold_out")], 0, True, "Sorry", ""),
        ([(Do.FALLBACK, "sold_out")], 0, False, "Sorry", "sold_out"),
        ([(Do.FALLBACK, "sold_out")], 0, True, "", "sold_out"),
    ],
)
def test_whole_message(decisions: list[tuple[Do, str]], kept: int, place: bool, fallback: str, why: str) -> None:
    assert verdict(decisions, kept=kept, says_other_words=place, rule=Rule(fallback=fallback)) == why


def test_nearest_rule_answers_first() -> None:
    step, template = {"sold_out": "block", "dearer": "", "fallback": ""}, {"sold_out": "swap", "dearer": "leave_out", "fallback": "Sorry"}
    assert merged(step, template) == Rule(Do.BLOCK, Do.LEAVE_OUT, "Sorry")
    assert merged() == Rule(Do.LEAVE_OUT, Do.SHOW, "")


def test_what_a_template_shows_is_read_from_its_liquid_only() -> None:
    assert uses_of(["<p>coupon.code and cart.lines</p>"]) == frozenset()
    assert uses_of(["{% for line in cart.lines %}{{ line.name }}{% endfor %}", "{{coupon.code}} {{ fallback }}"]) == {
        "lines",
        "coupon",
        "fallback",
    }
    assert uses_of(["{{ event.product_id }} {{ event.price_minor | money: 'EUR' }}"]) == {"event", "price"}
