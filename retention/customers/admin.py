"""Customers and what belongs to them, for staff: read-only, found by the store's short name and an exact value.

What a person did is shown as name and moment; its contents are not.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from retention.customers.models import (
    FOLDED_COPIES,
    Attribute,
    AttributeValue,
    Consent,
    ConsentRecord,
    Customer,
    CustomerEvent,
    CustomerMerge,
    Erasure,
    EventName,
    Export,
    ExportChunk,
    Identity,
    Import,
    ImportChunk,
    ImportFault,
    ImportRow,
    Pending,
    SavedView,
    Suppression,
)
from retention.tenancy.staff import Looking, look_at

look_at(
    Customer,
    columns=("public_id", "store", "email", "country", "created_at", "last_seen_at"),
    hidden=("attributes", "interests", "birth_year", "birth_md", "gender", "email_key", "learnt_at", *FOLDED_COPIES),
    search=("=store__slug", "=email_key", "=public_id"),
)
look_at(Identity, columns=("customer", "store", "kind", "created_at"), hidden=("value",), search=("=store__slug",), filters=("kind",))
look_at(
    Consent,
    columns=("customer", "store", "channel", "status", "method", "changed_at"),
    search=("=store__slug",),
    filters=("channel", "status"),
)
look_at(
    Suppression,
    columns=("created_at", "store", "channel", "reason", "address_digest"),
    search=("=store__slug", "=address_digest"),
    filters=("channel", "reason"),
)
look_at(
    ConsentRecord,
    columns=("customer", "store", "channel", "status", "method", "text_version", "said_at"),
    hidden=("ip", "user_agent", "proof"),
    search=("=store__slug",),
    filters=("channel", "status"),
)
look_at(
    CustomerMerge,
    columns=("survivor", "store", "rule", "merged_at"),
    hidden=("before", "loser_name"),
    search=("=store__slug",),
    filters=("rule",),
)
look_at(Attribute, columns=("key", "store", "kind", "created_at"), search=("=store__slug",), filters=("kind",))
look_at(
    AttributeValue,
    columns=("attribute", "store"),
    hidden=("text_value", "folded_value", "number_value", "date_value"),
    search=("=store__slug",),
)
look_at(EventName, columns=("name", "store", "first_seen_at"), search=("=store__slug",))
look_at(SavedView, columns=("name", "store", "owner", "shared", "created_at"), hidden=("filters",), search=("=store__slug",))
look_at(Pending, columns=("reader", "store", "customer"), search=("=store__slug",), filters=("reader",))

look_at(
    Import,
    columns=("created_at", "store", "kind", "state", "rows_count", "new_count", "changed_count", "refused_count"),
    hidden=("file_name", "headings", "mapping", "options", "totals"),
    search=("=store__slug", "=public_id"),
    filters=("kind", "state"),
)
look_at(ImportChunk, columns=("of_import", "store", "number"), hidden=("data",), search=("=store__slug",))
look_at(ExportChunk, columns=("of_export", "store", "number"), hidden=("data",), search=("=store__slug",))
look_at(
    ImportRow,
    columns=("of_import", "store", "row", "outcome"),
    hidden=("key", "values", "lines", "says", "changes"),
    search=("=store__slug",),
)
look_at(ImportFault, columns=("of_import", "store", "row", "why"), hidden=("value",), search=("=store__slug",))
look_at(Export, columns=("created_at", "store", "kind", "state", "rows_count"), search=("=store__slug", "=public_id"), filters=("state",))
look_at(Erasure, columns=("erased_at", "store", "customer_public_id"), hidden=("digests",), search=("=store__slug", "=customer_public_id"))


class Refused(admin.SimpleListFilter):
    """Events that were stored but could not be applied, and events that wait."""

    title = _("outcome")
    parameter_name = "refused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two choices."""
        return [("yes", _("Refused")), ("waiting", _("Waiting"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the events of the choice."""
        if self.value() == "yes":
            return queryset.exclude(refusal="")
        return queryset.filter(projected_at=None, refusal="") if self.value() == "waiting" else queryset


@admin.register(CustomerEvent)
class LookingAtEvents(Looking):
    """Events: name, moment and outcome."""

    list_display = ("received_at", "store", "name", "kind", "trusted", "projected_at", "refusal")
    hidden = ("properties", "context", "anonymous_id", "external_id")
    search_fields = ("=store__slug", "=public_id")
    list_filter = (Refused, "kind", "source", "trusted", "backfill")
    ordering = ("-pk",)
