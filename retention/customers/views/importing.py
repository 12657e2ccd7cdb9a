"""Imports: the list, a new one, its columns, what would change, bringing in, and the report."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from retention.customers.forms.files import MappingForm, UploadForm
from retention.customers.importing import running
from retention.customers.importing.filing import keep, same_before
from retention.customers.importing.formulas import quote_formula
from retention.customers.importing.kinds import Kind, kinds, label_of
from retention.customers.importing.mapping import kind_of, preview, propose, propose_options
from retention.customers.importing.reaching import came_of
from retention.customers.importing.reading import NoTable
from retention.customers.models import Import, ImportFault, ImportRow
from retention.dashboard.access import needs
from retention.dashboard.figures import write_number
from retention.dashboard.paging import read_page
from retention.kit import clock
from retention.stores.auditing import note
from retention.tenancy.context import store_context

SHOWN = 50
BADGES = {
    "uploaded": "draft", "reading": "queued", "comparing": "queued", "ready": "queued", "running": "sending", "paused": "paused",
    "done": "done", "failed": "failed", "cancelled": "ended",
}  # fmt: skip


@needs("customers.import")
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """Show the store's imports, newest first."""
    page = read_page(
        Import.objects.select_related("created_by"), order=("-created_at", "-id"), cursor=request.GET.get("cursor", ""), size=25
    )
    rows = [{"import": one, "kind": kind_of(one), **_state(one)} for one in page.rows]
    columns = [{"label": label} for label in (_("File"), _("State"), _("Came of it"), _("Put in"))]
    return render(request, "customers/imports.html", {"page": replace(page, rows=rows), "columns": columns})


@needs("customers.import")
@require_http_methods(["GET", "POST"])
def import_new(request: Any) -> HttpResponse:
    """Ask for a file, and keep it."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind", "customers")})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            with transaction.atomic():
                made = keep(file.chunks(), kind=form.cleaned_data["kind"], name=file.name, created_by=request.user)
                note(request, "import.put_in", target=f"import:{made.public_id}", details={"kind": made.kind})
        except NoTable as error:
            form.add_error("file", str(error))
        else:
            return redirect("customers:import", request.store.slug, made.public_id)
    context = {"form": form, "kinds": kinds}
    return render(request, "customers/import_new.html", context, status=422 if form.errors else 200)


@needs("customers.import")
@require_GET
def import_detail(request: Any, public_id: str) -> HttpResponse:
    """Show one import as it stands; the page asks again every two seconds while a worker is at it."""
    of = get_object_or_404(Import, public_id=public_id)
    form = _form(of, request) if _asks_for_columns(of, request) else None
    return _page(request, of, form)


@needs("customers.import")
@require_POST
def import_map(request: Any, public_id: str) -> HttpResponse:
    """Take the columns and begin to read and compare."""
    of = get_object_or_404(Import, public_id=public_id)
    form = _form(of, request, data=request.POST)
    if not form.is_valid():
        return _page(request, of, form, status=422)
    return _turn(request, of, lambda now: running.begin_reading(of, mapping=form.mapping(), options=form.options(), now=now))


@needs("customers.import")
@require_POST
def import_run(request: Any, public_id: str) -> HttpResponse:
    """Bring in what was compared."""
    of = get_object_or_404(Import, public_id=public_id)

    def begin(now: datetime) -> None:
        with transaction.atomic():
            running.begin_running(of, now=now)
            note(request, "import.began", target=f"import:{of.public_id}", details=running.told_of_running(of))

    return _turn(request, of, begin)


@needs("customers.import")
@require_POST
def import_pause(request: Any, public_id: str) -> HttpResponse:
    """Stop after the batch that is being brought in."""
    of = get_object_or_404(Import, public_id=public_id)
    return _turn(request, of, lambda now: running.pause(of, now=now))


@needs("customers.import")
@require_POST
def import_resume(request: Any, public_id: str) -> HttpResponse:
    """Go on."""
    of = get_object_or_404(Import, public_id=public_id)
    return _turn(request, of, lambda now: running.resume(of, now=now))


@needs("customers.import")
@require_POST
def import_cancel(request: Any, public_id: str) -> HttpResponse:
    """Call an import off."""
    of = get_object_or_404(Import, public_id=public_id)

    def cancel(now: datetime) -> None:
        with transaction.atomic():
            running.cancel(of, now=now)
            note(request, "import.called_off", target=f"import:{of.public_id}")

    return _turn(request, of, cancel)


@needs("customers.import")
@require_GET
def import_report(request: Any, public_id: str) -> StreamingHttpResponse:
    """Download the rows left out, with the reasons, safe to open in a spreadsheet."""
    of = get_object_or_404(Import, public_id=public_id)
    faults = ImportFault.objects.filter(of_import=of).order_by("row", "id").values_list("row", "column", "value", "why")
    rows = [[str(cell) for cell in fault] for fault in faults]
    answer = StreamingHttpResponse(
        _csv(chain([[_("Row"), _("Column"), _("Value"), _("Why")]], rows)), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="left-out-{of.public_id}.csv"'
    return answer


@needs("customers.import")
@require_GET
def import_changes(request: Any, public_id: str) -> StreamingHttpResponse:
    """Download what would change, a line per field; empty once the import is over, for what was read is forgotten then."""
    of = get_object_or_404(Import, public_id=public_id)
    head = [_("Row"), _("Who or what"), _("Field"), _("Is now"), _("Would be")]
    answer = StreamingHttpResponse(_csv(chain([head], _changed_lines(of))), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="changes-{of.public_id}.csv"'
    return answer


def _changed_lines(of: Import) -> Iterator[list[str]]:
    """Yield the lines page by page; each opens the store's context, for an answer outlives its request's."""
    kind, after = kind_of(of), 0
    while True:
        with store_context(of.store_id):
            things = list(ImportRow.objects.filter(of_import=of, outcome="changed", id__gt=after).order_by("id")[:1000])
        for thing in things:
            shown = _shown(thing, kind)
            for change in shown["changes"]:
                yield [str(thing.row), shown["title"], change["label"], change["old"], change["new"]]
            if shown["says"]:
                yield [str(thing.row), shown["title"], shown["says"], "", ""]
        if not things:
            return
        after = things[-1].pk


class _Line:
    """What csv writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: Any) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    for row in rows:
        yield writer.writerow([quote_formula(cell) for cell in row])


