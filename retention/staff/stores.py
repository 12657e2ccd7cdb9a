"""Stores and their keys, where staff act: how each store is, a visit with a reason, a key that must go."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from retention.customers.models import CustomerEvent
from retention.kit.clock import now
from retention.staff.deeds import Deed, carry_out
from retention.staff.figures import waiting_words
from retention.stores import impersonation
from retention.stores.models import ApiKey, Store, StoreWork
from retention.tenancy.context import store_context
from retention.tenancy.staff import Looking


def _visit(request: HttpRequest, store: Store, reason: str) -> str:
    with store_context(store.pk):  # the session is the web's own to write, not the role platform's
        impersonation.begin(request, store, reason=reason)
    return reverse("home", kwargs={"store_slug": store.slug})


def _revoke(request: HttpRequest, key: ApiKey, reason: str) -> None:
    if key.revoked_at is None:
        key.revoke(now=now())


def _nowhere(row: Model) -> list[int]:
    """Return no store: the deed writes its own entry."""
    return []


VISIT = Deed(
    title=_("Look into this store"),
    consequence=_(
        "You see the store as its marketers do, for at most 30 minutes. The owners get a mail with your name and the reason, "
        "and a line stands on every page. No exports, no keys, no sending."
    ),
    button=_("Look into it"),
    action="staff.visit",
    do=_visit,
    stores_of=_nowhere,
    done=_("You are in. Sign out or wait 30 minutes to end the visit."),
)
REVOKE = Deed(
    title=_("Revoke this key"),
    consequence=_("Whatever uses this key stops working within five seconds, and nobody can bring it back. The store must make a new one."),
    button=_("Revoke the key"),
    action="key.revoked",
    do=_revoke,
    stores_of=lambda key: [key.store_id],
    done=_("The key is revoked."),
)


@admin.register(Store)
class LookingAtStores(Looking):
    """Stores and how they are: when something last arrived, what waits, whether they are connected."""

    list_display = ("name", "slug", "country", "created_at", "last_event", "oldest_work", "live_keys", "people")
    search_fields = ("name", "=slug", "web_address")
    list_filter = ("country", "currency")
    ordering = ("-pk",)
    actions_detail = ("visit",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read with each store its last event, its oldest due work and its keys."""
        events = CustomerEvent.objects.filter(store=OuterRef("pk")).order_by("-received_at", "-id").values("received_at")[:1]
        work = StoreWork.objects.filter(store=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
        keys = ApiKey.objects.filter(store=OuterRef("pk"), revoked_at=None).order_by().values("store").annotate(n=Count("pk")).values("n")
        stores: QuerySet[Any] = super().get_queryset(request)
        found = stores.annotate(event_at=Subquery(events), work_at=Subquery(work), keys=Subquery(keys))
        complete: QuerySet[Any] = found.annotate(team=Count("memberships", filter=Q(memberships__user__is_active=True)))
        return complete

    @display(description=_("last event"), ordering="event_at")
    def last_event(self, store: Any) -> datetime | str:
        """Return when something last arrived."""
        return store.event_at or gettext("nothing yet")

    @display(description=_("oldest work"), ordering="work_at")
    def oldest_work(self, store: Any) -> str:
        """Return how long its oldest work has waited."""
        return waiting_words(store.work_at, now=now())

    @display(description=_("live keys"), ordering="keys")
    def live_keys(self, store: Any) -> int:
        """Return how many keys open its door."""
        return store.keys or 0

    @display(description=_("people"), ordering="team")
    def people(self, store: Any) -> int:
        """Return how many people work in it."""
        return int(store.team)

    @action(description=_("Look into this store"), url_path="visit", icon="visibility")
    def visit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then open the store."""
        store = get_object_or_404(Store, pk=object_id)
        return carry_out(request, store, VISIT, back=reverse("admin:stores_store_change", args=[store.pk]))


@admin.register(ApiKey)
class LookingAtKeys(Looking):
    """Keys: what they begin with, when they were used, and a way to shut the door."""

    list_display = ("label", "store", "kind", "shown", "created_at", "last_used_at", "misused_at", "revoked_at")
    hidden = ("digest",)
    search_fields = ("=store__slug", "=shown", "label")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter), ("misused_at", admin.EmptyFieldListFilter))
    ordering = ("-pk",)
    actions_detail = ("revoke",)

    @action(description=_("Revoke this key"), url_path="revoke", icon="key_off")
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, then revoke it."""
        key = get_object_or_404(ApiKey.objects.all(), pk=object_id)
        return carry_out(request, key, REVOKE, back=reverse("admin:stores_apikey_change", args=[key.pk]))
