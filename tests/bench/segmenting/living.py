"""Real time: a hundred segments for one customer, loading against evaluating; and a thousand customers at once against one by one."""

import gc
import random
import statistics
import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from retention.customers.models import Customer
from retention.kit.clock import now
from retention.stores.models import Store
from retention.tenancy.context import store_context
from segments.asking import LONG_SECONDS, asking, rows_of
from segments.knowing import at_moment, read
from segments.library import LIBRARY
from segments.loading import load_people
from segments.rules.base import Answer
from segments.rules.compiler import compile_rule
from segments.rules.evaluator import make_evaluator, needs_of
from segments.rules.facts import Needs, together
from segments.rules.sql import piece
from segments.rules.terms import At
from tests.bench.segmenting.turns import Rows, ms, timed

SEGMENTS, AT_ONCE, WARM_UP, ONE_BY_ONE, TURNS = 100, 1_000, 100, 2_000, 5


def a_hundred_segments(store: Store) -> tuple[Rows, dict[str, float], int]:
    """Measure both; return rows, the ratios and how many answers were compared with the rule's SELECT."""
    with store_context(store.pk):
        at = at_moment(now())
        taken, rules = timed(lambda: [read(rule, at.terms) for rule in hundred_rules()])
        answers, needs = [make_evaluator(rule) for rule in rules], together(needs_of(rule, at) for rule in rules)
        compared = _check(rules, answers, needs, at)
        chosen = random.Random(7).sample(list(Customer.objects.order_by("id").values_list("pk", flat=True)), 3 * AT_ONCE)
        single, load, evaluate, batch = _measure(chosen, answers, needs, at)
    p50, p99 = statistics.median(single), _p99(single)
    loading, evaluating, each = statistics.median(load), statistics.median(evaluate), statistics.median(batch) / AT_ONCE
    rows: Rows = [(f"{len(rules)} segments", "customers", "p50 ms", "p99 ms")]
    rows.append(("one customer, all of it", len(single), ms(p50), ms(p99)))
    rows.append(("  loading", len(load), ms(loading), ms(_p99(load))))
    rows.append(("  evaluating", len(evaluate), ms(evaluating), ms(_p99(evaluate))))
    rows.append((f"each of {AT_ONCE} at once", AT_ONCE * len(batch), ms(each), ""))
    rows.append(("reading the rules, once a batch", "", ms(taken), ""))
    ratios = {"evaluate_vs_load": evaluating / loading, "batch_vs_single": each / p50, "one_customer_p99_ms": p99 * 1000}
    return rows, ratios, compared


def _p99(taken: Sequence[float]) -> float:
    """Return the p99 of each turn, the median of them: what else the machine did in one turn stays out of it."""
    part = ONE_BY_ONE // TURNS
    return statistics.median(statistics.quantiles(taken[at : at + part], n=100)[98] for at in range(0, len(taken), part))


def hundred_rules() -> list[dict[str, Any]]:
    """Return the templates of the library, and each of them with other numbers, until there are a hundred."""
    return [_varied(one.rule, by) for by in range(-(-SEGMENTS // len(LIBRARY))) for one in LIBRARY][:SEGMENTS]


def _varied(node: Any, by: int) -> Any:
    if isinstance(node, list):
        return [_varied(one, by) for one in node]
    if not isinstance(node, dict):
        return node
    return {key: value + by if key in {"value", "count", "percent"} and value else _varied(value, by) for key, value in node.items()}


def _measure(chosen: Sequence[int], answers: Sequence[Answer], needs: Needs, at: At) -> tuple[list[float], ...]:
    """Return seconds: of one customer, of loading and of evaluating them, and of a thousand at once, in turns with single ones."""
    single, load, evaluate, batch = list[float](), list[float](), list[float](), list[float]()
    for customer_id in chosen[:WARM_UP]:
        _look([customer_id], answers, needs, at)
    part = ONE_BY_ONE // TURNS
    for turn in range(TURNS):
        gc.collect()
        together_now = chosen[turn % 3 * AT_ONCE : turn % 3 * AT_ONCE + AT_ONCE]
        _look(together_now, answers, needs, at)  # warm, as is asked for below
        batch.append(sum(_look(together_now, answers, needs, at)))
        for customer_id in together_now[:part]:
            _look([customer_id], answers, needs, at)  # this customer is warm, and not only the thousand they stand among
            whole, (loading, evaluating) = timed(lambda one=customer_id: _look([one], answers, needs, at))
            single.append(whole)
            load.append(loading)
            evaluate.append(evaluating)
    return single, load, evaluate, batch


def _look(customer_ids: Sequence[int], answers: Sequence[Answer], needs: Needs, at: At) -> tuple[float, float]:
    """Load customers in a transaction, as the worker does, and ask every segment about each; return the seconds of both."""
    with transaction.atomic():
        loading, people = timed(lambda: load_people(customer_ids, needs))
        begin = time.perf_counter()
        for person in people.values():
            for answer in answers:
                answer(person, at)
    return loading, time.perf_counter() - begin


def _check(rules: Sequence[Any], answers: Sequence[Answer], needs: Needs, at: At) -> int:
    """Compare a thousand customers' answers with who the SELECT of each rule finds; return how many answers that were."""
    ids = list(Customer.objects.order_by("-id").values_list("pk", flat=True)[:AT_ONCE])
    with transaction.atomic():
        people = load_people(ids, needs)
    for rule, answer in zip(rules, answers, strict=True):
        with asking(seconds=LONG_SECONDS):
            found = {row[0] for row in rows_of(compile_rule(rule, at) + piece(" AND customer.id = ANY(%s)", ids))}
        if found != {pk for pk, person in people.items() if answer(person, at)}:
            raise RuntimeError(f"The two readers disagree about {rule}.")
    return len(rules) * len(people)
