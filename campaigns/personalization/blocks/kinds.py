"""The kinds of blocks: what each looks like in MJML when it is added, how it is known again, and what one fills in. A new one: a line here.

The first that fits a node is its kind. What none fits is shown as "own code": it can be moved and deleted, and stays as it is.
"""

import re
from dataclasses import dataclass

from campaigns.personalization.blocks.fields import Attribute, Field, Item, Part, Words
from campaigns.personalization.blocks.tree import attributes_of
from retention.kit.words import Phrase, gettext_noop

MOST_PRODUCTS = 6


@dataclass(frozen=True)
class Kind:
    """One kind of block. tag and mark (one of its css classes, "" for any) tell it; source is what is added, "" for none to add."""

    key: str
    label: Phrase
    icon: str
    tag: str
    mark: str
    fields: tuple[Field, ...] = ()
    source: str = ""
    says: Phrase | None = None

    def fits(self, tag: str, text: str) -> bool:
        """Say whether a node of this tag and text is of this kind."""
        return tag == self.tag and (not self.mark or self.mark in attributes_of(text).get("css-class", "").split())


def _digits(value: str) -> str:
    return str(min(MOST_PRODUCTS, max(1, int(value)))) if value.isdecimal() else "3"


def _moment(value: str) -> str:
    found = re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", value)
    return found[0].replace("T", " ") if found else "2030-01-01 12:00"


_SIZES = tuple((f"{size}px", Phrase(f"{size}")) for size in (12, 14, 16, 18, 20, 24, 28, 32, 40))
_SIDES = (
    ("", Phrase(gettext_noop("Left"))),
    ("center", Phrase(gettext_noop("Middle"))),
    ("right", Phrase(gettext_noop("Right"))),
)
_TEXT = Field("text", Phrase(gettext_noop("Text")), Words(), "text", hint=Phrase(gettext_noop("**bold**, *italic*, [words](address)")))
_HTML = Field("html", Phrase(gettext_noop("HTML of this text")), Words(whole=True), "text")
_SIZE = Field(
    "size", Phrase(gettext_noop("Letters")), Attribute("font-size"), "choice", (("", Phrase(gettext_noop("As the mail"))), *_SIZES)
)
_ALIGN = Field("align", Phrase(gettext_noop("Where")), Attribute("align"), "choice", _SIDES)
_COLOR = Field("color", Phrase(gettext_noop("Colour of the text")), Attribute("color"), "color")
_HREF = Field("href", Phrase(gettext_noop("Where it leads")), Attribute("href"), "address")
_LIMIT = re.compile(r"\bin (?:\w+)(?:\.lines)? limit: (?P<v>\d+)")
_COUNT = Field("count", Phrase(gettext_noop("Show at most")), Part(_LIMIT, _digits), "number")
_TITLE = Field(
    "title", Phrase(gettext_noop("Heading above, where there are any")), Part(re.compile(r'class="bo-title"[^>]*>(?P<v>[^<]*)</td>'))
)
_CHOSEN = re.compile(r'assign chosen = "(?P<v>[^"]*)"')
_UNTIL = re.compile(r"(?P<v>\d{4}-\d{2}-\d{2} \d{2}:\d{2})(?='\s*\|)")

_PRODUCT_ROW = """          <tr>
            {% if product.image_url != blank %}<td width="96" style="padding: 10px 0; vertical-align: top"><img src="{{ product.image_url | img_url: 160 }}" width="80" alt="{{ product.name }}" style="border-radius: 8px; display: block" /></td>{% endif %}
            <td colspan="{% if product.image_url != blank %}1{% else %}2{% endif %}" style="padding: 10px 0; vertical-align: middle"><a href="{{ product.url | default: shop.web_address }}" style="color: inherit; font-weight: 600; text-decoration: none">{{ product.name }}</a>{% if product.price_minor %}<br />{{ product.price_minor | money: product.currency, shop.locale }}{% if product.compare_at_minor > product.price_minor %} <s style="opacity: 0.65">{{ product.compare_at_minor | money: product.currency, shop.locale }}</s>{% endif %}{% endif %}</td>
          </tr>"""  # noqa: E501 - as it stands in the mail


def _shelf(name: str, title: str) -> str:
    title_style = "padding: 10px 0; font-size: 22px; font-weight: 700"
    return f"""<mj-table css-class="bo-products bo-text" font-size="16px" line-height="1.5">
          {{% if {name}.first %}}<tr><td class="bo-title" colspan="2" style="{title_style}">{title}</td></tr>{{% endif %}}
          {{% for product in {name} limit: 3 %}}
{_PRODUCT_ROW}
          {{% endfor %}}
        </mj-table>"""


