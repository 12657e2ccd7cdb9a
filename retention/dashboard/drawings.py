"""Small figures as SVG, drawn by the server: sparkline, interval, bar, day bars, level with range, ranges over time, overview of steps.

Pure: numbers in, markup out; sizes are SVG attributes, colours are classes, never a style. For charts one explores, see `charts.js`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Point = tuple[float, float]


def spark(values: Sequence[float], *, label: str, width: int = 150, height: int = 30) -> SafeString:
    """Draw a sparkline from the first to the last value; its last point is marked."""
    if len(values) < 2:
        return mark_safe("")
    low, span = min(values), (max(values) - min(values)) or 1
    step = (width - 4) / (len(values) - 1)
    points = [(2 + index * step, height - 2 - (value - low) / span * (height - 4)) for index, value in enumerate(values)]
    line = _path(points)
    return format_html(
        '<svg class="bo-spark" viewBox="0 0 {0} {1}" width="{0}" height="{1}" preserveAspectRatio="xMinYMid" role="img" aria-label="{2}">'
        '<path class="area" d="{3}L{4} {1}L2 {1}Z"/><path class="line" d="{3}"/><circle cx="{5}" cy="{6}" r="2"/></svg>',
        width, height, label, line, width - 2, _n(points[-1][0]), _n(points[-1][1]),
    )  # fmt: skip


def interval(
    low: float, guess: float, high: float, *, scale: tuple[float, float], label: str, width: int = 150, sure: bool = True
) -> SafeString:
    """Draw a 95 % range with its best guess on a scale shared by the whole table; hollow when zero is inside, or nothing is sure yet."""
    bottom, top = min(scale[0], low, 0), max(scale[1], high, 0)
    span = (top - bottom) or 1

    def x(value: float) -> str:
        return _n(6 + (value - bottom) / span * (width - 12))

    kind = "open" if not sure else "good" if low > 0 else "bad" if high < 0 else "open"
    return format_html(
        '<svg class="bo-int {0}" viewBox="0 0 {1} 14" width="{1}" height="14" role="img" aria-label="{2}">'
        '<line class="zero" x1="{3}" x2="{3}" y1="1" y2="13"/><line class="rng" x1="{4}" x2="{5}" y1="7" y2="7"/>'
        '<line class="cap" x1="{4}" x2="{4}" y1="4" y2="10"/><line class="cap" x1="{5}" x2="{5}" y1="4" y2="10"/>'
        '<circle cx="{6}" cy="7" r="3.2"/></svg>',
        kind, width, label, x(0), x(low), x(high), x(guess),
    )  # fmt: skip


def bar(share: float, *, tone: str = "", tall: bool = False, held: float = 0.0) -> SafeString:
    """Draw how much of a whole is reached (0 to 1); the figure itself stands beside it as text."""
    reached, kept = _percent(share), _percent(held)
    css = " ".join(name for name in ("bo-bar", tone, "t10" if tall else "") if name)
    second = format_html('<rect class="held" x="{}" width="{}" height="6"/>', reached, kept) if held else mark_safe("")
    return format_html(
        '<svg class="{}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bg" width="100" height="6"/><rect class="fg" width="{}" height="6"/>{}</svg>',
        css, reached, second,
    )  # fmt: skip


def funnel(share: float, start: float = 0.0) -> SafeString:
    """Draw one row of a funnel: its width is the share of those who started. start: where it begins, for those who left on the way."""
    return format_html(
        '<svg class="bo-fun" viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bg" width="100" height="18"/><rect class="fg" x="{}" width="{}" height="18"/></svg>',
        _percent(start),
        _percent(share),
    )


@dataclass(frozen=True)
class Axis:
    """The upright axis of a chart: the values with a line, and how each is written."""

    ticks: tuple[float, ...]
    words: tuple[str, ...]

    def y(self, value: float, *, top: float, bottom: float) -> float:
        """Return the height of a value between the lowest and the highest tick."""
        span = (self.ticks[-1] - self.ticks[0]) or 1
        return bottom - (value - self.ticks[0]) / span * (bottom - top)


def nice_ticks(highest: float, *, count: int = 3) -> tuple[float, ...]:
    """Return zero and up to `count` round steps that reach the highest value."""
    if highest <= 0:
        return (0.0, 1.0)
    raw = highest / count
    size = 10 ** (len(str(int(raw))) - 1) if raw >= 1 else 1
    step = next(nice * size for nice in (1, 2, 2.5, 5, 10) if nice * size >= raw)
    return tuple(step * index for index in range(count + 1) if index == 0 or step * (index - 1) < highest)


def signed_ticks(low: float, high: float, *, count: int = 4) -> tuple[float, ...]:
    """Return zero and round steps to both sides of it that reach from the lowest to the highest value."""
    bottom, top = min(low, 0.0), max(high, 0.0)
    raw = (top - bottom) / count or 1.0
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(nice * size for nice in (1, 2, 2.5, 5, 10) if nice * size >= raw * (1 - 1e-9))
    first, last = math.floor(bottom / step + 1e-9), math.ceil(top / step - 1e-9)
    return tuple(step * index for index in range(first, max(last, first + 1) + 1))


def day_bars(
    totals: Sequence[float], parts: Sequence[float], *, axis: Axis, days: Sequence[str], label: str, width: int = 648
) -> SafeString:
    """Draw an amount per day as pale bars with a darker cap, and a part of it solid from zero; empty day words are skipped."""
    left, top, bottom = 44.0, 14.0, 222.0
    slot = (width - left) / max(len(totals), 1)
    thick = min(13.0, slot * 0.66)

    def rect(css: str, index: int, value: float, height: float | None = None) -> SafeString:
        y = axis.y(value, top=top, bottom=bottom)
        tall = bottom - y if height is None else height
        return format_html(
            '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
            css,
            _n(left + index * slot + (slot - thick) / 2),
            _n(y),
            _n(thick),
            _n(tall),
        )

    bars = [rect("fx", i, total) + rect("f5", i, total, 2) for i, total in enumerate(totals) if total > 0]
    bars += [rect("f1", i, part) for i, part in enumerate(parts) if part > 0]
    words = [_text(left + (i + 0.5) * slot, 240, day, "middle") for i, day in enumerate(days) if day]
    return _chart(width, 246, label, _grid(axis, left, float(width), top, bottom), *bars, *words)


def level(
    values: Sequence[float], lows: Sequence[float], highs: Sequence[float], *, axis: Axis, names: Sequence[str], last: str, label: str
) -> SafeString:
    """Draw a level over time with its range as a band; the last value is written on the chart."""
    width, left, right, top, bottom = 340, 42.0, 316.0, 20.0, 128.0
    step = (right - left) / max(len(values) - 1, 1)

    def points(row: Sequence[float]) -> list[Point]:
        return [(left + i * step, axis.y(value, top=top, bottom=bottom)) for i, value in enumerate(row)]

    band = _path(points(highs)) + _path(points(lows)[::-1]).replace("M", "L", 1) + "Z"
    end = points(values)[-1]
    drawn = format_html(
        '<path class="f1l" d="{}"/><path class="c1" d="{}"/><circle class="f1" cx="{}" cy="{}" r="4"/>'
        '<text class="k" x="{}" y="{}" text-anchor="end">{}</text>',
        band, _path(points(values)), _n(end[0]), _n(end[1]), _n(end[0] + 8), _n(end[1] - 9), last,
    )  # fmt: skip
    words = [_text(left + i * step, 145, name, "middle") for i, name in enumerate(names) if name]
    return _chart(width, 150, label, _grid(axis, 36, width, top, bottom), drawn, *words)


def ranges(
    values: Sequence[float],
    inner: Sequence[tuple[float, float]],
    outer: Sequence[tuple[float, float]],
    *,
    axis: Axis,
    names: Sequence[str],
    last: str,
    label: str,
    mark: tuple[int, str] | None = None,
) -> SafeString:
    """Draw a difference over time inside two ranges, the outer one edged by dashes; zero is a line, the last value stands on the chart.

    inner, outer: (low, high) by day. mark: a day, by its place, that gets a dotted upright with a word.
    """
    width, left, right, top, bottom = 648, 64.0, 636.0, 22.0, 208.0
    step = (right - left) / max(len(values) - 1, 1)

    def points(row: Iterable[float]) -> list[Point]:
        return [(left + i * step, axis.y(value, top=top, bottom=bottom)) for i, value in enumerate(row)]

    def band(rows: Sequence[tuple[float, float]]) -> tuple[list[Point], list[Point], str]:
        highs, lows = points(high for _, high in rows), points(low for low, _ in rows)
        return highs, lows, _path(highs) + _path(lows[::-1]).replace("M", "L", 1) + "Z"

    high, low, wide = band(outer)
    end = points(values)[-1]
    drawn = format_html(
        '<path class="f1o" d="{}"/><path class="c1o" d="{}{}"/><path class="f1l" d="{}"/><path class="c1" d="{}"/>'
        '<circle class="f1" cx="{}" cy="{}" r="4"/><text class="k" x="{}" y="{}" text-anchor="end">{}</text>',
        wide, _path(high), _path(low), band(inner)[2], _path(points(values)), _n(end[0]), _n(end[1]), _n(end[0] - 8), _n(end[1] - 9), last,
    )  # fmt: skip
    words = [_text(left + i * step, 228, name, "end" if i == len(values) - 1 else "middle") for i, name in enumerate(names) if name]
    if mark is not None:
        x = left + mark[0] * step
        line = format_html('<line class="mark" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>', _n(x), _n(top), _n(bottom))
        words = [line, _text(x, 14, mark[1], "end" if x > width / 2 else "start"), *words]
    return _chart(width, 234, label, _grid(axis, left - 6, float(width), top, bottom), drawn, *words)


def steps(points: Sequence[Point], *, axis: Axis, names: Sequence[str], label: str) -> SafeString:
    """Draw a sum that grows in steps. points: (moment, sum since); names: the words under the first and the last."""
    width, right, top, bottom = 264, 256.0, 14.0, 92.0
    left = max(44.0, 14 + 6.6 * max(map(len, axis.words)))  # room for the longest word at 12 pixels
    start, span = points[0][0], (points[-1][0] - points[0][0]) or 1
    corners = [(left + (at - start) / span * (right - left), axis.y(value, top=top, bottom=bottom)) for at, value in points]
    line: list[Point] = [(left, bottom)]
    for x, y in corners:
        line += [(x, line[-1][1]), (x, y)]
    drawn = format_html('<path class="f1l" d="{0}L{1} {2}Z"/><path class="c1" d="{0}"/>', _path(line), _n(corners[-1][0]), _n(bottom))
    dots = format_html_join(
        "", '<circle class="f1" cx="{}" cy="{}" r="{}"/>', ((_n(x), _n(y), 3 if len(points) < 20 else 2) for x, y in corners)
    )
    words = [_text(left, 110, names[0], "start"), _text(right, 110, names[-1], "end")]
    return _chart(width, 116, label, _grid(axis, left, float(width), top, bottom), drawn, dots, *words)


@dataclass(frozen=True)
class Node:
    """One box of an overview: its name, a figure, and how deep it stands."""

    name: str
    figure: str = ""
    row: int = 0
    column: int = 0


def overview(nodes: Sequence[Node], links: Sequence[tuple[int, int]], *, label: str) -> SafeString:
    """Draw steps as boxes joined by lines, to look at only; the list beside it is where one works."""
    wide, tall, gap_x, gap_y = 128, 40, 16, 22
    columns = 1 + max((node.column for node in nodes), default=0)
    rows = 1 + max((node.row for node in nodes), default=0)

    def corner(node: Node) -> tuple[int, int]:
        return node.column * (wide + gap_x), node.row * (tall + gap_y)

    def line(first: Node, second: Node) -> str:
        (x1, y1), (x2, y2) = corner(first), corner(second)
        return f"M{x1 + wide // 2} {y1 + tall}V{y1 + tall + gap_y // 2}H{x2 + wide // 2}V{y2}"

    lines = format_html_join("", '<path d="{}"/>', ((line(nodes[a], nodes[b]),) for a, b in links))
    boxes = format_html_join(
        "",
        '<rect class="nd" x="{}" y="{}" width="128" height="40" rx="7"/>'
        '<text class="nt" x="{}" y="{}">{}</text><text class="nn" x="{}" y="{}" text-anchor="end">{}</text>',
        ((x, y, x + 10, y + 24, node.name[:14], x + wide - 10, y + 24, node.figure) for node in nodes for x, y in [corner(node)]),
    )
    width, height = columns * (wide + gap_x) - gap_x, rows * (tall + gap_y) - gap_y
    return format_html(
        '<svg class="bo-chart j-over" viewBox="-1 -1 {} {}" role="img" aria-label="{}"><g class="ln">{}</g>{}</svg>',
        width + 2,
        height + 2,
        label,
        lines,
        boxes,
    )


def _chart(width: int, height: int, label: str, *parts: SafeString) -> SafeString:
    inside = format_html_join("", "{}", ((part,) for part in parts))
    return format_html('<svg class="bo-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>', width, height, label, inside)


def _grid(axis: Axis, left: float, right: float, top: float, bottom: float) -> SafeString:
    def row(value: float, word: str) -> tuple[str, str, str, str, str, str, str]:
        y = axis.y(value, top=top, bottom=bottom)
        return ("axis" if value == 0 else "grid", _n(left), _n(right), _n(y), _n(left - 8), _n(y + 4), word)

    rows = [row(value, word) for value, word in zip(axis.ticks, axis.words, strict=True)]
    return format_html_join(
        "", '<line class="{0}" x1="{1}" x2="{2}" y1="{3}" y2="{3}"/><text x="{4}" y="{5}" text-anchor="end">{6}</text>', rows
    )


def _text(x: float, y: float, word: str, anchor: str) -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', _n(x), _n(y), anchor, word)


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _percent(share: float) -> str:
    return _n(min(max(share, 0.0), 1.0) * 100)
