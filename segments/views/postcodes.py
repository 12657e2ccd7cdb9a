"""The store's table of postcodes: what is in it, a file put into it, a country taken out of it. Distances are measured by it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from retention.customers.changes import POSTCODES
from retention.dashboard.access import needs
from retention.kit import clock
from retention.stores import auditing
from retention.stores.countries import country_name
from retention.stores.limits import Limit, spend_or_local
from segments.models import Postcode, Segment
from segments.postcodes import CannotLoad, load_postcodes, remove_postcodes

LARGEST_BYTES, FAULTS_SHOWN = 10 * 1024 * 1024, 10
TABLES = Limit("tables-of-postcodes", 12, 3600)  # each holds one of the few places for files, and fills segments anew


class TableForm(forms.Form):
    """A file of postcodes."""

    file = forms.FileField(
        label=gettext_lazy("File of postcodes"),
        help_text=gettext_lazy("Up to 10 MB: a country's file of GeoNames, or a CSV with country, postcode, latitude and longitude."),
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,.csv,.tsv,text/plain,text/csv"}),
        max_length=200,
    )

    def clean_file(self) -> str:
        """Return the file's text."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB. Split it, and put the parts in one after the other."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            text = _("Line %(line)d is no UTF-8. A file of GeoNames comes in a .zip: unpack it first; a CSV must be saved as UTF-8.")
            raise forms.ValidationError(text % {"line": line}) from error


@needs("segments.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def postcode_table(request: Any) -> HttpResponse:
    """Show the countries of the table; take a file."""
    form = TableForm(request.POST or None, request.FILES or None) if request.method == "POST" else TableForm()
    faults: list[Any] = []
    allowed = spend_or_local(TABLES, who=str(request.store.pk)) if request.method == "POST" and form.is_valid() else None
    if allowed is not None and not allowed.allowed:
        minutes = -(-allowed.retry_after // 60)
        text = ngettext(
            "Many files came in. Try again in %(minutes)d minute.", "Many files came in. Try again in %(minutes)d minutes.", minutes
        )
        form.add_error("file", text % {"minutes": minutes})
    elif allowed is not None:
        try:
            loaded = load_postcodes(form.cleaned_data["file"], now=clock.now())
        except CannotLoad as error:
            form.add_error("file", str(error))
        else:
            faults = loaded.faults
            if loaded.count:
                auditing.note(request, "postcodes.put_in", target="postcodes", details={"count": loaded.count, "left_out": loaded.left_out})
                text = ngettext("%(count)d postcode is in the table now.", "%(count)d postcodes are in the table now.", loaded.count)
                messages.success(request, text % {"count": loaded.count})
                if not loaded.left_out:
                    return redirect("segments:postcodes", request.store.slug)
            else:
                form.add_error("file", _("No line of this file names a postcode with its place."))
    context = {"form": form, "faults": faults[:FAULTS_SHOWN], "countries": _countries(), "resting": _resting()}
    return render(request, "segments/postcodes.html", context, status=422 if form.errors else 200)


@needs("segments.edit")
@require_POST
def remove_country(request: Any) -> HttpResponse:
    """Take a country's postcodes out of the table."""
    code = next((row["country"] for row in _countries() if row["country"] == request.POST.get("country")), "")
    count = remove_postcodes(code, now=clock.now())
    if count:
        auditing.note(request, "postcodes.taken_out", target="postcodes", details={"country": code, "count": count})
        text = ngettext("%(count)d postcode is gone from the table.", "%(count)d postcodes are gone from the table.", count)
        messages.success(request, text % {"count": count})
    return redirect("segments:postcodes", request.store.slug)


def _countries() -> list[dict[str, Any]]:
    rows = Postcode.objects.values("country").annotate(count=Count("pk"), first=Min("postcode"), last=Max("postcode")).order_by("country")
    return [row | {"name": country_name(row["country"])} for row in rows]


def _resting() -> int:
    return int(Segment.objects.live().filter(reads__contains=[POSTCODES]).count())