CART = """<mj-table css-class="bo-cart bo-text" font-size="16px" line-height="1.5">
          {% for line in cart.lines limit: 6 %}
          <tr>
            {% if line.image_url != blank %}<td width="72" style="padding: 10px 0; vertical-align: top"><img src="{{ line.image_url | img_url: 112 }}" width="56" alt="{{ line.name }}" style="border-radius: 8px; display: block" /></td>{% endif %}
            <td colspan="{% if line.image_url != blank %}1{% else %}2{% endif %}" style="padding: 10px 0"><a href="{{ line.url | default: cart.url }}" style="color: inherit; font-weight: 600; text-decoration: none">{{ line.name }}</a><br /><span style="font-size: 14px">{{ line.quantity }} × {{ line.price_minor | money: cart.currency, shop.locale }}</span></td>
            <td style="padding: 10px 0; text-align: right; white-space: nowrap">{{ line.total_minor | money: cart.currency, shop.locale }}</td>
          </tr>
          {% endfor %}
          <tr>
            <td colspan="2" style="border-top: 1px solid #d5dcdc; padding: 12px 0; font-weight: 700">{{ shop.words.together }}</td>
            <td style="border-top: 1px solid #d5dcdc; padding: 12px 0; font-weight: 700; text-align: right; white-space: nowrap">{{ cart.total_minor | money: cart.currency, shop.locale }}</td>
          </tr>
        </mj-table>"""  # noqa: E501 - as it stands in the mail
CHOSEN = f"""<mj-table css-class="bo-chosen bo-text" font-size="16px" line-height="1.5">
          {{% assign chosen = "" | split: "," %}}{{% for id in chosen %}}{{% assign product = products[id] %}}{{% if product %}}
{_PRODUCT_ROW}
          {{% endif %}}{{% endfor %}}
        </mj-table>"""
LOGO = """<mj-text css-class="bo-logo bo-text" font-size="20px" font-weight="700">{% if shop.logo_url != blank %}<img src="{{ shop.logo_url }}" alt="{{ shop.name }}" height="36" style="border: 0; display: inline-block; height: 36px" />{% else %}{{ shop.name }}{% endif %}</mj-text>"""  # noqa: E501 - as it stands in the mail
BUTTON = '<mj-button css-class="bo-button" href="{{ shop.web_address }}" background-color="{{ shop.color }}" color="{{ shop.color_on }}">To the shop</mj-button>'  # noqa: E501 - as it stands in the mail

