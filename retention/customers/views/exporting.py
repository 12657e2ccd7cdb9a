"""Files for the merchant: the page that offers them, a small one at once, a large one by mail, and everything about one person."""

import tempfile
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from retention.customers.exporting import SMALL, order_file, pieces_of, stream, tables
from retention.customers.handing_over import write_person
from retention.customers.models import Customer, Export
from retention.customers.totals import count_up_to
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores.auditing import note
from retention.stores.stepping_up import asks_for_mfa

SHOWN = 20


@needs("customers.export")
@require_GET
def export_list(request: Any) -> HttpResponse:
    """Offer the files one can make, and the large ones that were made."""
    made = Export.objects.select_related("created_by").order_by("-created_at", "-id")[:SHOWN]
    badges = {"making": "queued", "ready": "done", "gone": "ended"}
    rows = [{"export": one, "label": tables[one.kind].label, "badge": badges[one.state]} for one in made]
    working = any(one["export"].state == Export.State.MAKING for one in rows)
    context = {"rows": rows, "small": SMALL, "working": working}
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == "exports":
        return render(request, "customers/_exports.html", context)
    offered = [{"key": key, "label": table.label, "count": count_up_to(table.rows(), most=SMALL)} for key, table in tables.items()]
    return render(request, "customers/exports.html", context | {"offered": offered})


@needs("customers.export")
@asks_for_mfa
@require_POST
def export_table(request: Any) -> Any:
    """Send a small file at once; for a large one promise a mail."""
    kind = request.POST.get("kind", "")
    table = tables.get(kind)
    if table is None:
        raise Http404
    if count_up_to(table.rows(), most=SMALL).more:
        with transaction.atomic():
            made = order_file(kind, by=request.user, now=clock.now())
            note(request, "export.asked", target=f"export:{made.public_id}", details={"kind": kind})
        messages.success(request, _("We are making the file. A mail tells you when it is ready."))
        return redirect("customers:exports", request.store.slug)
    with transaction.atomic():
        note(request, "export.made", details={"kind": kind})
    return as_download(
        StreamingHttpResponse(stream(table, store_id=request.store.pk), content_type="text/csv; charset=utf-8"), f"{kind}.csv"
    )


@needs("customers.export")
@asks_for_mfa
@require_GET
def export_download(request: Any, public_id: str) -> Any:
    """Send a large file that is ready."""
    export = get_object_or_404(Export, public_id=public_id, state=Export.State.READY)
    with transaction.atomic():
        note(request, "export.fetched", target=f"export:{export.public_id}", details={"kind": export.kind})
    return as_download(StreamingHttpResponse(pieces_of(export), content_type="text/csv; charset=utf-8"), f"{export.kind}.csv")


@needs("customers.export")
@asks_for_mfa
@require_GET
def export_one(request: Any, public_id: str) -> Any:
    """Send everything about one person as a zip of JSON and CSV."""
    customer = get_object_or_404(Customer, public_id=public_id)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
    write_person(customer, file)
    file.seek(0)
    with transaction.atomic():
        note(request, "customer.exported", target=f"customer:{customer.public_id}")
    return as_download(FileResponse(file, content_type="application/zip"), f"customer-{customer.public_id}.zip")


def as_download(answer: Any, name: str) -> Any:
    """Return an answer as a file that no cache keeps."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
