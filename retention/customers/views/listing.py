"""The list of customers: who, where, may we write; views, filters, columns and order all stand in the address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from retention.customers.columns import COLUMNS, Seen, chosen_columns, rows_of
from retention.customers.filtering import SORTS, VIEWS, Asking, Filter, narrow, of_view, used_filters
from retention.customers.forms.filters import FilterForm
from retention.customers.models import Customer, SavedView
from retention.customers.models.customer import CustomerQuerySet
from retention.customers.panels import facts
from retention.customers.totals import MOST, MOST_NARROWED, Counted, Totals, count_totals, count_up_to, store_totals
from retention.dashboard.access import may, needs
from retention.dashboard.paging import read_page
from retention.kit import clock

PAGE_SIZE = 25
SENTENCES = 5  # an empty list tries so many filters for the sentence "Without it, it would be N"


@dataclass
class Asked:
    """What one address asks for, read once."""

    request: HttpRequest
    form: FilterForm
    asking: Asking

    @classmethod
    def of(cls, request: Any) -> "Asked":
        """Read a request."""
        currency = request.store.currency
        return cls(request, FilterForm(request.GET, currency=currency), Asking(clock.now(), currency))

    @cached_property
    def saved(self) -> list[SavedView]:
        """Return the saved views this person sees."""
        return list(SavedView.objects.seen_by(self.request.user.pk).select_related("owner"))

    @cached_property
    def view(self) -> SavedView | None:
        """Return the open saved view, or None in a built-in one."""
        try:
            wanted = UUID(self.request.GET.get("view", ""))
        except ValueError:
            return None
        return next((one for one in self.saved if one.public_id == wanted), None)

    @property
    def base(self) -> str:
        """Return the built-in view below everything."""
        base = self.view.base if self.view else self.request.GET.get("view", "")
        return base if base in VIEWS else "known"

    @property
    def sort(self) -> str:
        """Return the order of the list."""
        return sort if (sort := self.request.GET.get("sort", "")) in SORTS else "newest"

    @property
    def columns(self) -> list[str]:
        """Return the keys of the columns to show."""
        return chosen_columns(self.request.GET.getlist("col"))

    @property
    def search(self) -> str:
        """Return the words searched for."""
        return self.request.GET.get("q", "").strip()

    @property
    def is_narrowed(self) -> bool:
        """Say whether somebody searches or filters, so that no index holds exactly the people of the list."""
        return bool(self.search or used_filters(self.form.chosen()))

    def people(self, *, without: Filter | None = None) -> CustomerQuerySet:
        """Return the people of the view who fit the search and the filters."""
        everybody: Any = Customer.objects.all()
        rows = of_view(everybody, self.base, now=self.asking.now)
        if self.search:
            rows = rows.found_by(self.search)
        if self.sort == "name":
            rows = rows.filter(name_key__gt="")  # a range, so that the index begins behind those without a name
        return narrow(rows, self.form.chosen(), asking=self.asking, without=without)

    def address(self, *, drop: Sequence[str] = (), **changed: str) -> str:
        """Return this address with some words changed or left out, from its first page."""
        query = self.request.GET.copy()
        for name in ("cursor", *drop, *changed):
            query.pop(name, None)
        for name, value in changed.items():
            query[name] = value
        return f"?{query.urlencode()}"


@needs("customers.view")
@require_GET
def customer_list(request: HttpRequest) -> HttpResponse:
    """Show the store's customers.

    view: a built-in view or the id of a saved one; q: searched words; sort, col, and the filters' own words (`forms/filters.py`).
    """
    asked = Asked.of(request)
    people = asked.people()
    counted = count_up_to(people, most=MOST_NARROWED if asked.is_narrowed else MOST)
    page = read_page(
        _to_sort(people, asked, counted).prefetch_related("consents"),
        order=SORTS[asked.sort],
        cursor=request.GET.get("cursor", ""),
        size=PAGE_SIZE,
        total=counted.number,
        by_hand=_few_by_index(asked, counted),
    )
    rows = rows_of(request, page.rows, columns=asked.columns, seen=Seen(asked.asking.now, asked.asking.currency))
    context: dict[str, Any] = {
        "page": replace(page, rows=rows, more=counted.more),
        "heads": _heads(asked),
        "empty": _empty(asked, counted),
        **_bar(asked),
        **_people_words(request, asked),
    }
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "customers":
        return render(request, "customers/_list.html", context)
    return render(request, "customers/list.html", context | _frame(asked, store_totals(now=asked.asking.now)))


@needs("customers.view")
@require_GET
def customer_totals(request: HttpRequest) -> HttpResponse:
    """Answer the sentence above the list and the figures of its tabs, counted where nobody did in the last ten minutes."""
    asked = Asked.of(request)
    return render(request, "customers/_totals.html", _frame(asked, count_totals(now=asked.asking.now)))


def _to_sort(people: CustomerQuerySet, asked: Asked, counted: Counted) -> CustomerQuerySet:
    """Return the people of the list in a form that is sorted cheaply.

    Where filters leave few, those few are found first and then sorted. The database would rather read everybody in the list's order
    until enough fit, and the few may all stand at its end.
    """
    if not counted.number:
        return people.none()
    if counted.more or not asked.is_narrowed:
        return people
    everybody: Any = Customer.objects.all()
    few: CustomerQuerySet = everybody.filter(pk__in=people.order_by().values("pk")[:MOST])
    return few


def _few_by_index(asked: Asked, counted: Counted) -> bool:
    """Say whether an index finds exactly the people of the list, not too many to sort: those who have been silent for long."""
    return asked.base == "silent" and not asked.is_narrowed and not counted.more


def _people_words(request: Any, asked: Asked) -> dict[str, Any]:
    return {
        "may_edit": may(request, "customers.edit"),
        "may_export": may(request, "customers.export"),
        "may_import": may(request, "customers.import"),
        "is_default": not asked.is_narrowed and asked.base == "known",
        "nameless": asked.sort == "name",
    }


def _bar(asked: Asked) -> dict[str, Any]:
    """Return what the filter bar shows: the words, the chips, the form and the columns to choose from."""
    chosen = asked.form.chosen()
    chips = []
    for one in used_filters(chosen):
        before, strong = one.say(chosen, asked.asking)
        chips.append({"before": before, "strong": strong, "remove_url": asked.address(drop=one.names)})
    kept = {"view": str(asked.view.public_id) if asked.view else asked.base, "sort": asked.request.GET.get("sort", "")}
    return {
        "search": asked.search,
        "chips": chips,
        "form": asked.form,
        "kept": [(name, value) for name, value in kept.items() if value],
        "filter_words": list(asked.form.words().items()),
        "may_segment": bool(chips) and not asked.search and may(asked.request, "segments.edit"),
        "segment_query": asked.address(view=asked.base, drop=("q", "col", "sort")),
        "columns": [{"key": key, "label": column.label, "shown": key in asked.columns} for key, column in COLUMNS.items()],
        "shown_columns": asked.request.GET.getlist("col"),
    }


def _heads(asked: Asked) -> list[dict[str, Any]]:
    """Return the heads of the table; those one can sort by carry the address that does."""
    heads = [
        _head(asked, _("Customer"), "", "name"),
        *(_head(asked, COLUMNS[key].label, COLUMNS[key].css, COLUMNS[key].sort) for key in asked.columns),
    ]
    return heads + [{"label": fact.label, "css": fact.css} for fact in sorted(facts, key=lambda fact: fact.order)]


def _head(asked: Asked, label: Any, css: str, sort: str) -> dict[str, Any]:
    head = {"label": label, "css": "n" if css.startswith("n ") else ""}
    if sort:
        head["url"] = asked.address(sort=sort)
        if asked.sort == sort:
            head["sort"] = "ascending" if sort == "name" else "descending"
    return head


def _empty(asked: Asked, counted: Counted) -> dict[str, Any]:
    """Return which filter keeps the list empty, and how many there would be without it."""
    chosen = asked.form.chosen()
    if counted.number or not chosen:
        return {}
    for one in used_filters(chosen)[:SENTENCES]:
        without = count_up_to(asked.people(without=one), most=MOST_NARROWED)
        if without.number:
            before, strong = one.say(chosen, asked.asking)
            return {"words": f"{before} {strong}", "without": without, "url": asked.address(drop=one.names)}
    return {}


def _frame(asked: Asked, totals: Totals | None) -> dict[str, Any]:
    """Return what stands around the table: the sentence and the tabs."""
    built_in = [
        {
            "label": label,
            "url": f"?view={key}",
            "current": asked.view is None and asked.base == key,
            "count": totals.views.get(key) if totals else None,
        }
        for key, label in VIEWS.items()
    ]
    kept = [{"label": one.name, "url": address_of(one), "current": one is asked.view, "count": None} for one in asked.saved]
    here = asked.view
    return {
        "totals": totals,
        "tabs": built_in + kept,
        "saved": here,
        "may_change_view": here is not None and here.owner_id == asked.request.user.pk,
        "view_base": asked.base,
        "view_sort": asked.request.GET.get("sort", ""),
        "query": asked.request.GET.urlencode(),
    }


def address_of(view: SavedView) -> str:
    """Return the address a saved view opens: all its words, so that every change starts from them."""
    query = QueryDict(mutable=True)
    query["view"] = str(view.public_id)
    query.update({name: value for name, value in view.filters.items() if isinstance(value, str)})
    if view.sort:
        query["sort"] = view.sort
    query.setlist("col", view.columns)
    return f"?{query.urlencode()}"
