"""The side bar of the operations pages, and its colours: what staff need first stands on top."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _line(title: Any, icon: str, name: str, query: str = "") -> dict[str, Any]:
    address = reverse_lazy(name)
    return {"title": title, "icon": icon, "link": (lambda request: f"{address}{query}") if query else address}


NAVIGATION: list[dict[str, Any]] = [
    {
        "title": _("First"),
        "items": [
            _line(_("Is it well?"), "monitor_heart", "admin:operations"),
            _line(_("Stores"), "storefront", "admin:stores_store_changelist"),
            _line(_("Failed deliveries"), "sms_failed", "admin:campaigns_message_changelist", "?state__exact=failed"),
            _line(_("Not known whether delivered"), "help", "admin:campaigns_message_changelist", "?state__exact=unknown"),
            _line(_("Refused events"), "dangerous", "admin:customers_customerevent_changelist", "?refused=yes"),
            _line(_("Product mail"), "mail", "admin:notices_notice_changelist"),
            _line(_("Suppressions"), "block", "admin:customers_suppression_changelist"),
            _line(_("Keys"), "key", "admin:stores_apikey_changelist"),
        ],
    },
    {
        "title": _("People"),
        "items": [
            _line(_("Users"), "person", "admin:stores_user_changelist"),
            _line(_("Audit"), "history", "admin:stores_auditentry_changelist"),
            _line(_("What staff did"), "badge", "admin:admin_logentry_changelist"),
        ],
    },
    {
        "title": _("Everything else"),
        "items": [
            _line(_("All tables"), "table", "admin:tables"),
        ],
    },
]

# Lagoon and cool grey, as everywhere else.
COLORS: dict[str, dict[str, str]] = {
    "primary": {
        "50": "#eef7f8", "100": "#e2f0f2", "200": "#c3e0e4", "300": "#9ccbd2", "400": "#62bfcb", "500": "#1c8796",
        "600": "#0b6674", "700": "#084c57", "800": "#0a3c44", "900": "#0b2529", "950": "#05262c",
    },
}  # fmt: skip

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Boomerang operations"),
    "SITE_HEADER": _("Boomerang operations"),
    "SITE_SYMBOL": "monitor_heart",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": COLORS,
    "SIDEBAR": {"show_search": True, "navigation": NAVIGATION},
}
