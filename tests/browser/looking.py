"""Looking at a page as a careful visitor would: what the browser complains about, what overflows, what cannot be read or reached."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Response

PATIENCE_SECONDS = 30.0  # only a failure takes so long; a busy machine takes ten
DRAWN_MILLISECONDS = 600  # until frames within a page are drawn, which only a picture needs
Scheme = Literal["light", "dark"]
SIZES: dict[str, tuple[int, int]] = {"desktop": (1440, 900), "phone": (390, 844)}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
VARIANTS: dict[str, tuple[int, int, Scheme]] = {
    f"{size}-{scheme}": (*pixels, scheme) for size, pixels in SIZES.items() for scheme in SCHEMES
}
# Both sizes and both colours in two looks; the other two pairs show nothing of their own and are looked at by `--deep`.
PAIR = ("desktop-dark", "phone-light")
EACH_VARIANT = [pytest.param(variant, marks=() if variant in PAIR else pytest.mark.deep) for variant in VARIANTS]
PICTURES = Path(__file__).resolve().parents[2] / "var" / "screenshots"
_INLINE_STYLE = re.compile(r"<[a-z][^>]*\sstyle\s*=", re.IGNORECASE)
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\son[a-z]+\s*=\s*\"", re.IGNORECASE)
_kept = [False]  # whether pictures are kept, see `keep_pictures`
_AXE_LIKE = (Path(__file__).parent / "looking.js").read_text(encoding="utf-8")


# A failed answer is counted as one, and a request given up for a newer one is no fault: htmx tells of both as errors.
_SAID_ELSEWHERE = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")


@dataclass
class Watch:
    """What the browser said while a page was open."""

    complaints: list[str] = field(default_factory=list)

    def over(self, page: "Page") -> None:
        """Listen to a page's console, its uncaught errors and its failed requests."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("response", self._answered)

    def _said(self, message: "ConsoleMessage") -> None:
        if message.type == "error" and not any(words in message.text for words in _SAID_ELSEWHERE):
            self.complaints.append(f"console: {message.text[:200]}")

    def _answered(self, response: "Response") -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status} for {response.url.partition('?')[0]}")


def faults_of_source(html: str) -> list[str]:
    """Say what a strict content security policy would refuse in the page's source."""
    found = [f"inline style: {hit.group()[:80]}" for hit in _INLINE_STYLE.finditer(html)]
    return found[:3] + [f"inline script: {hit.group()[:80]}" for hit in _INLINE_SCRIPT.finditer(html)][:3]


def faults_of_page(page: "Page") -> list[str]:
    """Say what is wrong with the page as it stands, its movements over: width, headings, names of controls, labels, contrast."""
    found: list[str] = page.evaluate(_AXE_LIKE)
    return found


def wait_for(page: "Page", expression: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until an expression is true in the page. Playwright's own way evaluates text, which a strict policy refuses."""
    give_up = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < give_up, f"{expression} was not true after {seconds} seconds"
        page.wait_for_timeout(20)


def settle(page: "Page") -> None:
    """Wait until the page is loaded and what it asks for as it opens has come."""
    wait_for(page, "document.readyState === 'complete' && !document.querySelector('.htmx-request')")


def until(probe: Callable[[], Any], wanted: Any, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the probe says what is wanted; fail with what it said instead."""
    give_up = time.monotonic() + seconds
    while (found := probe()) != wanted:
        assert time.monotonic() < give_up, f"{found} instead of {wanted}"
        time.sleep(0.05)


def keep_pictures(*, wanted: bool) -> None:
    """Say whether this run keeps pictures. One takes a third of a second, and nothing is asserted of it."""
    _kept[0] = wanted


def picture(page: "Page", *, variant: str, name: str) -> None:
    """Keep a picture of the whole page under var/screenshots/<variant>/, where the run keeps pictures."""
    if not _kept[0]:
        return
    path = PICTURES / variant / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(DRAWN_MILLISECONDS)
    page.screenshot(path=path, full_page=True, animations="disabled")
