"""The small drawing beside the steps: a box for each, columns for the ways, and lines as people go. Only to look at."""

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.journeys.editing.tree import EXIT, JUMP
from campaigns.views.editor.drawing import LABELS, Line
from retention.dashboard import drawings
from retention.dashboard.drawings import Node
from retention.dashboard.figures import write_number

MOST_BOXES = 60
LONGEST = 14
_SHORT = {"split": "A/B"}


def draw(lines: Sequence[Line]) -> SafeString | str:
    """Return the drawing of a journey; nothing where it has one step or too many to be told apart."""
    laid = _Laid()
    laid.put(lines, row=0, column=0, above=[])
    if not 1 < len(laid.nodes) <= MOST_BOXES:
        return ""
    links = [(laid.places[a], laid.places[b]) for a, b in laid.links if a in laid.places and b in laid.places]
    drawn = drawings.overview(laid.nodes, links, label=_("The steps of the journey and where people stand"))
    columns = 1 + max(node.column for node in laid.nodes)
    return format_html('<div class="j-whole c{}">{}</div>', min(columns, 3), drawn)


class _Laid:
    """Boxes as they are put down, row by row: each list below the one before it, each way in columns of its own."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.places: dict[str, int] = {}
        self.links: list[tuple[str, str]] = []

    def put(self, lines: Sequence[Line], *, row: int, column: int, above: list[str]) -> tuple[int, int, list[str]]:
        """Put a list down; return the row below it, how many columns it takes, and the boxes from which people go on."""
        wide = 1
        for line in lines:
            if line.kind == JUMP:
                return row, wide, []
            self.places[line.place] = len(self.nodes)
            self.nodes.append(Node(_short(line), _figure(line), row, column))
            self.links += [(one, line.place) for one in above]
            row, above = row + 1, [] if line.kind == EXIT else [line.place]
            if line.ways:
                row, taken, above = self._ways(line, row=row, column=column)
                wide = max(wide, taken)
        return row, wide, above

    def _ways(self, line: Line, *, row: int, column: int) -> tuple[int, int, list[str]]:
        deepest, taken, ends = row, 0, list[str]()
        for way in line.ways:
            below, wide, left = self.put(way.lines, row=row, column=column + taken, above=[line.place])
            deepest, taken, ends = max(deepest, below), taken + wide, [*ends, *left]
        return deepest, max(taken, 1), list(dict.fromkeys(ends))


def _short(line: Line) -> str:
    said = "".join(part.text for part in line.parts)
    slot = next((part.text for part in line.parts if part.is_slot and part.text.strip()), "")
    own = {"wait": said, "wait_date": said, "branch": _("Part ways"), EXIT: _("Leave"), **_SHORT}
    words = own.get(line.kind, slot or str(LABELS[line.kind]))
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rstrip()}…"


def _figure(line: Line) -> str:
    if line.counts is None:
        return ""
    if line.sent is not None:
        return write_number(line.sent)
    return write_number(line.counts.waiting or line.counts.left) if line.counts.waiting or line.counts.left else ""
