"""The template tags every page uses: icons, states, addresses in the store, figures, drawings, form fields.

Only binds: what a figure looks like is in `figures.py` and `drawings.py`, the states are in `states.py`.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import BoundField, Field
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, ClearableFileInput, PasswordInput, RadioSelect, Select, Textarea
from django.templatetags.static import static
from django.urls import reverse
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from retention.dashboard import drawings, figures
from retention.dashboard.states import state_of
from retention.kit.clock import now as clock_now

register = template.Library()
register.simple_tag(drawings.bar, name="bar")
register.simple_tag(drawings.funnel, name="funnel")
register.simple_tag(drawings.overview, name="overview")


@register.simple_tag
def icon(name: str, css: str = "", *, label: str = "") -> SafeString:
    """Draw an icon of the sprite; with a label it is named, else hidden from screen readers."""
    return _draw_icon(name, f"ico {css}".strip(), str(label))


@lru_cache(2_000)
def _draw_icon(name: str, classes: str, label: str) -> SafeString:
    """Draw it once: a list has a hundred icons and asking for the sprite's address costs more than the rest of each."""
    address = f"{static('img/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, address)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, address)


@register.simple_tag
def state(key: str, word: str = "", *, title: str = "") -> SafeString:
    """Draw a state as badge: icon and word; `word` says it more exactly ("Sent") without changing icon or colour."""
    found = state_of(key)
    extra = format_html(' title="{}"', title) if title else ""
    return format_html('<span class="bo-badge {}"{}>{}{}</span>', found.css, extra, icon(found.icon), word or found.word)


@register.simple_tag
def state_icon(key: str) -> SafeString:
    """Draw a state where there is only room for its icon; the word is there for screen readers and as title."""
    found = state_of(key)
    return format_html(
        '<span class="bo-state {}" title="{}">{}<span class="visually-hidden">{}</span></span>',
        found.css,
        found.word,
        icon(found.icon),
        found.word,
    )


@register.simple_tag(takes_context=True)
def store_url(context: template.Context, url_name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of a page in the store of this page (or in `store_slug=`)."""
    slug = kwargs.pop("store_slug", None) or context["request"].store.slug
    if args:
        return reverse(url_name, args=[slug, *args])
    return reverse(url_name, kwargs={"store_slug": slug, **kwargs})


@register.filter
def as_json(value: object) -> str:
    """Write a value as JSON for a data attribute (escaped by the template like any text)."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def host(address: object) -> str:
    """Return only the host of a web address: lumen.example.test."""
    text = str(address)
    return urlsplit(text).hostname or text


@register.filter
def initials(name: object) -> str:
    """Return up to two first letters of a name."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper() if words else "?"


@register.filter
def number(value: float | Decimal | None, decimals: int = 0) -> str:
    """Write a number in the language's way; None is "not known"."""
    return _("not known") if value is None else figures.write_number(value, decimals=decimals)


@register.filter
def compact(value: float | Decimal) -> str:
    """Write a number for row heads and axes: 61.4k."""
    return figures.write_compact(value)


@register.filter
def share(value: float | Decimal | None, decimals: int | None = None) -> str:
    """Write a share between 0 and 1 as percent; None is "not known"."""
    return _("not known") if value is None else figures.write_share(value, decimals=decimals)


@register.simple_tag(takes_context=True)
def money(context: template.Context, minor: int | None, currency: str = "", *, cents: bool = False, compact: bool = False) -> str:
    """Write an amount in smallest units, in the currency given or the store's; None is "not known"."""
    if minor is None:
        return _("not known")
    return figures.write_money(minor, currency=currency or context["request"].store.currency, cents=cents, compact=compact)


@register.simple_tag
def change(value: float, words: str = "", *, currency: str = "", points: bool = False, plain: bool = False) -> SafeString:
    """Write a change with arrow, sign and words; a fall is clay, no change is grey; `words` follow the figure."""
    text = figures.write_change(value, currency=currency, points=points)
    full = f"{text} {words}".strip()
    if plain or value == 0:
        return format_html('<span class="tnum">{}</span>', full)
    css, arrow = ("up", "arrow-up-right") if value > 0 else ("down", "trending-down")
    return format_html('<span class="{}">{}{}</span>', css, icon(arrow), full)


@register.simple_tag(takes_context=True)
def timeago(context: template.Context, moment: datetime | None) -> SafeString | str:
    """Write how long ago a moment was, with the full moment as title; None is "never"."""
    if moment is None:
        return _("never")
    asked = context.get("moment")
    now = asked.now if asked is not None else clock_now()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        figures.write_moment(moment),
        figures.write_time_ago(moment, now=now),
    )


@register.simple_tag
def spark(values: Sequence[float], label: str) -> SafeString:
    """Draw a sparkline; the label is its finding in words."""
    return drawings.spark(values, label=label)


