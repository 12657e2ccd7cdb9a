"""A mail in its frame: no script, no form, no link that leads anywhere, and nothing of ours around it (S32)."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.shortcuts import render

from campaigns.personalization.blocks.tree import NoBlocks, attributes_of, body_of, node_at, with_attribute
from campaigns.personalization.push_texts import parts_of
from campaigns.personalization.render import CannotRender, Rendered
from campaigns.views.looking import TOO_OFTEN

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
    if kind == "text" and not isinstance(made, CannotRender):
        return render(request, "ui/sms_frame.html", {"text": made.text.strip(), "sender": request.store.name})
    if kind != "push" or isinstance(made, CannotRender):
        return show_mail(request, made)
    said, store = parts_of(made), request.store
    push = {"title": made.subject, "text": said.text, "picture": said.picture, "icon": store.logo_url, "sender": store.name}
    frame = "ui/onsite_frame.html" if look else "ui/push_frame.html"
    return render(request, frame, {"look": look, "push": push | {"host": _host_of(said.link)}})


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def show_mail(request: Any, made: Rendered | CannotRender) -> HttpResponse:
    """Answer with a mail as HTML, as plain text for `?as=text`, or with why it cannot be shown. Its view carries FRAME_POLICY."""
    if isinstance(made, CannotRender):
        status = 429 if made.reason == TOO_OFTEN else 200
        return render(request, "campaigns/content/no_preview.html", {"detail": made.detail}, status=status)
    if request.GET.get("as") == "text":
        return HttpResponse(made.text, content_type="text/plain; charset=utf-8")
    return HttpResponse(made.html)


_MARK = "bo-marked-here"
_MARKED = re.compile(rf'class="([^"]*\b{_MARK}\b[^"]*)"')
_DARK = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_OUTLINE = "<style>#here{outline:2px solid #0b6674;outline-offset:-2px;scroll-margin:80px}</style>"


def marked(source: str, number: int) -> str:
    """Return MJML in which the block with this number can be found again by `shown`."""
    try:
        node = node_at(body_of(source), number)
    except NoBlocks:
        return source
    if node is None or node.parent is None:
        return source
    text = source[node.start : node.end]
    classes = f"{attributes_of(text).get('css-class', '')} {_MARK}".strip()
    return source[: node.start] + with_attribute(text, "css-class", classes) + source[node.end :]


def shown(made: Rendered | CannotRender, *, dark: bool) -> Rendered | CannotRender:
    """Return a mail for its frame: the marked block as the place `#here`, in dark or in light colours."""
    if isinstance(made, CannotRender):
        return made
    html, found = _MARKED.subn(r'class="\1" id="here"', made.html, count=1)
    if found:
        html = html.replace("</head>", f"{_OUTLINE}</head>", 1)
    never, always = "(max-width:0)", "(min-width:0)"
    html = _DARK.sub(always if dark else never, _LIGHT.sub(never if dark else always, html))  # whatever the merchant's own screen prefers
    return replace(made, html=html)
