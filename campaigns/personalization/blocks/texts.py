"""The text of a block as one types it: **bold**, *italic*, [words](address), a new line is a new line. Liquid stays as it is."""

import re
from html import escape, unescape

from campaigns.personalization.liquid_parts import LIQUID

_TAG = re.compile(r"<(/?)(\w+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_HREF = re.compile(r"""\s*href\s*=\s*(["'])((?:(?!\1).)*)\1\s*""", re.DOTALL)
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*"}
_SIGN = re.compile(r"([\\*\[])")
# None of these looks past the next sign it could begin at: a text full of such signs is read once and not once for each.
_BOLD = re.compile(r"\*\*(?=\S)((?:[^*]|\*(?!\*))+?)(?<=\S)\*\*")
_ITALIC = re.compile(r"\*(?=\S)([^*]+?)(?<=\S)\*")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^)\s\[]+)\)")
_KEPT = re.compile("\ue000(\\d+)\ue001")


def as_typed(html: str) -> str | None:
    """Return the text of a block's HTML as one types it; None where there is more in it than can be typed so."""
    kept: list[str] = []
    text = LIQUID.sub(lambda found: _keep(kept, found[0]), html.strip())
    out: list[str] = []
    links: list[str] = []
    place = 0
    for found in _TAG.finditer(text):
        out.append(_words(text[place : found.start()]))
        place = found.end()
        closing, tag, rest = found[1], found[2].lower(), found[3].rstrip("/")
        href = _HREF.fullmatch(rest)
        if tag == "br":
            out.append("\n")
        elif tag in _MARKS and not rest.strip():
            out.append(_MARKS[tag])
        elif tag == "a" and closing and links:
            out.append(f"]({links.pop()})")
        elif tag == "a" and href and not closing:
            links.append(unescape(href[2]))
            out.append("[")
        else:
            return None
    out.append(_words(text[place:]))
    lines = [line.strip() for line in "".join(out).split("\n")]
    return None if links or "<" in text[place:] else _put_back("\n".join(lines), kept)


def as_html(typed: str) -> str:
    """Return what was typed as the HTML of a block."""
    kept: list[str] = []
    text = LIQUID.sub(lambda found: _keep(kept, found[0]), typed.replace("\r\n", "\n").strip())
    text = re.sub(r"\\([\\*\[])", lambda found: _keep(kept, found[1]), text)
    text = escape(text, quote=False)
    text = _LINK.sub(lambda found: f'<a href="{_address(found[2], kept)}">{found[1]}</a>', text)
    text = _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", text))
    return _put_back(text.replace("\n", "<br />\n"), kept)


def _words(text: str) -> str:
    return _SIGN.sub(r"\\\1", unescape(re.sub(r"\s+", " ", text)))


def _address(text: str, kept: list[str]) -> str:
    """Return an address for an attribute; Liquid in it writes its texts in single quotes."""
    address = _put_back(text, kept)
    return LIQUID.sub(lambda found: found[0].replace('"', "'"), address).replace("*", "%2A")


def _keep(kept: list[str], text: str) -> str:
    kept.append(text)
    return f"\ue000{len(kept) - 1}\ue001"


def _put_back(text: str, kept: list[str]) -> str:
    return _KEPT.sub(lambda found: kept[int(found[1])] if int(found[1]) < len(kept) else "", text)
