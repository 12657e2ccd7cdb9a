"""The styleguide: every shared piece in every state, as the real includes; browser tests take their pictures from it.

Staff only, no store, no database. The examples are in `examples.py`.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from retention.dashboard import examples
from retention.dashboard.access import staff_only
from retention.dashboard.states import STATES


@staff_only
@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every piece."""
    context: dict[str, Any] = {
        "states": list(STATES),
        "colours": examples.COLOURS,
        "form": examples.refused_form(),
        "clean_form": examples.ExampleForm(auto_id="clean_%s"),
        **examples.table(),
        **examples.figures(),
        **examples.home(),
        **examples.story(),
    }
    return render(request, "dashboard/styleguide.html", context)


@staff_only
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """Answer the example table alone, as htmx asks for it."""
    return render(request, "dashboard/styleguide/_campaigns.html", examples.table())


@staff_only
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Answer one field of the example form as it looks after its value was checked."""
    form = examples.ExampleForm(request.POST)
    return render(request, "dashboard/styleguide/_checked.html", {"bound": form["hold_back"]})
