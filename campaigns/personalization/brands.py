"""The brand kit as templates and new blocks see it."""

from html import escape
from typing import Any

from django.conf import settings

from campaigns.models import Brand
from retention.stores.models import Store

COUNTDOWN_PATH = "countdown/"
DARK_LETTERS, LIGHT_LETTERS = "#152123", "#ffffff"


def brand_of(store: Store) -> Brand:
    """Return the store's brand kit, or one with the usual values that is not saved."""
    found: Brand | None = Brand.objects.filter(store_id=store.pk).first()
    return found or Brand()


def brand_words(store: Store) -> dict[str, Any]:
    """Return what a template sees of the brand kit below `shop`. countdown_base: where pictures that count down come from."""
    brand = brand_of(store)
    return {
        "font": brand.font,
        "back_color": brand.back_color,
        "color_on": letters_on(store.brand_color),
        "zone": store.zone,
        "countdown_base": f"{settings.SITE_URL}/{COUNTDOWN_PATH}",
    }


def ready_words(store: Store) -> dict[str, str]:
    """Return what stands in for [[name]] in a new block or a ready-made mail of this store."""
    places = [place for place in brand_of(store).social if place.get("url")]
    links = [f'<a href="{escape(str(place["url"]))}">{escape(str(place["name"]))}</a>' for place in places]
    return {"social": " · ".join(links)}


def letters_on(color: str) -> str:
    """Return the colour of letters that reads better on a colour ("#0b6674"), by the contrast of WCAG."""
    behind = _luminance(color)
    return LIGHT_LETTERS if 1.05 / (behind + 0.05) >= (behind + 0.05) / (_luminance(DARK_LETTERS) + 0.05) else DARK_LETTERS


def _luminance(color: str) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    shares = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
