"""Compile a template once per version: MJML or raw HTML to a mail with preview line and footer, a plain text from it, faults named.

Per message only rendering is left. Source: performance guide 4; the ecosystem's mrml loads web fonts unless told not to.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from campaigns.personalization import framing
from campaigns.personalization.mjml import NoMjml, html_of
from campaigns.personalization.render import TemplateFault, check

LONGEST_LINE = 900
_BREAK_AFTER = 400
KNOWN_TAGS = frozenset(
    {
        "mjml",
        "mj-head",
        "mj-body",
        "mj-title",
        "mj-preview",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-breakpoint",
        "mj-style",
        "mj-font",
        "mj-raw",
        "mj-section",
        "mj-column",
        "mj-group",
        "mj-wrapper",
        "mj-hero",
        "mj-text",
        "mj-image",
        "mj-button",
        "mj-divider",
        "mj-spacer",
        "mj-table",
        "mj-social",
        "mj-social-element",
        "mj-navbar",
        "mj-navbar-link",
        "mj-accordion",
        "mj-accordion-element",
        "mj-accordion-title",
        "mj-accordion-text",
        "mj-carousel",
        "mj-carousel-image",
    }
)
_MJML_TAG = re.compile(r"<\s*(mj[a-z-]*)")
_GAP = re.compile(r'\s+(?=[a-zA-Z][\w:-]*=")|(?<=>)(?=<)|(?<=;) ')
_PREVIEW = re.compile(r"<mj-preview>(?:[^<]|<(?!/?mj-preview>))*</mj-preview>")


@dataclass(frozen=True)
class Compiled:
    """Liquid HTML and Liquid text, ready to render."""

    html: str
    text: str


def compile_mail(*, subject: str, source: str, preheader: str = "", kind: str = "mjml") -> Compiled:
    """Compile one e-mail; raises TemplateFault with the first thing that is wrong.

    kind: "mjml", or "html" for a mail made elsewhere, which stays as it is. A mail without a way out or without the shop's address gets
    both at its end (`framing.py`): no source can leave them out.
    """
    if "\n" in subject or "\r" in subject:
        raise TemplateFault("the subject must be one line")
    for part in (subject, preheader, source):
        check(part)
    framing.check_names(source)
    html = _from_mjml(source, without_preview=bool(preheader.strip())) if kind == "mjml" else source
    html = framing.with_footer(framing.with_preheader(html, preheader))
    check(html)
    text = plain_text(html)
    check(text)
    return Compiled(html=html, text=text)


def _from_mjml(source: str, *, without_preview: bool) -> str:
    """Compile MJML; without_preview: leave out the preview line of its own head."""
    unknown = sorted(set(_MJML_TAG.findall(source)) - KNOWN_TAGS)
    if unknown:
        raise TemplateFault(f"<{unknown[0]}> is no block we know")
    try:
        return short_lines(html_of(_PREVIEW.sub("", source) if without_preview else source))
    except NoMjml as error:
        raise TemplateFault(str(error)) from None


def short_lines(html: str) -> str:
    """Break lines before attributes and between tags so that none is longer than SMTP allows; the look stays the same."""
    lines: list[str] = []
    for line in html.splitlines():
        start = 0
        for gap in _GAP.finditer(line):
            if gap.start() - start >= _BREAK_AFTER and _balanced(line[start : gap.start()]):
                lines.append(line[start : gap.start()])
                start = gap.end()
        lines.append(line[start:])
    if any(len(line.encode()) > LONGEST_LINE for line in lines):
        raise TemplateFault(f"a line cannot be made shorter than {LONGEST_LINE} bytes")
    return "\n".join(lines)


def _balanced(text: str) -> bool:
    """Say whether a break here falls outside a Liquid tag or output."""
    return text.count("{{") == text.count("}}") and text.count("{%") == text.count("%}")


def plain_text(html: str) -> str:
    """Return the text a mail shows, links with their address behind them, Liquid untouched."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.out).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    """Collects visible text."""

    _BLOCKS = frozenset({"p", "div", "tr", "br", "h1", "h2", "h3", "li", "table"})
    _HIDDEN = frozenset({"style", "script", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.hidden = 0
        self.links: list[str] = []
        self.divs: list[bool] = []  # whether each open one is hidden, as preview lines are

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self.hidden += 1
        elif tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        elif tag == "div":
            self.divs.append("display:none" in (dict(attrs).get("style") or "").replace(" ", ""))
            self.hidden += self.divs[-1]
            self.out.append("\n")
        elif tag in self._BLOCKS:
            self.out.append("\n")
        elif tag == "td":
            self.out.append("  ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag == "a" and self.links:
            address = self.links.pop()
            if address and not address.startswith("#"):
                self.out.append(f": {address} ")
        elif tag in self._BLOCKS:
            if tag == "div" and self.divs:
                self.hidden -= self.divs.pop()
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.out.append(data)
