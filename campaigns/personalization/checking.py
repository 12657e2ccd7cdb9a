"""What one should know of a mail before it goes out: what must be mended, what should be, and what is fine. Sends nothing.

Each finding is plain words with a place. `must`: it would not arrive as meant, so it cannot go live.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from html.parser import HTMLParser
from urllib.parse import urlsplit

from liquid.exceptions import LiquidError

from campaigns.personalization import framing
from campaigns.personalization.compiling import Compiled
from campaigns.personalization.kinds import compile_wording
from campaigns.personalization.liquid_parts import LIQUID
from campaigns.personalization.push_texts import SHOWN_TEXT, SHOWN_TITLE
from campaigns.personalization.render import TemplateFault, environment
from campaigns.personalization.vocabulary import OPEN, Word, paths_of
from campaigns.personalization.wording import Content, Wording
from retention.kit.words import Phrase, gettext_noop

MUST, SHOULD, FINE = "must", "should", "fine"
CLIPPED_BYTES = 102 * 1024
LONGEST_SUBJECT, FEWEST_LETTERS, LOUDEST, MOST_SHOUTS = 60, 40, 2, 3
SHORTENERS = frozenset({"bit.ly", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "t.co", "buff.ly", "cutt.ly", "rebrand.ly", "shorturl.at"})
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LOOP = re.compile(r"\b(?:for|tablerow)\s+(\w+)\s+in\s+([\w.]+)")
_ASSIGN = re.compile(r"\bassign\s+(\w+)\s*=\s*([\w.]+)\s*(?:-?%}|\n)")
_LOOKS_LIKE_A_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True)
class Finding:
    """severity: must, should or fine. line: in the source, 0 where it is about the whole. language: "" is everybody's."""

    severity: str
    words: Phrase
    line: int = 0
    language: str = ""
    hint: Phrase | None = None


def findings_of(content: Content, *, words: Sequence[Word]) -> list[Finding]:
    """Return what there is to say about every language of a mail, the worst first."""
    found = [finding for language, wording in content.texts() for finding in _of_wording(wording, content.kind, language, words)]
    return sorted(found, key=lambda finding: (MUST, SHOULD, FINE).index(finding.severity))


def must_mend(findings: Sequence[Finding]) -> bool:
    """Say whether anything keeps the mail from going live."""
    return any(finding.severity == MUST for finding in findings)


def _of_wording(wording: Wording, kind: str, language: str, words: Sequence[Word]) -> list[Finding]:
    try:
        compiled = compile_wording(wording, kind)
    except TemplateFault as fault:
        return [Finding(MUST, Phrase(gettext_noop("It cannot be read: %(fault)s."), {"fault": str(fault)}), language=language)]
    if kind == "text":
        found = [*_names(wording, words), *_links_of_text(compiled.text)]
    elif kind == "push":
        found = [*_names(Wording(wording.subject, "", compiled.text), words), *_lengths(wording.subject, compiled.text)]
    else:
        found = [*_subject(wording.subject), *_names(wording, words), *_body(compiled, wording.source), *_footer(wording.source)]
    return [Finding(one.severity, one.words, one.line, language, one.hint) for one in found]


def _lengths(title: str, text: str) -> list[Finding]:
    """Say what narrow screens cut off of a push message."""
    found = []
    for part, most, words in (
        (title, SHOWN_TITLE, gettext_noop("The title is %(count)s letters long; small screens show %(most)s.")),
        (text.partition("\x1e")[0], SHOWN_TEXT, gettext_noop("The text is %(count)s letters long; small screens show %(most)s.")),
    ):
        count = len(LIQUID.sub("", part))
        if count > most:
            found.append(Finding(SHOULD, Phrase(words, {"count": count, "most": most})))
    return found or [Finding(FINE, Phrase(gettext_noop("Title and text fit small screens.")))]


def _subject(subject: str) -> list[Finding]:
    letters = [sign for sign in LIQUID.sub("", subject) if sign.isalpha()]
    length = len(LIQUID.sub("", subject))
    found = []
    if not subject.strip():
        found.append(Finding(MUST, Phrase(gettext_noop("The subject is empty."))))
    if length > LONGEST_SUBJECT:
        found.append(
            Finding(SHOULD, Phrase(gettext_noop("The subject is %(count)s letters long; phones show about 40."), {"count": length}))
        )
    if len(letters) > 8 and all(letter.isupper() for letter in letters if letter.lower() != letter.upper()):
        found.append(Finding(SHOULD, Phrase(gettext_noop("The subject is all in capitals; mail programs take that for spam."))))
    if subject.count("!") >= LOUDEST:
        found.append(Finding(SHOULD, Phrase(gettext_noop("The subject shouts; more than one exclamation mark looks like spam."))))
    return found