KINDS: tuple[Kind, ...] = (
    Kind(
        "footer", Phrase(gettext_noop("Address and a way to say no")), "shield-check", "mj-text", "bo-footer", (_SIZE, _ALIGN, _COLOR),
        says=Phrase(gettext_noop("The law asks for both, so this stays. The address comes from the settings of the store.")),
    ),
    Kind(
        "heading", Phrase(gettext_noop("Heading")), "heading", "mj-text", "bo-heading", (_TEXT, _HTML, _SIZE, _ALIGN, _COLOR),
        '<mj-text css-class="bo-heading" font-size="26px" font-weight="700" line-height="1.25">A heading</mj-text>',
    ),
    Kind(
        "coupon", Phrase(gettext_noop("Code")), "ticket", "mj-text", "bo-coupon", (_TEXT, _HTML, _ALIGN),
        '<mj-text css-class="bo-coupon bo-text" align="center" container-background-color="#faf3e6" padding="16px">Your code<br />\n'
        "<b>{{ coupon.code }}</b></mj-text>",
        Phrase(gettext_noop("Each person gets a code of their own.")),
    ),
    Kind(
        "social", Phrase(gettext_noop("Social links")), "messages", "mj-text", "bo-social", (_TEXT, _HTML, _SIZE, _ALIGN),
        '<mj-text css-class="bo-social bo-muted" align="center" font-size="14px">[[social]]</mj-text>',
        Phrase(gettext_noop("What stands in the look of your mails is filled in when the block is added.")),
    ),
    Kind(
        "logo", Phrase(gettext_noop("Logo")), "photo", "mj-text", "bo-logo", (_ALIGN,), LOGO,
        Phrase(gettext_noop("The logo of your shop, or its name where there is none.")),
    ),
    Kind(
        "text", Phrase(gettext_noop("Text")), "align-left", "mj-text", "", (_TEXT, _HTML, _SIZE, _ALIGN, _COLOR),
        '<mj-text css-class="bo-text">Write something here.</mj-text>',
    ),
    Kind(
        "button", Phrase(gettext_noop("Button")), "hand-click", "mj-button", "",
        (
            Field("text", Phrase(gettext_noop("What it says")), Words(), "line"),
            _HTML, _HREF,
            Field("back", Phrase(gettext_noop("Colour")), Attribute("background-color"), "color"),
            _COLOR, _ALIGN,
        ),
        BUTTON,
    ),
    Kind(
        "countdown", Phrase(gettext_noop("Countdown")), "clock", "mj-image", "bo-countdown",
        (Field("until", Phrase(gettext_noop("Until, by the clock of the shop")), Part(_UNTIL, _moment), "moment"), _HREF),
        "<mj-image css-class=\"bo-countdown\" width=\"320px\" src=\"{{ '[[until]]' | countdown_url: shop }}\" "
        "alt=\"{{ shop.words.until }} {{ '[[until]]' | date: '%Y-%m-%d %H:%M' }}\" />",
        Phrase(gettext_noop("A picture drawn when the mail is opened; who sees no pictures reads the moment.")),
    ),
    Kind(
        "picture", Phrase(gettext_noop("Picture")), "photo", "mj-image", "",
        (
            Field("src", Phrase(gettext_noop("Address of the picture")), Attribute("src"), "address"),
            Field("alt", Phrase(gettext_noop("What is on it")), Attribute("alt"), hint=Phrase(gettext_noop("For who cannot see it."))),
            _HREF,
            Field("width", Phrase(gettext_noop("Width in pixels")), Attribute("width", "px"), "number"),
        ),
        '<mj-image css-class="bo-picture" src="" />',
    ),
    Kind(
        "cart", Phrase(gettext_noop("Their basket")), "shopping-cart", "mj-table", "bo-cart", (_COUNT,), CART,
        Phrase(gettext_noop("What lies in the basket of the person, at the prices of the shop.")),
    ),
    Kind(
        "products", Phrase(gettext_noop("Seen items")), "eye", "mj-table", "bo-products", (_TITLE, _COUNT),
        _shelf("viewed", "What you looked at"),
        Phrase(gettext_noop("Only items that can be bought. Who has looked at nothing sees nothing here.")),
    ),
    Kind(
        "fits", Phrase(gettext_noop("Fits well")), "sparkles", "mj-table", "bo-fits", (_TITLE, _COUNT),
        _shelf("recommended", "Picked for you").replace("bo-products", "bo-fits"),
        Phrase(gettext_noop("Best sellers of what they like; not what they just bought, nothing sold out.")),
    ),
    Kind(
        "companions", Phrase(gettext_noop("Goes with it")), "stack-2", "mj-table", "bo-companions", (_TITLE, _COUNT),
        _shelf("companions", "Goes well with it").replace("bo-products", "bo-companions"),
        Phrase(gettext_noop("What others bought together with what they bought; best sellers where too little is known.")),
    ),
    Kind(
        "newest", Phrase(gettext_noop("New in the shop")), "bolt", "mj-table", "bo-newest", (_TITLE, _COUNT),
        _shelf("newest", "Just arrived").replace("bo-products", "bo-newest"),
        Phrase(gettext_noop("What was added last, what they like first; not what they just bought, nothing sold out.")),
    ),
    Kind(
        "chosen", Phrase(gettext_noop("Chosen items")), "tag", "mj-table", "bo-chosen",
        tuple(
            Field(f"item{index + 1}", Phrase(gettext_noop("Item %(number)s"), {"number": index + 1}), Item(_CHOSEN, index), "product")
            for index in range(4)
        ),
        CHOSEN,
    ),
    Kind(
        "line", Phrase(gettext_noop("Line")), "separator-horizontal", "mj-divider", "",
        (Field("color", Phrase(gettext_noop("Colour")), Attribute("border-color"), "color"),),
        '<mj-divider css-class="bo-line" border-width="1px" border-color="#d5dcdc" />',
    ),
    Kind(
        "space", Phrase(gettext_noop("Space")), "selector", "mj-spacer", "",
        (Field("height", Phrase(gettext_noop("Height in pixels")), Attribute("height", "px"), "number"),),
        '<mj-spacer height="24px" />',
    ),
)  # fmt: skip
SECTION_FIELDS = (
    Field("back", Phrase(gettext_noop("Colour behind it")), Attribute("background-color"), "color"),
    Field("padding", Phrase(gettext_noop("Space around it")), Attribute("padding"), "line"),
)
BY_KEY = {kind.key: kind for kind in KINDS}


def kind_of(tag: str, text: str) -> Kind | None:
    """Return the kind of a node, or None for own code. A way out makes a text the footer, whatever its class."""
    if tag == "mj-text" and "unsubscribe_url" in text:
        return BY_KEY["footer"]
    return next((kind for kind in KINDS if kind.fits(tag, text)), None)
