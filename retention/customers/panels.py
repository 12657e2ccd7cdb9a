"""What upper rooms show about customers: facts in the list, panels on the page of one, words for events.

Three registers that know none of them. An app adds its own in `AppConfig.ready()`; each is asked once per page, inside the store's context.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise

from retention.customers.models import Customer, CustomerEvent
from retention.kit.register import Register

Text = str | Promise


@dataclass(frozen=True)
class Fact:
    """A column of the customers list: texts for the customers of one page, by id."""

    label: Text
    texts: Callable[[HttpRequest, Sequence[int]], Mapping[int, str]]
    css: str = ""
    order: int = 100


@dataclass(frozen=True)
class Panel:
    """A card on the page of one customer; `context` returns what its template needs, or None to show nothing.

    What it returns as "lead" is a sentence for the head of the page: what is different now.
    """

    title: Text
    template: str
    context: Callable[[HttpRequest, Customer, datetime], Mapping[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class Words:
    """How an event reads on the timeline. tone: good, warn, bad or nothing."""

    icon: str
    title: str
    text: str = ""
    tone: str = ""


Teller = Callable[[CustomerEvent], Words]

facts: Register[Fact] = Register("fact about customers")
panels: Register[Panel] = Register("panel of the customer page")
tellers: dict[str, Teller] = {}
abouts: dict[str, set[str]] = {"orders": set(), "messages": set()}


def tell_as(*names: str, teller: Teller, about: str = "") -> None:
    """Say how events with these names read; two tellers for one name are an error of the program.

    about: where the timeline's filter finds them: orders (baskets too), messages, or nothing.
    """
    for name in names:
        if name in tellers:
            raise ValueError(f"{name!r} has a teller already.")
        tellers[name] = teller
    if about:
        abouts[about].update(names)
