"""A mail made elsewhere, as HTML: kept as it is, with the placeholders of the tool it comes from turned into Liquid.

Mustache's names become properties of the event that starts the message ({{ name }} -> {{ event.name }}), for that is where a shop's
system tells them; its sections become loops. A section that goes through itself inside ({{#files}} ... {{#each .}}) is asked whether there
is anything, and the loop inside goes through it. Names that are ours already stay, and \\{{ name }} is shown as it stands, braces and all.
"""

import re
from typing import NamedTuple

OURS = frozenset(
    {
        "profile", "cart", "event", "shop", "unsubscribe_url", "preferences_url", "survey_url", "viewed", "recommended", "newest",
        "companions", "products", "coupon",
    }
)  # fmt: skip
DEEPEST = 30  # sections inside one another
MOST_SECTIONS = 2_000
# No blank is ever given back, so a text of nothing else is read once.
_MARK = re.compile(r"\\({{[^{}]*+}})|{{\s*+([#^/]?)\s*+(each\s++|if\s++|unless\s++)?(\w[\w.]*+|\.)\s*+}}|{{{\s*+(\w[\w.]*+)\s*+}}}")
_ENDS = {"for": "{% endfor %}", "if": "{% endif %}", "unless": "{% endunless %}"}


class _Open(NamedTuple):
    """A tag that is not closed yet. here: what "." means inside it, "" where it changes nothing; in a loop the thing names are asked of."""

    tag: str
    here: str = ""
    loops: bool = False


def import_html(text: str) -> str:
    """Return HTML with Liquid in place of Mustache; everything else stays letter by letter.

    Inside a loop a name is asked of the loop's thing; a loop inside a loop has a thing of its own. An end without a beginning is left out.
    From a section on that would lie deeper than `DEEPEST`, or comes after `MOST_SECTIONS`, the rest stays as it is. The text can grow.
    """
    open_tags: list[_Open] = []
    through_themselves = _through_themselves(text)
    sections_count, is_over = 0, False

    def turned(found: re.Match[str]) -> str:
        nonlocal sections_count, is_over
        if found[2] in {"#", "^"}:
            is_over = is_over or len(open_tags) == DEEPEST or sections_count == MOST_SECTIONS
            sections_count += 1
        if is_over:
            return found[0]
        if found[1]:
            return f"{{% raw %}}{found[1]}{{% endraw %}}"
        sign, word, name = found[2] or "", (found[3] or "").strip(), found[4] or found[5]
        if sign == "/" or (sign == "" and word):
            return _ENDS[open_tags.pop().tag] if sign == "/" and open_tags else ""
        path = _path(name, open_tags)
        if sign == "^" or word == "unless":
            open_tags.append(_Open("unless"))
            return f"{{% unless {path} %}}"
        if sign == "#" and (word == "if" or (not word and found.start() in through_themselves)):
            open_tags.append(_Open("if", "" if word else path))
            return f"{{% if {path} %}}"
        if sign == "#":
            depth = sum(one.loops for one in open_tags)
            open_tags.append(_Open("for", f"item{depth + 1}" if depth else "item", loops=True))
            return f"{{% for {open_tags[-1].here} in {path} %}}"
        return f"{{{{ {path} }}}}"

    turned_text = _MARK.sub(turned, text)
    return turned_text + "".join(_ENDS[one.tag] for one in reversed(open_tags))


def _through_themselves(text: str) -> set[int]:
    """Return where sections begin between which and their first end stands a loop through "."."""
    found: set[int] = set()
    open_at: dict[str, list[int]] = {}
    last_loop = -1
    for mark in _MARK.finditer(text):
        sign, word, name = mark[2], (mark[3] or "").strip(), mark[4]
        if sign == "#" and word == "each" and name == ".":
            last_loop = mark.start()
        elif sign == "#" and not word:
            open_at.setdefault(name, []).append(mark.start())
        elif sign == "/" and not word:
            found.update(start for start in open_at.pop(name, ()) if start < last_loop)
    return found


def _path(name: str, open_tags: list[_Open]) -> str:
    if name == ".":
        return next((one.here for one in reversed(open_tags) if one.here), "event")
    if name.partition(".")[0] in OURS:
        return name
    thing = next((one.here for one in reversed(open_tags) if one.loops), "event")
    return f"{thing}.{name}"
