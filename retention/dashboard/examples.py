"""The invented shop Lumen Coffee as the styleguide shows it: every piece in every state, with figures that add up.

Data only, no models and no translation: these are a shop's own words. A new piece gets its example here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from retention.dashboard import drawings
from retention.dashboard.drawings import Node, nice_ticks
from retention.dashboard.home_parts import Checklist, Counter, NeedsYou, Step
from retention.dashboard.paging import Page

COLOURS = (
    ("brand", "Lagoon", "0b6674 / 62bfcb"),
    ("ochre", "Ochre", "c47a06 / f0b04a"),
    ("plum", "Plum", "7a5bb0 / 9d82e2"),
    ("clay", "Clay", "c4472a / f08f72"),
    ("ink", "Ink", "152123 / e9efef"),
    ("bg", "Ground", "f5f7f7 / 0e1415"),
)
DAYS = [
    3440,
    3080,
    3660,
    3720,
    4200,
    4600,
    3790,
    3910,
    3690,
    3780,
    3660,
    4200,
    5320,
    4110,
    4160,
    3820,
    3720,
    4160,
    4620,
    5930,
    4160,
    5100,
    3930,
    3840,
    4100,
    4930,
    5830,
    4920,
    4620,
    4290,
]
PARTS = [
    256,
    238,
    292,
    338,
    324,
    410,
    324,
    212,
    220,
    252,
    250,
    222,
    296,
    340,
    278,
    264,
    262,
    376,
    372,
    474,
    272,
    340,
    228,
    234,
    270,
    362,
    334,
    352,
    384,
    304,
]
RETENTION = [27.9, 28.2, 28.1, 28.6, 28.9, 29.0, 29.6, 30.1, 30.0, 30.6, 31.0, 31.4]
MONTHS = ["Dec", "", "", "Mar", "", "", "Jun", "", "", "Sep", "", "Nov"]


@dataclass(frozen=True)
class Sent:
    """One campaign as a row of the example table."""

    name: str
    state: str
    word: str
    when: str
    reached: str
    clicked: str
    brought: int | None
    low: int = 0
    high: int = 0


CAMPAIGNS = (
    Sent("The Advent roast is here", "done", "Sent", "Tue 17 Nov", "5,871", "7.0%", 64000, -190, 1470),
    Sent("New arrivals, November", "scheduled", "", "Mon 23 Nov, 09:00 local", "2,908 expected", "", None),
    Sent("Grinder owners: new burrs", "draft", "", "not set", "", "", None),
)


class ExampleForm(forms.Form):
    """A form with every kind of field, as the create-a-store pages use them."""

    sender = forms.CharField(label=_("Sender name"), help_text=_("Shoppers see it before they open."), initial="Lumen Coffee")
    hold_back = forms.IntegerField(
        label=_("Hold back, percent"),
        min_value=5,
        error_messages={"min_value": _("At least 5%%. With less, this cell could never show whether it works.")},
    )
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "off"}), required=False)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=[("DE", "Germany"), ("ES", "Spain"), ("JP", "Japan")],
        help_text=_("Sets the rules for consent and quiet hours: confirm by e-mail first, nothing between 21:00 and 08:00."),
    )
    zone = forms.ChoiceField(label=_("Time zone"), choices=[("Europe/Berlin", "Berlin, now 09:12"), ("Europe/Madrid", "Madrid, now 09:12")])
    address = forms.CharField(label=_("Postal address"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    rhythm = forms.ChoiceField(
        label=_("How often does a good customer buy?"),
        widget=forms.RadioSelect,
        choices=[("month", "Monthly"), ("weeks", "6 to 8 weeks"), ("year", "Yearly")],
        initial="weeks",
        help_text=_("A first guess. Your orders will correct it."),
    )
    sample = forms.BooleanField(
        label=_("Load a sample shop so I can look around"),
        help_text=_("2,000 invented customers, removed with one click"),
        required=False,
        initial=True,
    )


def refused_form() -> ExampleForm:
    """Return the form as it comes back with an error."""
    return ExampleForm(
        {"sender": "Lumen Coffee", "hold_back": "2", "country": "DE", "zone": "Europe/Berlin", "rhythm": "weeks", "sample": "on"}
    )


def table() -> dict[str, Any]:
    """Return the example table: columns, rows, chips."""
    return {
        "page": Page(list(CAMPAIGNS), 0, 3, "", ""),
        "columns": [
            {"label": _("Campaign")},
            {"label": _("State")},
            {"label": _("When")},
            {"label": _("Reached"), "css": "n", "sort": "descending"},
            {"label": _("Clicked"), "css": "n"},
            {"label": _("Brought in"), "css": "n"},
            {"label": _("95% range")},
        ],
        "chips": [{"before": "State is", "strong": "any but ended", "remove_url": "?"}],
    }


def figures() -> dict[str, Any]:
    """Return what the charts and small figures show."""
    ticks = nice_ticks(max(DAYS))
    return {
        "revenue": {"totals": DAYS, "parts": PARTS, "ticks": ticks, "words": [f"€{int(tick / 1000)}k" if tick else "€0" for tick in ticks]},
        "day_names": [f"{21 + index} Oct" if index < 11 else f"{index - 10} Nov" for index in range(30)],
        "retention": {
            "values": RETENTION,
            "lows": [value - 1.25 for value in RETENTION],
            "highs": [value + 1.25 for value in RETENTION],
            "names": MONTHS,
            "ticks": (26, 28, 30, 32),
            "words": ("26%", "28%", "30%", "32%"),
        },
        "ranges": drawings.ranges(
            [1.1, 0.9, 0.8, 0.75, 0.7, 0.68],
            [(-0.2, 2.4), (0.0, 1.8), (0.2, 1.4), (0.35, 1.15), (0.45, 0.95), (0.5, 0.86)],
            [(-1.1, 3.3), (-0.6, 2.4), (-0.2, 1.8), (0.05, 1.45), (0.25, 1.15), (0.38, 0.98)],
            axis=drawings.Axis((-1, 0, 1, 2, 3), ("−1", "0", "1", "2", "3")),
            names=["3 Nov", "", "5 Nov", "", "", "8 Nov"],
            last="+0.68 points",
            label=str(_("The mail brings back 0.68 more of a hundred people")),
            mark=(4, "the planned look"),
        ),
        "over_time": {
            "x": [int(datetime(2025 + (index + 11) // 12, (index + 11) % 12 + 1, 1, tzinfo=UTC).timestamp()) for index in range(12)],
            "percent": True,
            "series": [
                {"label": "Retention", "values": RETENTION},
                {"label": "High", "values": [value + 1.25 for value in RETENTION], "band": True},
                {"label": "Low", "values": [value - 1.25 for value in RETENTION], "band": True},
            ],
            "bands": [[2, 3]],
        },
        "bars": {
            "labels": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            "series": [{"label": "Orders", "values": [82, 98, 91, 87, 96, 104, 79]}],
        },
        "parts": {"labels": ["E-mail", "SMS", "Push"], "series": [{"label": "Delivered", "values": [5871, 412, 190]}]},
        "over_time_table": {
            "head": [_("Month"), _("Retention")],
            "rows": [[name, f"{value}%"] for name, value in zip(MONTHS, RETENTION, strict=True) if name],
        },
        "bars_table": {
            "head": [_("Day"), _("Orders")],
            "rows": [["Mon", 82], ["Tue", 98], ["Wed", 91], ["Thu", 87], ["Fri", 96], ["Sat", 104], ["Sun", 79]],
        },
        "parts_table": {"head": [_("Channel"), _("Delivered")], "rows": [["E-mail", "5,871"], ["SMS", "412"], ["Push", "190"]]},
        "parts_legend": [{"label": "E-mail 5,871", "css": ""}, {"label": "SMS 412", "css": "k2"}, {"label": "Push 190", "css": "k3"}],
        "inside": [391, 395, 393, 399, 402, 400, 405, 404, 403, 412],
        "nodes": [
            Node("Basket left", "1,204"),
            Node("Wait 1 hour", "287", 1),
            Node("Has a coupon", "201", 2),
            Node("No coupon", "716", 2, 1),
        ],
        "links": [(0, 1), (1, 2), (1, 3)],
    }


def home() -> dict[str, Any]:
    """Return the parts of the home page: counters, what needs you, the set-up list."""
    moment = datetime(2026, 11, 20, 8, 12, tzinfo=UTC)
    return {
        "counters": [
            Counter("Orders yesterday", "96", change="9 more than last Thursday", direction="up"),
            Counter("Messages delivered", "1,284", sub="61 held back:", url="#held"),
            Counter("Clicked", "117", small="9.1%", sub="Scanners and previews left out: 43"),
            Counter("Baskets that came back", "0", sub="Starts with the recovery plan", zero=True),
        ],
        "things": [
            NeedsYou(
                "truck-delivery",
                "Mira Tools has not confirmed purchase order PO-2611-0418.",
                "26 hours, agreed are 24. Four shoppers wait for 6 items.",
                "Ask the supplier",
                "#ask",
                moment,
                "bad",
            ),
            NeedsYou(
                "bolt",
                "Advent Flash starts today at 18:00 and the hand grinder will not last.",
                "60 pieces for 3,412 invited people.",
                "Look at the sale",
                "#sale",
                moment,
            ),
            NeedsYou(
                "ghost-2",
                "“Product seen, just looking” has run in shadow for 14 days.",
                "It would have reached 1,278 people. It is ready to go live.",
                "Open the cell",
                "#cell",
                moment,
                "plum",
            ),
        ],
        "checklist": Checklist(
            [
                Step("Create the store", "", done=True, done_text="Berlin time, euro, English"),
                Step(
                    "Let us hear your shop",
                    "Paste one line into your theme. We show the first visitor the moment they arrive.",
                    done=False,
                    template="dashboard/styleguide/_hear.html",
                ),
                Step(
                    "Bring your customers",
                    "A CSV from Klaviyo, Mailchimp or your shop. You see a preview before anything is stored.",
                    done=False,
                    button="Import",
                    url="#import",
                    minutes=4,
                ),
                Step("Say who writes", "Sender name, address and domain.", done=False, button="Add a sender", url="#sender", minutes=6),
            ]
        ),
    }


def story() -> dict[str, Any]:
    """Return a timeline with its trace, tabs, steps and a date range."""
    trace = {
        "title": "Why was nothing sent?",
        "gates": [
            {"question": "Agreed to e-mail?", "answer": "Yes, confirmed 4 Nov", "passed": True},
            {"question": "Messages today", "answer": "2 of 2 already", "figure": "2 / 2", "passed": False},
        ],
        "next": "E-mail at 12:28 tomorrow",
    }
    entries = [
        {
            "time": "09:02",
            "datetime": "2026-11-20T09:02",
            "icon": "shopping-cart",
            "tone": "",
            "title": "Left a basket",
            "text": "worth €44.82",
        },
        {
            "time": "10:02",
            "datetime": "2026-11-20T10:02",
            "icon": "hand-stop",
            "tone": "warn",
            "title": "Held back:",
            "text": "two messages that day already",
            "trace": trace,
        },
        {
            "time": "11:40",
            "datetime": "2026-11-20T11:40",
            "icon": "arrow-back-up",
            "tone": "good",
            "title": "Came back",
            "text": "and bought, €44.82",
        },
    ]
    return {
        "days": [{"title": "Friday 20 November", "entries": entries}],
        "tabs": [
            {"label": "Everyone", "url": "?", "current": True, "count": "6,840"},
            {"label": "Late", "url": "?late", "count": "412"},
            {"label": "New", "url": "?new", "count": None},
        ],
        "steps": [{"label": "Your shop", "state": "done"}, {"label": "How it sells", "state": "current"}, {"label": "Check", "state": ""}],
        "presets": [
            {"value": "1", "label": "Yesterday"},
            {"value": "7", "label": "7 days"},
            {"value": "30", "label": "30 days", "chosen": True},
            {"value": "90", "label": "90 days"},
        ],
        "start": date(2026, 10, 22),
        "end": date(2026, 11, 20),
        "snippet": '<script src="https://boomerang.example.test/b.js" data-key="pk_lumen_7f3a" defer></script>',
    }
