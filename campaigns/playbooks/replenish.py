"""Replenishment: when the usual time between two orders has passed since somebody's last; a new order begins the count anew."""

from campaigns.personalization.ready.messages import ReadyMessage, letter, short
from campaigns.playbooks.base import AFTER, END, ORDERED, ORDERS, RETURNED, STORE, Playbook, by_rule, days, ladder
from retention.kit.words import Phrase, gettext_noop
from segments.library import figure, last, moment, rule_of

_ORDERED = """<mj-table css-class="bo-ordered bo-text" font-size="16px" line-height="1.5">
          {% for line in event.products limit: 4 %}<tr><td style="padding: 10px 0; font-weight: 600">{{ line.name }}</td></tr>{% endfor %}
        </mj-table>"""
REPLENISH = Playbook(
    key="replenish",
    aim=AFTER,
    icon="refresh",
    name=Phrase(gettext_noop("Time for more")),
    summary=Phrase(
        gettext_noop(
            "Reminds who ordered twice or more once the usual time between two orders has passed. Any order begins the count anew."
        )
    ),
    definition={
        "trigger": {"event": "Order Completed", "key": "order_id"},
        "exits": [ORDERED, RETURNED],
        "people": [by_rule(rule_of(figure("orders", "at_least", 2)))],
        "steps": [
            days("gap", STORE + "gap_days"),
            ladder(
                "remind", ("push", "replenish-push", 0), ("email", "replenish-mail", 24 * 60), ("sms", "replenish-sms", 48 * 60), most=2
            ),
            END,
        ],
    },
    templates=(
        ReadyMessage(
            "replenish-push", Phrase(gettext_noop("Time for more: push")), "push", "Time for more?", short("What you had is in the shop.")
        ),
        ReadyMessage(
            "replenish-mail",
            Phrase(gettext_noop("Time for more: mail")),
            "email",
            "Running low?",
            letter("Running low?", "it has been a while since your last order. This is what it was:", "Order again", _ORDERED),
            "What you had last time.",
        ),
        ReadyMessage(
            "replenish-sms",
            Phrase(gettext_noop("Time for more: SMS")),
            "sms",
            "",
            "{{ shop.name }}: time for more? What you had last time is here: {{ shop.web_address }}",
        ),
    ),
    lately=rule_of(figure("orders", "at_least", 2), moment("last_order_at", last(30))),
    needs=(ORDERS,),
    says=(Phrase(gettext_noop("The usual time is the middle of all times between two orders in your shop, when you switch it on.")),),
)
