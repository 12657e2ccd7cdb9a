"""The mail of the sending benchmark, the same for both sides: 40 KB of HTML, a loop over four lines of a basket, 24 links."""

from typing import Any

SHOP = "https://lumen.example.test"
_STYLE = "font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:24px;color:#1d2b36;padding:10px 25px;word-break:break-word"
_ROWS, _FIXED_LINKS = 128, 19  # with four lines and the way out: 24


def _filler() -> list[str]:
    rows = [
        f'<tr><td align="left" style="{_STYLE}"><div style="{_STYLE}">Row {number} of the letter.</div></td></tr>'
        for number in range(_ROWS)
    ]
    links = [f'<tr><td><a href="{SHOP}/shelf/{number}?from=mail&amp;n={number}" style="{_STYLE}">Shelf {number}</a></td></tr>' for number in range(_FIXED_LINKS)]  # noqa: E501 # fmt: skip
    return [*rows[:60], *links, *rows[60:]]


def source(*, money: str) -> dict[str, str]:
    """Return subject, html and text for one template language. money: how it writes a line's amount."""
    line = (
        '<tr><td><img src="{{ line.image_url }}" alt=""></td><td><a href="{{ line.url }}">{{ line.name }}</a> {{ line.quantity }} x '
    ) + f"{money}</td></tr>"
    rows = _filler()
    loop = "{% for line in cart.lines %}" + line + "\n{% endfor %}"
    hello = "<h1>{% if profile.first_name %}Hello {{ profile.first_name }}{% else %}Hello{% endif %}, your basket at {{ shop.name }}</h1>"
    foot = '<p>{{ shop.postal_address }} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
    html = "\n".join(["<html><body><table>", hello, *rows[:70], loop, *rows[70:], "</table>", foot, "</body></html>"])
    links = "\n".join(f"Shelf {number}: {SHOP}/shelf/{number}?from=mail&n={number}" for number in range(_FIXED_LINKS))
    text = (
        "Hello {{ profile.first_name }}\n{% for line in cart.lines %}{{ line.name }}: {{ line.url }}\n{% endfor %}"
        + links
        + "\n{{ unsubscribe_url }}\n"
    )
    return {"subject": "{{ profile.first_name }}, your basket is waiting", "html": html, "text": text}


LIQUID = source(money="{{ line.total_minor | money: cart.currency }}")
DJANGO = source(money="{{ line.total }}")


def with_totals(context: dict[str, Any], write: Any) -> dict[str, Any]:
    """Return a context whose lines have their amounts written out: Django's side is spared that work."""
    lines = [line | {"total": write(line["total_minor"], currency="EUR", locale="en")} for line in context["cart"]["lines"]]
    return context | {"cart": context["cart"] | {"lines": lines}}
