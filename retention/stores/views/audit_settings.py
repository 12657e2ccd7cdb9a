"""The audit log: who did what when, filtered by person and kind, and whether the chain is complete."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from retention.dashboard.access import needs
from retention.dashboard.paging import read_page
from retention.stores import audit_words
from retention.stores.models import AuditEntry, Membership, User
from retention.stores.verifying import recent_verdict
from retention.stores.views.settings_tabs import settings_page

_SIZE = 25
_TOLD_BY_THE_ACTION = frozenset({"store"})


@needs("audit.view")
@require_GET
def audit_settings(request: Any) -> HttpResponse:
    """Show a page of the log."""
    people = {member.user_id: str(member.user) for member in Membership.objects.select_related("user").order_by("user__name", "pk")}
    kinds = audit_words.groups()
    person, kind = request.GET.get("person", ""), request.GET.get("kind", "")
    entries = AuditEntry.objects.all()
    chosen = next((number for number in people if str(number) == person), None)
    if chosen is not None:
        entries = entries.filter(actor_id=chosen, actor_kind="user")
    if kind in dict(kinds):
        entries = entries.filter(action__startswith=f"{kind}.")
    page = read_page(entries, order=("-number",), cursor=request.GET.get("cursor", ""), size=_SIZE, total=entries.count())
    names = people | _names_of([entry.actor_id for entry in page.rows if entry.actor_kind == "user" and entry.actor_id not in people])
    return settings_page(
        request,
        "stores/settings_audit.html",
        current="settings:audit",
        page=page,
        rows=[_row(entry, names) for entry in page.rows],
        verdict=recent_verdict(request.store.pk),
        people=[(str(number), name) for number, name in people.items()],
        kinds=kinds,
        person=person,
        kind=kind,
        filtered=bool(person or kind),
    )


def _row(entry: AuditEntry, names: dict[int, str]) -> dict[str, Any]:
    return {
        "entry": entry,
        "what": audit_words.words_of(entry.action),
        "who": names.get(entry.actor_id or 0, ""),
        "details": _details(entry),
    }


def _details(entry: AuditEntry) -> str:
    parts = [f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in entry.details.items()]
    told = entry.target and entry.target.partition(":")[0] not in _TOLD_BY_THE_ACTION
    return "; ".join([entry.target, *parts] if told else parts)


def _names_of(numbers: list[int | None]) -> dict[int, str]:
    """Return the names of people who no longer work here."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=[number for number in numbers if number])}