def _names(wording: Wording, words: Sequence[Word]) -> list[Finding]:
    known = paths_of(words)
    found: dict[tuple[str, int], Finding] = {}
    for part, has_lines in ((wording.subject, False), (wording.preheader, False), (wording.source, True)):
        for path, index in _used(part):
            line = part.count("\n", 0, index) + 1 if has_lines else 0
            severity = _severity(path, known)
            if severity:
                found.setdefault((path, line), _unknown(path, severity, line, known))
    return list(found.values())


def _used(source: str) -> list[tuple[str, int]]:
    """Return every path a text uses, with where; names given in the text itself are followed to what they stand for."""
    try:
        analysis = environment(autoescape=False).from_string(source).analyze()
    except LiquidError:
        return []
    aliases = {name: f"{path}[]" for name, path in _LOOP.findall(source)} | dict(_ASSIGN.findall(source))
    own = {*aliases, *analysis.locals, "forloop", "tablerowloop"}
    found = []
    for variables in analysis.variables.values():
        for variable in variables:
            path = _path(variable.segments, aliases, own - set(aliases))
            if path:
                found.append((path, variable.span.index))
    return found


def _path(segments: Sequence[object], aliases: Mapping[str, str], unfollowed: set[str]) -> str:
    """Return a path as the vocabulary writes it; "" for a name whose source cannot be followed."""
    first = str(segments[0])
    for _step in range(len(aliases)):
        root, dot, rest = first.partition(".")
        name, each, _ = root.partition("[]")
        if name not in aliases or aliases[name].partition(".")[0] == name:
            break
        first = aliases[name] + each + dot + rest
    if re.split(r"[.\[]", first)[0] in unfollowed:
        return ""
    steps = [first]
    for segment in segments[1:]:
        if isinstance(segment, int) or segment in {"first", "last"}:
            steps[-1] += "[]"
        elif isinstance(segment, str):
            steps.append(segment)
        else:
            return ""
    return ".".join(steps[:-1] if len(steps) > 1 and steps[-1] == "size" else steps)


def _severity(path: str, known: Mapping[str, bool]) -> str:
    if path in known or path.startswith(("event.", "products.")):
        return ""
    return SHOULD if any(path.startswith(f"{name}.") for name in OPEN) else MUST


def _unknown(path: str, severity: str, line: int, known: Mapping[str, bool]) -> Finding:
    beside = [name for name in known if severity == MUST or name.startswith(f"{OPEN[1]}.")]
    near = get_close_matches(path, beside, n=1, cutoff=0.6)
    hint = Phrase(gettext_noop("Did you mean %(name)s?"), {"name": near[0].replace("[]", "")}) if near else None
    return Finding(severity, Phrase(gettext_noop("“%(name)s” does not exist."), {"name": path.replace("[]", "")}), line, hint=hint)


def _body(compiled: Compiled, source: str) -> list[Finding]:
    look = _Look.of(compiled.html)
    found = [_size(len(compiled.html.encode()))]
    for href in dict.fromkeys(look.links):
        fault = _link_fault(href)
        if fault:
            found.append(Finding(MUST, Phrase(fault, {"address": href[:80]}), _line_of(source, rf'href\s*=\s*["\']{re.escape(href)}["\']')))
    if look.empty_images:
        words = Phrase(gettext_noop("Pictures without an address: %(count)s."), {"count": look.empty_images})
        found.append(Finding(MUST, words, _line_of(source, r"""<(?:mj-image|img)\b(?=[^>]*\bsrc\s*=\s*(?:""|''))""")))
    if look.bare_images:
        words = Phrase(gettext_noop("Pictures without a description: %(count)s."), {"count": look.bare_images})
        line = _line_of(source, r"""<(?:mj-image|img)\b(?![^>]*\balt\s*=)""")
        found.append(Finding(SHOULD, words, line, hint=Phrase(gettext_noop("People who cannot see them hear nothing."))))
    return [*found, *_looks_like_spam(compiled, look)]


