"""What the editor's page and its live answers show alike: the list of blocks, the checks, and what can be added."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from campaigns.personalization.blocks.kinds import KINDS
from campaigns.personalization.blocks.outline import Line, outline_of
from campaigns.personalization.blocks.tree import NoBlocks
from campaigns.personalization.checking import FINE, MUST, SHOULD, Finding, findings_of
from campaigns.personalization.vocabulary import words_of_store
from campaigns.personalization.wording import Content
from retention.catalog.models import Product

_ICONS = {MUST: "x", SHOULD: "alert-triangle", FINE: "check"}
MOST_OFFERED = 200


def checks_of(content: Content) -> list[dict[str, Any]]:
    """Return what there is to say about a mail, as a page shows it."""
    return [_finding(one) for one in findings_of(content, words=words_of_store())]


def checks_html(request: Any, content: Content) -> str:
    """Return the list of checks as HTML."""
    return render_to_string("campaigns/content/_checks.html", {"findings": checks_of(content)}, request)


def blocks_context(source: str, *, open_number: int = 0) -> dict[str, Any]:
    """Return what the list of blocks needs: its lines, or why there are none."""
    try:
        lines = [_line(one) for one in outline_of(source)]
    except NoBlocks as fault:
        return {"lines": [], "no_blocks": fault.words.render(_), "open_number": 0}
    return {"lines": lines, "no_blocks": "", "open_number": open_number}


def blocks_html(request: Any, source: str, *, open_number: int = 0) -> str:
    """Return the list of blocks as HTML. open_number: which of them stands open."""
    return render_to_string("campaigns/content/_blocks.html", blocks_context(source, open_number=open_number), request)


def palette() -> list[dict[str, str]]:
    """Return what can be added, in the order it is offered."""
    offered = [{"key": kind.key, "label": kind.label.render(_), "icon": kind.icon} for kind in KINDS if kind.source]
    return [*offered, {"key": "columns", "label": _("Columns"), "icon": "columns-2"}]


def offered_products() -> list[dict[str, str]]:
    """Return products of the store to choose from, by name."""
    found = Product.objects.filter(state=Product.State.ACTIVE).exclude(name="").order_by("name_key", "id")
    return [{"id": product.shop_id, "name": product.name} for product in found[:MOST_OFFERED]]


def languages_of(content: Content, language: str) -> list[dict[str, Any]]:
    """Return the languages of a mail for its tabs, everybody's first."""
    return [{"key": key, "label": key or _("Everybody"), "current": key == language} for key, _wording in content.texts()]


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "icon": _ICONS[finding.severity],
        "text": finding.words.render(_),
        "hint": finding.hint.render(_) if finding.hint else "",
        "line": finding.line,
        "language": finding.language,
    }


def _line(line: Line) -> dict[str, Any]:
    fields = [
        {
            "key": field.key,
            "label": field.label.render(_),
            "look": field.look,
            "hint": field.hint.render(_) if field.hint else "",
            "choices": [(value, words.render(_)) for value, words in field.choices],
            "value": value.replace(" ", "T") if field.look == "moment" else value,
            "rows": min(8, max(2, value.count("\n") + 2)),
        }
        for field, value in line.values
    ]
    words = {"label": line.label.render(_), "says": line.says.render(_) if line.says else "", "fields": fields}
    return {**vars(line), **words}
