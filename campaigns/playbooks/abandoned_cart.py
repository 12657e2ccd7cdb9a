"""Abandoned basket: one e-mail when it goes idle, another 20 hours later, silence after an order."""

from campaigns.personalization.framing import FOOT_MJML
from campaigns.personalization.ready.messages import ReadyMessage
from campaigns.playbooks.base import BASKETS, COME_BACK, Playbook
from retention.kit.words import Phrase, gettext_noop
from segments.library import did, last, rule_of

_MAIL = """<mjml>
  <mj-head>
    <mj-title>{{ shop.name }}</mj-title>
    <mj-preview>[[preview]]</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.5" color="#1f2a30" />
      <mj-button background-color="{{ shop.color }}" color="#ffffff" border-radius="6px" font-size="16px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f4f6f7" width="600px">
    <mj-section background-color="#ffffff" padding="24px 16px 8px">
      <mj-column>
        <mj-text font-size="20px" font-weight="700">{{ shop.name }}</mj-text>
        <mj-text>[[opening]]</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="0 16px">
      <mj-column>
        <mj-table>
          {% for line in cart.lines %}
          <tr>
            <td style="padding: 8px 0">{{ line.quantity }} × {{ line.name }}</td>
            <td style="padding: 8px 0; text-align: right">{{ line.total_minor | money: cart.currency }}</td>
          </tr>
          {% endfor %}
          <tr>
            <td style="padding: 8px 0; font-weight: 700">{{ shop.words.together }}</td>
            <td style="padding: 8px 0; text-align: right; font-weight: 700">{{ cart.total_minor | money: cart.currency }}</td>
          </tr>
        </mj-table>
        <mj-button href="{{ cart.url }}">[[button]]</mj-button>
      </mj-column>
    </mj-section>
[[foot]]  </mj-body>
</mjml>
""".replace("[[foot]]", FOOT_MJML)


def _mail(*, preview: str, opening: str, button: str) -> str:
    return _MAIL.replace("[[preview]]", preview).replace("[[opening]]", opening).replace("[[button]]", button)


_FIRST = ReadyMessage(
    key="abandoned-cart-first",
    name=Phrase(gettext_noop("Basket: first reminder")),
    channel="email",
    subject="{{ profile.first_name | default: 'Hello' }}, your basket is still here",
    source=_mail(
        preview="Nothing is lost: your basket is as you left it.",
        opening="Hello {{ profile.first_name | default: 'there' }}, you left something in your basket. It is just as you left it.",
        button="Back to my basket",
    ),
)
_SECOND = ReadyMessage(
    key="abandoned-cart-second",
    name=Phrase(gettext_noop("Basket: second reminder")),
    channel="email",
    subject="Still thinking about it, {{ profile.first_name | default: 'friend' }}?",
    source=_mail(
        preview="Your basket waits. Questions? Just answer this mail.",
        opening="Hello {{ profile.first_name | default: 'there' }}, your basket still waits. If anything is unclear, answer this mail.",
        button="See my basket",
    ),
)

ABANDONED_CART = Playbook(
    key="abandoned_cart",
    aim=COME_BACK,
    icon="shopping-cart",
    name=Phrase(gettext_noop("Abandoned basket")),
    summary=Phrase(gettext_noop("Two e-mails to people who leave a full basket; an order ends it at once.")),
    definition={
        "trigger": {"event": "Cart Idle", "key": "cart_id"},
        "exits": [{"event": "Order Completed"}],
        "guards": ["cart_open"],
        "holdout_share": 0,
        "steps": [
            {"id": "first", "kind": "send", "channel": "email", "template": "abandoned-cart-first", "expires_hours": 12},
            {"id": "pause", "kind": "wait", "hours": 20},
            {"id": "second", "kind": "send", "channel": "email", "template": "abandoned-cart-second", "expires_hours": 24},
            {"id": "end", "kind": "exit"},
        ],
    },
    templates=(_FIRST, _SECOND),
    lately=rule_of(did("Cart Idle", window=last(30))),
    needs=(BASKETS,),
    rows=("idle",),
)
