"""The versions of a mail: when each went live, and what is different between two of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Template, TemplateVersion
from campaigns.personalization.wording import Content, Wording, content_of, read_content
from retention.dashboard.access import needs

SHOWN_VERSIONS, MOST_LINES, AROUND = 50, 1000, 2
DRAFT = "draft"


@dataclass(frozen=True)
class Line:
    """One line of a difference. sign: "+", "-", " " or "…" for what was left out. number: in the newer text, else in the older."""

    sign: str
    number: int
    text: str


@needs("messages.edit")
@require_safe
def show_versions(request: Any, public_id: UUID) -> HttpResponse:
    """Show the versions, and the difference between `?old=` and `?new=`: numbers, or "draft"."""
    template = get_object_or_404(Template.objects.all(), public_id=public_id)
    versions = list(
        TemplateVersion.objects.filter(template=template)
        .defer("html", "text")
        .select_related("saved_by")
        .order_by("-number")[:SHOWN_VERSIONS]
    )
    names = [*([DRAFT] if template.draft is not None else []), *(str(version.number) for version in versions)]
    new = _chosen(request.GET.get("new", ""), names, 0)
    old = _chosen(request.GET.get("old", ""), names, 1)
    texts = {str(version.number): content_of(version) for version in versions} | {DRAFT: read_content(template.draft or {})}
    context = {
        "template": template,
        "versions": versions,
        "names": [{"value": name, "label": _name(name)} for name in names],
        "old": old,
        "new": new,
        "parts": list(differences(texts[old], texts[new])) if old and new and old != new else [],
    }
    return render(request, "campaigns/content/versions.html", context)


def differences(old: Content, new: Content) -> Iterator[dict[str, Any]]:
    """Yield what is different, by language and part: {"language", "what", "lines"}."""
    for language in dict.fromkeys([*(key for key, _one in old.texts()), *(key for key, _one in new.texts())]):
        before, after = _wording(old, language), _wording(new, language)
        for what, was, now in (
            (_("Subject"), before.subject, after.subject),
            (_("Preview line"), before.preheader, after.preheader),
            (_("Text of the mail"), before.source, after.source),
        ):
            if was != now:
                yield {
                    "language": language,
                    "what": what,
                    "lines": list(_lines(was.splitlines()[:MOST_LINES], now.splitlines()[:MOST_LINES])),
                }


def _lines(old: list[str], new: list[str]) -> Iterator[Line]:
    # lines that stand there very often are no anchors: with them a page of equal lines between others takes the cube of its length
    groups = list(SequenceMatcher(a=old, b=new, autojunk=True).get_grouped_opcodes(AROUND))
    for place, group in enumerate(groups):
        if place or group[0][3]:
            yield Line("…", 0, "")
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from (Line(" ", number, new[number - 1]) for number in range(new_start + 1, new_end + 1))
                continue
            yield from (Line("-", number, old[number - 1]) for number in range(old_start + 1, old_end + 1))
            yield from (Line("+", number, new[number - 1]) for number in range(new_start + 1, new_end + 1))


def _wording(content: Content, language: str) -> Wording:
    return content.main if not language else content.languages.get(language, Wording())


def _chosen(asked: str, names: list[str], place: int) -> str:
    return asked if asked in names else names[place] if place < len(names) else ""


def _name(name: str) -> str:
    return _("Draft") if name == DRAFT else _("Version %(number)s") % {"number": name}
