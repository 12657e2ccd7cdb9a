"""The colour of a shop's pages as a style sheet, so that no page needs a style of its own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from retention.dashboard.access import public
from retention.signup.branding import palette_of


@public
@require_safe
def colors(request: HttpRequest, color: str) -> HttpResponse:
    """Return a colour as the style sheet of a shop's pages, made fit to read in light and dark."""
    if len(color) != 6 or not set(color) <= set("0123456789abcdef"):
        raise Http404
    return HttpResponse(
        palette_of(f"#{color}").css(), content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=86400"}
    )
