"""The picture that counts down in a mail: the moment and the colour stand in its address, nothing else is asked or kept."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from campaigns.personalization.brands import letters_on
from campaigns.personalization.countdown import draw
from retention.dashboard.access import public
from retention.kit import clock


@public
@require_safe
def show_countdown(request: HttpRequest, until: str, color: str) -> HttpResponse:
    """Draw what is left until a moment, in seconds since 1970; color: six hexadecimal digits."""
    picture = draw(int(until) - int(clock.now().timestamp()), color=f"#{color}", ink=letters_on(f"#{color}"))
    answer = HttpResponse(picture, content_type="image/png")
    answer["Cache-Control"] = "no-store, max-age=0"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