def _looks_like_spam(compiled: Compiled, look: "_Look") -> list[Finding]:
    """Return what mail programs take for spam."""
    found = []
    text = LIQUID.sub("", compiled.text)
    if sum(sign.isalpha() for sign in text) < FEWEST_LETTERS:
        found.append(Finding(SHOULD, Phrase(gettext_noop("There is hardly any text; a mail of pictures alone looks like spam."))))
    if text.count("!") > MOST_SHOUTS:
        words = Phrase(gettext_noop("The text shouts: %(count)s exclamation marks."), {"count": text.count("!")})
        found.append(Finding(SHOULD, words))
    if any(_host(href) in SHORTENERS for href in look.links):
        words = Phrase(gettext_noop("A link hides behind a shortener; mail programs mistrust those. Link to the page itself."))
        found.append(Finding(SHOULD, words))
    if look.has_script or look.has_form:
        found.append(Finding(SHOULD, Phrase(gettext_noop("Scripts and forms do not work in mails, and make them look dangerous."))))
    return found


def _links_of_text(text: str) -> list[Finding]:
    """Return what is wrong with an SMS beside its names."""
    if any(_host(address) in SHORTENERS for address in _ADDRESS.findall(text)):
        return [
            Finding(
                SHOULD, Phrase(gettext_noop("A link hides behind a shortener; phone companies block those. We shorten links ourselves."))
            )
        ]
    return [Finding(FINE, Phrase(gettext_noop("Links are shortened when it is sent.")))]


def _line_of(source: str, pattern: str) -> int:
    """Return the first line a pattern is found in, 0 for none."""
    found = re.search(pattern, source)
    return source.count("\n", 0, found.start()) + 1 if found else 0


def _host(href: str) -> str:
    try:
        return (urlsplit(LIQUID.sub("x", href.strip())).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def links_in(html: str) -> list[str]:
    """Return the addresses a mail links to, as they stand."""
    return [link.strip() for link in _Look.of(html).links]


def _size(size: int) -> Finding:
    values = {"size": round(size / 1024)}
    if size > CLIPPED_BYTES:
        return Finding(SHOULD, Phrase(gettext_noop("%(size)s KB; Gmail cuts at 102 KB, and the end would be missing."), values))
    return Finding(FINE, Phrase(gettext_noop("%(size)s KB; Gmail cuts at 102 KB."), values))


def _link_fault(href: str) -> str:
    """Return what is wrong with an address, "" for a good one or one that is only known when it is sent."""
    address = href.strip()
    if address.startswith(("{{", "{%")):
        return ""
    if not address or address == "#":
        return gettext_noop("A link leads nowhere: “%(address)s”.")
    try:
        parts = urlsplit(LIQUID.sub("x", address))
        host = parts.hostname or ""
    except ValueError:
        return gettext_noop("“%(address)s” is no address.")
    if parts.scheme in {"mailto", "tel"} or address.startswith("#"):
        return ""
    if not parts.scheme:
        return gettext_noop("“%(address)s” lacks https:// at its beginning.")
    if parts.scheme not in {"http", "https"}:
        return gettext_noop("“%(address)s” is of a kind no mail may link to.")
    return "" if _LOOKS_LIKE_A_HOST.fullmatch(host) or host == "localhost" else gettext_noop("“%(address)s” names no host.")


def _footer(source: str) -> list[Finding]:
    if framing.has_way_out(source) and framing.has_address(source):
        return [Finding(FINE, Phrase(gettext_noop("Address and a way to say no are in.")))]
    return [Finding(FINE, Phrase(gettext_noop("Address or a way to say no was missing; we put it at the end.")))]


class _Look(HTMLParser):
    """Collects links and pictures, and what has no place in a mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.bare_images = self.empty_images = 0
        self.has_script = self.has_form = False

    @classmethod
    def of(cls, html: str) -> "_Look":
        """Look through a mail."""
        look = cls()
        look.feed(html)
        look.close()
        return look

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and "href" in values:
            self.links.append(values["href"] or "")
        elif tag == "img":
            self.bare_images += "alt" not in values
            self.empty_images += not (values.get("src") or "").strip()
        self.has_script = self.has_script or tag == "script"
        self.has_form = self.has_form or tag == "form"
