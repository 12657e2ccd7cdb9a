"""Errors of the API as RFC 9457 problem details: a type, a title, a status and what to mend, never a trace."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

KIND = "application/problem+json"


def problem_answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the problem document for an expected refusal; None lets an unexpected error become a 500."""
    answer = exception_handler(error, context)
    if answer is None:
        return None
    details = answer.data
    body: dict[str, Any] = {"type": "about:blank", "title": _title(answer.status_code), "status": answer.status_code}
    if isinstance(error, ValidationError):
        body["detail"] = _("Some fields cannot be used.")
        body["errors"] = details
    else:
        body["detail"] = str(details.get("detail", "")) if isinstance(details, dict) else str(details)
    reason = getattr(error, "reason", "")  # a word for programs, where one status has several causes
    answer.data = body | ({"reason": reason} if reason else {})
    answer.content_type = KIND
    return answer


def problem(request: HttpRequest, *, status: int, detail: str) -> JsonResponse:
    """Return a problem document outside an API view, for example for an unknown address under /api/."""
    body = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type=KIND)


def _title(status: int) -> str:
    return HTTPStatus(status).phrase
