"""What every mail carries whatever its source says: a preview line, a way to say no, and the shop's postal address.

A way out counts only where everybody sees it: a link to `unsubscribe_url` outside every condition, loop and comment. The law asks for it.
"""

import re
from html import escape

from campaigns.personalization.liquid_parts import LIQUID
from campaigns.personalization.render import TemplateFault

FOOT_MJML = """    <mj-section padding="16px">
      <mj-column>
        <mj-text font-size="12px" color="#5b6b73" align="center">
          {{ shop.words.why }}
          <a href="{{ unsubscribe_url }}" style="color:inherit">{{ shop.words.unsubscribe }}</a> ·
          <a href="{{ preferences_url }}" style="color:inherit">{{ shop.words.preferences }}</a><br />
          {{ shop.postal_address | default: shop.name | one_line }}
        </mj-text>
      </mj-column>
    </mj-section>
"""  # of the mails we write ourselves; any other gets `_FOOTER` for what it lacks
PROTECTED = ("unsubscribe_url", "preferences_url", "survey_url", "shop")
_COMMENT = re.compile(r"<!--(?:.*?-->|.*\Z)", re.DOTALL)  # one without an end hides all that follows
_WAY_OUT = re.compile(r"""<a\b[^<>]*?\bhref\s*=\s*["']?\s*{{-?\s*unsubscribe_url\s*-?}}""", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"{{-?\s*shop\.postal_address\b[^}]*}}")
_TAG = re.compile(r"{%-?\s*(end)?(if|unless|case|for|tablerow|capture|comment|raw|doc|ifchanged)\b")
_NAMES_ANEW = re.compile(rf"\b(?:assign|capture|increment|decrement|for|tablerow)\s+({'|'.join(PROTECTED)})\b(?!\.)")
_BODY_START, _BODY_END = re.compile(r"<body\b[^>]*>", re.IGNORECASE), re.compile(r"</body\s*>", re.IGNORECASE)
_HIDDEN = "display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden"
_FOOTER = (
    '\n<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr>\n'
    '<td align="center" style="padding:20px 16px;font-family:Helvetica,Arial,sans-serif;font-size:12px;line-height:18px;color:#5b6b73">\n'
    "{lines}\n</td></tr></table>\n"
)
_SAY_NO = '<a href="{{ unsubscribe_url }}" style="color:#5b6b73">{{ shop.words.unsubscribe }}</a>'
_WHERE = "{{ shop.postal_address | default: shop.name | one_line }}"


def check_names(source: str) -> None:
    """Raise TemplateFault where a source gives a name of ours another value: a way out must lead out."""
    taken = _NAMES_ANEW.search(source)
    if taken:
        raise TemplateFault(f"{taken[1]} is ours and cannot be given another value")


def has_way_out(html: str) -> bool:
    """Say whether everybody sees a link to `unsubscribe_url`."""
    return _everybody_sees(_WAY_OUT, html)


def has_address(html: str) -> bool:
    """Say whether everybody sees the shop's postal address."""
    return _everybody_sees(_ADDRESS, html)


def with_footer(html: str) -> str:
    """Return the mail with what it lacks of a way out and the shop's address at its end."""
    lines = [line for line, there in ((_SAY_NO, has_way_out(html)), (_WHERE, has_address(html))) if not there]
    if not lines:
        return html
    footer = _FOOTER.replace("{lines}", "<br>\n".join(lines))
    ends = list(_BODY_END.finditer(html))
    if not ends:
        return html + footer
    return html[: ends[-1].start()] + footer + html[ends[-1].start() :]


def with_preheader(html: str, preheader: str) -> str:
    """Return the mail with the line that mail programs show beside the subject; hidden in the mail itself."""
    if not preheader.strip():
        return html
    shown = "".join(part if index % 2 else escape(part) for index, part in enumerate(LIQUID.split(preheader)))
    hidden = f'<div style="{_HIDDEN}">{shown}</div>'
    start = _BODY_START.search(html)
    return html[: start.end()] + hidden + html[start.end() :] if start else hidden + html


def _everybody_sees(pattern: re.Pattern[str], html: str) -> bool:
    plain = _COMMENT.sub(lambda found: " " * len(found.group(0)), html)
    return any(_depth(plain[: found.start()]) == 0 for found in pattern.finditer(plain))


def _depth(before: str) -> int:
    """Return how many conditions, loops and comments of Liquid are open at the end of a text."""
    return sum(-1 if end else 1 for end, _tag in _TAG.findall(before))
