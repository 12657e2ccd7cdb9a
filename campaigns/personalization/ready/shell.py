"""What every ready-made mail has around its blocks: letters, colours for light and dark, the band on top and the foot."""

from campaigns.personalization.blocks.kinds import BUTTON, BY_KEY, LOGO
from campaigns.personalization.framing import FOOT_MJML

INK, CARD = "#1d2526", "#ffffff"
NAME = "{{ profile.first_name | default: 'there' }}"
SHOP = "{{ shop.web_address }}"
_HEAD = """<mjml>
  <mj-head>
    <mj-title>{{ shop.name }}</mj-title>
    <mj-attributes>
      <mj-all font-family="{{ shop.font }}" />
      <mj-text font-size="16px" line-height="1.6" color="#1d2526" padding="8px 32px" />
      <mj-table color="#1d2526" padding="8px 32px" />
      <mj-image padding="8px 32px" />
      <mj-divider padding="12px 32px" />
      <mj-button font-size="16px" font-weight="700" border-radius="8px" inner-padding="14px 28px" padding="16px 32px" align="left" />
    </mj-attributes>
    <mj-style>
      :root { color-scheme: light dark; supported-color-schemes: light dark; }
      a { color: inherit; }
      @media (prefers-color-scheme: dark) {
        body, .bo-page { background-color: #0e1415 !important; }
        .bo-card, .bo-card > table { background-color: #182123 !important; }
        .bo-heading div, .bo-text div, .bo-text table { color: #e9efef !important; }
        .bo-muted div, .bo-footer div { color: #a9b6b8 !important; }
        .bo-coupon { background-color: #2c2415 !important; }
        .bo-hero .bo-heading div, .bo-hero .bo-text div { color: {{ shop.color_on }} !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body css-class="bo-page" background-color="{{ shop.back_color }}" width="600px">
"""
_FOOT = FOOT_MJML.replace("<mj-text ", '<mj-text css-class="bo-footer" ')


def mail(*parts: str) -> str:
    """Return the MJML of a mail of these parts: the logo before them, the foot behind."""
    top = part(LOGO.replace('align="left"', ""), padding="20px 0 12px", look="bo-top", back="")
    return _HEAD + top + "".join(parts) + _FOOT + "  </mj-body>\n</mjml>\n"


def part(*blocks: str, padding: str = "16px 0", look: str = "bo-card", back: str = CARD) -> str:
    """Return one part of a mail with its blocks below each other."""
    color = f' background-color="{back}"' if back else ""
    inside = "".join(f"        {block}\n" for block in blocks)
    opened = f'    <mj-section css-class="{look}"{color} padding="{padding}">\n      <mj-column>\n'
    return f"{opened}{inside}      </mj-column>\n    </mj-section>\n"


def hero(eyebrow: str, words: str, text: str) -> str:
    """Return the band on top, on the colour of the shop: a word, a heading and a sentence."""
    on = "{{ shop.color_on }}"
    return part(
        f'<mj-text css-class="bo-text" font-size="13px" font-weight="700" letter-spacing="1.5px" color="{on}">{eyebrow}</mj-text>',
        f'<mj-text css-class="bo-heading" font-size="34px" font-weight="700" line-height="1.15" color="{on}">{words}</mj-text>',
        f'<mj-text css-class="bo-text" font-size="18px" color="{on}">{text}</mj-text>',
        padding="32px 0 28px",
        look="bo-hero",
        back="{{ shop.color }}",
    )


def opening(words: str, text: str) -> str:
    """Return a quiet beginning: a line of the shop's colour, a heading and a sentence on the card."""
    return part(
        '<mj-divider border-width="4px" border-color="{{ shop.color }}" width="64px" align="left" padding="24px 32px 8px" />',
        f'<mj-text css-class="bo-heading" font-size="30px" font-weight="700" line-height="1.2">{words}</mj-text>',
        f'<mj-text css-class="bo-text" font-size="17px">{text}</mj-text>',
        padding="8px 0 0",
    )


def festive(sign: str, words: str, text: str) -> str:
    """Return a beginning in the middle of the band: one large sign, a heading and a sentence."""
    on = "{{ shop.color_on }}"
    return part(
        f'<mj-text css-class="bo-text" align="center" font-size="56px" line-height="1.2" color="{on}">{sign}</mj-text>',
        f'<mj-text css-class="bo-heading" align="center" font-size="34px" font-weight="700" color="{on}">{words}</mj-text>',
        f'<mj-text css-class="bo-text" align="center" font-size="18px" color="{on}">{text}</mj-text>',
        padding="36px 0 32px",
        look="bo-hero",
        back="{{ shop.color }}",
    )


def heading(words: str) -> str:
    """Return a heading below the band."""
    return f'<mj-text css-class="bo-heading" font-size="22px" font-weight="700" line-height="1.25" padding-top="16px">{words}</mj-text>'


def text(words: str) -> str:
    """Return a paragraph."""
    return f'<mj-text css-class="bo-text">{words}</mj-text>'


def button(words: str, href: str = SHOP) -> str:
    """Return a button that leads to an address."""
    return BUTTON.replace(">To the shop<", f">{words}<").replace(SHOP, href)


def titled(block: str, title: str) -> str:
    """Return a block of products under another heading."""
    return BY_KEY["fits"].fields[0].place.write(block, title)
