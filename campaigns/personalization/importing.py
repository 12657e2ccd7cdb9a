"""A mail made elsewhere, as HTML: kept as it is, with the placeholders of the tool it comes from turned into Liquid.

Mustache's names become properties of the event that starts the message ({{ name }} -> {{ event.name }}), for that is where a shop's
system tells them; its sections become loops. Names that are ours already stay.
"""

import re

OURS = frozenset(
    {
        "profile", "cart", "event", "shop", "unsubscribe_url", "preferences_url", "survey_url", "viewed", "recommended", "newest",
        "companions", "products", "coupon",
    }
)  # fmt: skip
_MARK = re.compile(r"{{\s*([#^/]?)\s*(each\s+|if\s+|unless\s+)?(\w[\w.]*|\.)\s*}}|{{{\s*(\w[\w.]*)\s*}}}")
_ENDS = {"for": "{% endfor %}", "if": "{% endif %}", "unless": "{% endunless %}"}


def import_html(text: str) -> str:
    """Return HTML with Liquid in place of Mustache; everything else stays letter by letter.

    Inside a loop a name is asked of the loop's thing. An end without a beginning is left out.
    """
    open_tags: list[str] = []

    def turned(found: re.Match[str]) -> str:
        sign, word, name = found[1] or "", (found[2] or "").strip(), found[3] or found[4]
        if sign == "/" or (sign == "" and word):
            return _ENDS[open_tags.pop()] if sign == "/" and open_tags else ""
        path = _path(name, inside="for" in open_tags)
        if sign == "^" or word == "unless":
            open_tags.append("unless")
            return f"{{% unless {path} %}}"
        if sign == "#" and word == "if":
            open_tags.append("if")
            return f"{{% if {path} %}}"
        if sign == "#":
            open_tags.append("for")
            return f"{{% for item in {path} %}}"
        return f"{{{{ {path} }}}}"

    turned_text = _MARK.sub(turned, text)
    return turned_text + "".join(_ENDS[tag] for tag in reversed(open_tags))


def _path(name: str, *, inside: bool) -> str:
    if name == ".":
        return "item" if inside else "event"
    if name.partition(".")[0] in OURS:
        return name
    return f"{'item' if inside else 'event'}.{name}"
