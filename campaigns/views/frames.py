"""A mail in its frame: no script, no form, no link that leads anywhere, and nothing of ours around it (S32)."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render

from campaigns.personalization.push_texts import parts_of
from campaigns.personalization.render import CannotRender, Rendered

FRAME_POLICY = {
    "default-src": ["'none'"],
    "img-src": ["https:", "http:", "data:"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": [],
}


def show_message(request: Any, made: Rendered | CannotRender, *, kind: str, look: str = "") -> HttpResponse:
    """Answer with a message of any kind as people see it, for its frame. Its view carries FRAME_POLICY. look: of one on the site."""
    if kind != "push" or isinstance(made, CannotRender):
        return show_mail(request, made)
    said, store = parts_of(made), request.store
    push = {"title": made.subject, "text": said.text, "picture": said.picture, "icon": store.logo_url, "sender": store.name}
    frame = "ui/onsite_frame.html" if look else "ui/push_frame.html"
    return render(request, frame, {"look": look, "push": push | {"host": urlsplit(said.link).hostname or ""}})


def show_mail(request: Any, made: Rendered | CannotRender) -> HttpResponse:
    """Answer with a mail as HTML, as plain text for `?as=text`, or with why it cannot be shown. Its view carries FRAME_POLICY."""
    if isinstance(made, CannotRender):
        return render(request, "campaigns/content/no_preview.html", {"detail": made.detail})
    if request.GET.get("as") == "text":
        return HttpResponse(made.text, content_type="text/plain; charset=utf-8")
    return HttpResponse(made.html)