@register.simple_tag
def interval(
    low: float, guess: float, high: float, *, scale_low: float, scale_high: float, width: int = 150, sure: bool = True
) -> SafeString:
    """Draw a 95 % range on the table's shared scale. sure: whether it may be called a gain or a loss where zero is outside."""
    label = _("%(guess)s, 95%% sure between %(low)s and %(high)s") % {
        "guess": figures.write_number(guess),
        "low": figures.write_number(low),
        "high": figures.write_number(high),
    }
    return drawings.interval(low, guess, high, scale=(scale_low, scale_high), label=label, width=width, sure=sure)


@register.simple_tag
def day_bars(
    totals: Sequence[float], parts: Sequence[float], *, ticks: Sequence[float], words: Sequence[str], days: Sequence[str], label: str
) -> SafeString:
    """Draw an amount per day with a part of it; every seventh day is named."""
    axis = drawings.Axis(tuple(ticks), tuple(words))
    return drawings.day_bars(totals, parts, axis=axis, days=[day if index % 7 == 0 else "" for index, day in enumerate(days)], label=label)


@register.simple_tag
def level(
    values: Sequence[float],
    lows: Sequence[float],
    highs: Sequence[float],
    *,
    ticks: Sequence[float],
    words: Sequence[str],
    names: Sequence[str],
    last: str,
    label: str,
) -> SafeString:
    """Draw a level over time with its range."""
    return drawings.level(values, lows, highs, axis=drawings.Axis(tuple(ticks), tuple(words)), names=names, last=last, label=label)


@register.inclusion_tag("ui/_field.html")
def field(
    bound: BoundField,
    *,
    label: str = "",
    hint: str = "",
    link: str = "",
    link_text: str = "",
    check_url: str = "",
    ok: str = "",
    plain: bool = False,
    errors: Sequence[str] = (),
) -> dict[str, Any]:
    """Render a form field: label above, hint below, an error in the hint's place.

    check_url: where the value is posted when the field is left (htmx). link: a small link beside the label, in place of the form's own
    hint. ok: a good word in the hint's place. plain: do not say that it may stay empty, where everything may.
    errors: sentences about the whole form that belong to this field (a sign-in that failed).
    """
    return {
        "bound": bound,
        "kind": _kind_of(bound),
        "label": label or bound.label,
        "hint": hint or ("" if link else bound.help_text),
        "link": link,
        "link_text": link_text,
        "ok": ok,
        "check_url": check_url,
        "required": bound.field.required or plain,
        "errors": [*_errors_of(bound, label=label), *errors],
    }


def _errors_of(bound: BoundField, *, label: str) -> list[str]:
    """Return a field's errors; of one that was left empty its name, where Django would only say "this field"."""
    left_empty = str(Field.default_error_messages["required"])
    missing = _("%(label)s is missing.") % {"label": label or bound.label}
    return [missing if str(error) == left_empty else str(error) for error in bound.errors]


@register.simple_tag(takes_context=True)
def widget(context: template.Context, bound: BoundField) -> SafeString:
    """Render only the input of a field, with our classes and its aria attributes; used inside `ui/_field.html`."""
    errors, kind = context.get("errors") or bound.errors, _kind_of(bound)
    css = {"select": "form-select", "radio": "", "checks": "", "check": ""}.get(kind, "form-control")
    names = (str(bound.field.widget.attrs.get("class", "")), css, "is-invalid" if errors else "")
    attrs: dict[str, Any] = {"class": " ".join(name for name in names if name)}
    if errors:
        attrs |= {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"}
    elif context.get("hint") or context.get("ok"):
        attrs["aria-describedby"] = f"{bound.auto_id}_hint"
    bound.field.widget.attrs.pop("placeholder", None)  # a placeholder is never the label; the hint says what is meant
    return bound.as_widget(attrs={name: value for name, value in attrs.items() if value})


def _kind_of(bound: BoundField) -> str:
    kinds: list[tuple[type, str]] = [
        (RadioSelect, "radio"),
        (CheckboxSelectMultiple, "checks"),
        (CheckboxInput, "check"),
        (PasswordInput, "password"),
        (Textarea, "text"),
        (ClearableFileInput, "file"),
        (Select, "select"),
    ]
    return next((kind for widget_class, kind in kinds if isinstance(bound.field.widget, widget_class)), "text")


@register.filter
def birthday(text: str) -> str:
    """Write 1990-05-01 as a date and --05-01 as a day of the year, in the reader's language."""
    if text.startswith("--"):
        return formats.date_format(date.fromisoformat(f"2000{text[1:]}"), "MONTH_DAY_FORMAT")
    return formats.date_format(date.fromisoformat(text), "DATE_FORMAT") if text else ""
