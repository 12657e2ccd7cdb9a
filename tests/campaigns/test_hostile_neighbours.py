"""A template that never ends beside other shops that send: what it costs is counted in messages and slices, not in seconds."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from campaigns.models import Message
from campaigns.sending.dispatch import dispatch_slice
from campaigns.sending.rendering import MOST_KILLS, forget_kills
from retention.kit import clock
from retention.tenancy.context import store_context
from tests.campaigns.crowd import make_ready, make_version
from tests.factories import make_store

pytestmark = pytest.mark.django_db
_LONG = "1," * 20_000
NEVER_ENDS = f"{{% for a in (1..9990) %}}{{{{ '{_LONG}' | split: ',' | join: 'x' | size }}}}{{% endfor %}}"
GROWS = "{% assign x = 'a' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% endfor %}{{ x | size }}"
HOSTILE, GOOD = 12, 40


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget which templates ended processes."""
    forget_kills()
    yield
    forget_kills()


def states(store: Any) -> Counter[tuple[str, str]]:
    """Return how a shop's messages stand, with the reasons."""
    with store_context(store.pk):
        return Counter(Message.objects.values_list("state", "reason"))


def slices_until_sent(store: Any, *, beside: Any | None = None) -> int:
    """Send in turns with another shop until nothing of this one is ready; return how many slices of its own that took."""
    for number in range(1, 20):
        for one in (beside, store):
            if one is not None:
                with store_context(one.pk):
                    dispatch_slice(one, channel="email", clock=clock.now)
        if not any(state == "ready" for state, _reason in states(store)):
            return number
    raise AssertionError("It never ended.")


@pytest.mark.parametrize(
    ("source", "ends"),
    [
        pytest.param(
            NEVER_ENDS,
            {("failed", "template_too_slow"): MOST_KILLS, ("quarantined", "template_set_aside"): HOSTILE - MOST_KILLS},
            id="never ends",
        ),
        pytest.param(GROWS, {("failed", "template_too_big"): HOSTILE}, id="grows"),
    ],
)
def test_others_send_as_many_in_as_many_slices_and_the_hostile_one_is_set_aside(sink: Any, source: str, ends: Any) -> None:
    alone, beside, hostile = (make_store(name) for name in ("Alone", "Beside", "Hostile"))
    for one in (alone, beside):
        with store_context(one.pk):
            make_ready(GOOD, now=clock.now())
    with store_context(hostile.pk):
        make_ready(HOSTILE, now=clock.now(), version=make_version(html=source))
        make_ready(GOOD, now=clock.now())
    undisturbed = slices_until_sent(alone)
    assert slices_until_sent(beside, beside=hostile) == undisturbed
    assert states(beside) == states(alone) == {("sent", ""): GOOD}
    slices_until_sent(hostile)
    assert states(hostile) == {("sent", ""): GOOD, **ends}, "its own other mails leave too"
    assert len(sink.accepted) == 3 * GOOD
