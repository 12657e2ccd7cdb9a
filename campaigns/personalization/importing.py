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
_MARK = re.compile(r"\\({{[^{}]*}})|{{\s*([#^/]?)\s*(each\s+|if\s+|unless\s+)?(\w[\w.]*|\.)\s*}}|{{{\s*(\w[\w.]*)\s*}}}")
_THROUGH_ITSELF = re.compile(r"{{\s*#\s*each\s+\.\s*}}")
_ENDS = {"for": "{% endfor %}", "if": "{% endif %}", "unless": "{% endunless %}"}


class _Open(NamedTuple):
    """A tag that is not closed yet. here: what "." means inside it, "" where it changes nothing; in a loop the thing names are asked of."""

    tag: str
    here: str = ""
    loops: bool = False


def import_html(text: str) -> str:
    """Return HTML with Liquid in place of Mustache; everything else stays letter by letter.

    Inside a loop a name is asked of the loop's thing; a loop inside a loop has a thing of its own. An end without a beginning is left out.
    """
    open_tags: list[_Open] = []

    def turned(found: re.Match[str]) -> str:
        if found[1]:
            return f"{{% raw %}}{found[1]}{{% endraw %}}"
        sign, word, name = found[2] or "", (found[3] or "").strip(), found[4] or found[5]
        if sign == "/" or (sign == "" and word):
            return _ENDS[open_tags.pop().tag] if sign == "/" and open_tags else ""
        path = _path(name, open_tags)
        if sign == "^" or word == "unless":
            open_tags.append(_Open("unless"))
            return f"{{% unless {path} %}}"
        if sign == "#" and (word == "if" or (not word and _goes_through_itself(text, found))):
            open_tags.append(_Open("if", "" if word else path))
            return f"{{% if {path} %}}"
        if sign == "#":
            depth = sum(one.loops for one in open_tags)
            open_tags.append(_Open("for", f"item{depth + 1}" if depth else "item", loops=True))
            return f"{{% for {open_tags[-1].here} in {path} %}}"
        return f"{{{{ {path} }}}}"

    turned_text = _MARK.sub(turned, text)
    return turned_text + "".join(_ENDS[one.tag] for one in reversed(open_tags))


def _goes_through_itself(text: str, section: re.Match[str]) -> bool:
    end = re.search(rf"{{{{\s*/\s*{re.escape(section[4])}\s*}}}}", text[section.end() :])
    return bool(end and _THROUGH_ITSELF.search(text, section.end(), section.end() + end.start()))


def _path(name: str, open_tags: list[_Open]) -> str:
    if name == ".":
        return next((one.here for one in reversed(open_tags) if one.here), "event")
    if name.partition(".")[0] in OURS:
        return name
    thing = next((one.here for one in reversed(open_tags) if one.loops), "event")
    return f"{thing}.{name}"
