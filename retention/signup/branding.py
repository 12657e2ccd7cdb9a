"""A shop's colour made fit to read: on buttons, for links and in the dark. Pure arithmetic on sRGB (WCAG 2.2 contrast)."""

from dataclasses import dataclass

LIGHT_PAGE, DARK_PAGE = "#ffffff", "#151d1f"
WHITE, INK = "#ffffff", "#10191b"
ENOUGH = 4.5


@dataclass(frozen=True)
class Palette:
    """The colours of a shop's pages: brand for buttons and links, and what is written on it, in light and dark."""

    brand: str
    on_brand: str
    dark_brand: str
    on_dark_brand: str

    def css(self) -> str:
        """Return the colours as custom properties that look.md's tokens read."""
        return (
            ":root, [data-bs-theme] { "
            f"--brand: light-dark({self.brand}, {self.dark_brand}); --brand-strong: light-dark({self.brand}, {self.dark_brand}); "
            f"--on-brand: light-dark({self.on_brand}, {self.on_dark_brand}); "
            "--brand-soft: color-mix(in srgb, var(--brand) 10%, var(--surface)); "
            "--brand-line: color-mix(in srgb, var(--brand) 40%, var(--surface)); }\n"
        )


def palette_of(color: str) -> Palette:
    """Return the palette for a colour like #0b6674; it is darkened or lightened until text in it can be read."""
    light, dark = readable(color, on=LIGHT_PAGE), readable(color, on=DARK_PAGE)
    return Palette(light, text_on(light), dark, text_on(dark))


def readable(color: str, *, on: str) -> str:
    """Return the colour, moved away from the ground in small steps until its contrast is enough."""
    away = 255 if luminance(on) < 0.2 else 0
    red, green, blue = _parts(color)
    for _step in range(24):
        found = f"#{red:02x}{green:02x}{blue:02x}"
        if contrast(found, on) >= ENOUGH:
            return found
        red, green, blue = (round(part + (away - part) * 0.12) for part in (red, green, blue))
    return f"#{red:02x}{green:02x}{blue:02x}"


def text_on(color: str) -> str:
    """Return white or ink, whichever reads better on the colour."""
    return WHITE if contrast(WHITE, color) >= contrast(INK, color) else INK


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Return how light a colour is, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