def _turn(request: Any, of: Import, step: Any) -> HttpResponse:
    try:
        step(clock.now())
    except running.WrongState:
        messages.warning(request, _("The import has moved on meanwhile. This is how it stands."))
    return redirect("customers:import", request.store.slug, of.public_id)


def _asks_for_columns(of: Import, request: HttpRequest) -> bool:
    return of.state == Import.State.UPLOADED or (of.state == Import.State.READY and request.GET.get("columns") == "again")


def _form(of: Import, request: Any, data: Any = None) -> MappingForm:
    kind = kind_of(of)
    mapping = of.mapping or propose(kind, of.headings)
    options = of.options or propose_options(of, request.store)
    return MappingForm(data, kind=kind, headings=of.headings, mapping=mapping, options=options)


def _page(request: Any, of: Import, form: MappingForm | None, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"import": of, "kind": kind_of(of), "form": form, "same": same_before(of), **_state(of)}
    if form is not None:
        cells = preview(of)
        context["columns"] = [
            {"field": bound, "heading": bound.label, "cells": [row[place] for row in cells]} for place, bound in enumerate(form.columns())
        ]
    else:
        context |= _progress(of, now=clock.now()) | _findings(of, currency=of.options.get("currency") or request.store.currency)
        context |= _counts(of)
    only_part = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "import"
    return render(request, "customers/_import.html" if only_part else "customers/import.html", context, status=status)


def _state(of: Import) -> dict[str, str]:
    """Return the badge of its state and its word, which says how many rows are left out where it waits for a yes."""
    word = of.get_state_display()
    if of.state != Import.State.READY or not of.refused_count:
        return {"badge": BADGES[of.state], "word": word}
    left = ngettext("%(count)s row is left out", "%(count)s rows are left out", of.refused_count) % {
        "count": write_number(of.refused_count)
    }
    return {"badge": "held", "word": f"{word}; {left}"}


def _counts(of: Import) -> dict[str, Any]:
    """Return what came or would come of it by outcome, each with its word, and how much there is to bring in."""
    kind, bringing = kind_of(of), of.new_count + of.changed_count
    told = ((_("New"), of.new_count), (_("Changed"), of.changed_count), (_("Known already"), of.same_count))
    counts = [{"label": label, "count": count, "noun": kind.noun_of(count)} for label, count in told]
    left = {"label": _("Left out"), "count": of.refused_count, "noun": ngettext("row", "rows", of.refused_count)}
    return {"counts": [*counts, left], "bringing": bringing, "noun": kind.noun_of(bringing)}


def _progress(of: Import, *, now: datetime) -> dict[str, Any]:
    """Return how far the running step is; nothing is known of the whole while the file is read."""
    done = of.new_count + of.changed_count
    if of.state == Import.State.COMPARING:
        done += of.same_count
    total = of.to_bring_count if of.state in {Import.State.RUNNING, Import.State.PAUSED} else of.things_count
    left = ""
    if of.state == Import.State.RUNNING and of.started_at and done:
        left = _time_left((now - of.started_at) * max(0, total - done) / done)
    return {"done": min(done, total), "total": total, "reached": min(1.0, done / total) if total else 0.0, "left": left}


def _time_left(rest: timedelta) -> str:
    minutes = round(rest.total_seconds() / 60)
    if minutes < 1:
        return _("less than a minute left")
    return ngettext("%(count)s min left", "%(count)s min left", minutes) % {"count": write_number(minutes)}


def _findings(of: Import, *, currency: str) -> dict[str, Any]:
    kind = kind_of(of)
    things = ImportRow.objects.filter(of_import=of).order_by("id")
    found = {
        outcome: [_shown(thing, kind) for thing in things.filter(outcome__in=noted)[:SHOWN]]
        for outcome, noted in ((("new", ("", "new")), ("changed", ("changed",))) if of.state == Import.State.READY else ())
    }
    faults = ImportFault.objects.filter(of_import=of)
    return {
        "found": found,
        "came": came_of(of.totals) if of.state == Import.State.DONE and of.kind == "customers" else None,
        "faults": list(faults.order_by("row", "id")[:SHOWN]),
        "written": faults.values("row").distinct().count(),
        "told": kind.tell(of.totals, currency) if of.totals else [],
        "assumed": kind.assumed(list(of.mapping.values())) if of.state == Import.State.READY else [],
        "remarks": kind.remarks(dict.fromkeys(of.mapping.values(), 0), of.options),
    }


def _shown(thing: ImportRow, kind: Kind) -> dict[str, Any]:
    """Return a thing in words: who it is, and what would change; a kind that gives no values has its fields named."""
    changes = [{"label": label_of(kind, field), "old": old, "new": new} for field, old, new in thing.changes or ()]
    says = thing.says if changes else ", ".join(label_of(kind, key) for key in thing.says.split(", ") if key)
    return {"row": thing.row, "title": kind.title(thing.values), "changes": changes, "says": says}
