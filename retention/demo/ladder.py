"""The middle of the story: full baskets are left, and the recovery plan's ladder climbs, for each person as far as they allow it.

Beside Ana there are Bo, who says no with one click, Cem, whose address does not exist, and a crowd of which the plan holds some back.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from campaigns.measurement.assignment import held_out_of, journey_key
from campaigns.models import Departure, Enrollment, Journey, Message, RecoveryCell
from retention.customers.models import Consent, Customer, Suppression
from retention.demo import store as demo_store
from retention.demo.people import PRODUCTS
from retention.demo.shopper import Shopper, line_of, post_all
from retention.demo.telling import must, pass_time, until
from retention.kit import clock
from retention.orders.models import Cart

if TYPE_CHECKING:
    from retention.demo.story import Scene

GRINDER = next(product for product in PRODUCTS if product.sku == "hand-grinder")
CROWD = 20
LEFT = timedelta(minutes=35)
UNTIL_SMS, UNTIL_MAIL = timedelta(hours=3, minutes=30), timedelta(hours=20, minutes=40)
ALLOWS_MAIL = {"email": {"status": "granted", "method": "checkout", "source": "Lumen shop"}}
ALLOWS_SMS = {"sms": {"status": "granted", "method": "checkout", "source": "Lumen shop"}}
LINE = line_of(GRINDER)


def fill(shopper: Shopper) -> None:
    """Put a grinder into somebody's basket."""
    shopper.track("Product Added", **LINE, currency="EUR", url=f"https://lumen.example.test/{GRINDER.sku}")


def fills_a_basket(scene: "Scene") -> None:
    """Ana is known and allows mail, SMS and push; her lot is drawn, and she fills her basket. Others fill theirs; Bo orders at once."""
    cell, thanks = RecoveryCell.objects.get(stage__ready="idle", group="buying"), Journey.objects.get(playbook="first_order")
    ana = scene.ana = _written_to(scene, "Ana", journey_id=cell.journey_id or 0, consent=ALLOWS_MAIL | ALLOWS_SMS)
    bo = _written_to(scene, "Bo", journey_id=thanks.pk, consent=ALLOWS_MAIL)
    must(ana.allows_push(demo_store.public_key(scene.demo.store, now=clock.now())) == 200, "the product takes her browser")
    guests = [scene.somebody() for _guest in range(CROWD)]
    scene.others = [bo, *guests]
    scene.cem = scene.person("Cem", email=f"bounce+{scene.number}@example.test")
    for one in [*guests, scene.cem]:
        one.identify(consent=ALLOWS_MAIL)
        fill(one)
    fill(ana)
    bo.track("Order Completed", order_id=f"W-{bo.user_id}", total=LINE["price"], currency="EUR", products=[LINE])
    scene.figures["events_posted"] = scene.posted = scene.posted + post_all([ana, scene.cem, *scene.others])
    must(not ana.failures, f"the tracking API takes the events ({ana.failures[:1]})")
    stored = until("the events are stored and projected", lambda: scene.of(Cart).filter(lines_count__gt=0).first())
    scene.figures |= {"customers_made": scene.made, "baskets_filled": CROWD + 2}
    scene.say(f"Product Added     posted by Segment's own Python client; basket of {stored.total_minor / 100:.2f} {stored.currency} stored")


def _written_to(scene: "Scene", name: str, *, journey_id: int, consent: object) -> Shopper:
    """Return somebody whom the lot of a journey lets through: whoever is held back gets nothing, and makes no story."""
    while True:
        one = scene.person(name)
        one.identify(phone=f"+49151{scene.number:08d}", consent=consent)
        scene.posted += one.post()
        must(not one.failures, f"the tracking API takes the events ({one.failures[:1]})")
        known = until(f"{name} is known", Customer.objects.filter(email=one.email).first)
        if not held_out_of(journey_key(journey_id), [known.pk], share=0.1, now=clock.now()):
            return one


def is_pushed(scene: "Scene") -> None:
    """Half an hour later the plan notices who left; Ana's browser gets a message, whose permission is missing falls to the next rung."""
    pass_time(scene.context, LEFT, seconds=0.3)
    left = until("the plan notices that she left", lambda: scene.of(Departure).select_related("stage", "cell").first())
    must((left.stage.ready, left.group, left.decision) == ("idle", "buying", "entered"), f"she enters her cell ({left.decision})")
    scene.say(f'Recovery plan     "{left.stage.name} × came to buy": she gets its ladder, {_rungs(left)}')
    (pushed,) = until("the push message arrives", lambda: scene.letters("push"))
    scene.say(f'push message      "{pushed["Subject"]}", handed over for her browser')
    everybody = CROWD + 2
    met = scene.rows(Departure)
    until("the plan has looked at everybody who left", lambda: met.count() >= everybody)
    held = met.filter(decision=Departure.Decision.HELD_OUT).count()
    scene.figures |= {"in_the_cell": everybody, "held_out": held}
    scene.say(f"{everybody} people are in the cell; by lot {held} of them get nothing, to compare with")
    _bounces(scene)


def _rungs(left: Departure) -> str:
    return ", ".join(f"{channel} after {minutes // 60}:{minutes % 60:02}" for channel, minutes in left.evidence["ladder"])


def _bounces(scene: "Scene") -> None:
    address = scene.cem.email
    held = Departure.objects.filter(customer__email=address, decision=Departure.Decision.HELD_OUT).exists()
    if held:  # then there is no mail of his to come back
        return
    failed = until("the mail to Cem comes back", lambda: Message.objects.filter(customer__email=address, state="failed").first())
    until("his address is blocked", lambda: Suppression.objects.filter(channel="email", reason="bounced").first())
    scene.figures["bounced"] = 1
    scene.say(f"Cem's address     does not exist ({failed.reason}): blocked, nothing is sent there again")


def is_texted(scene: "Scene") -> None:
    """Four hours after she left it is the SMS's turn; Bo, who ordered, is thanked, and says no with one click."""
    pass_time(scene.context, UNTIL_SMS, seconds=0.3)
    until("the SMS arrives", lambda: scene.letters("sms"))
    scene.say("SMS               four hours after she left, for push alone did not bring her back")
    bo = scene.others[0]
    (thanks,) = until("Bo is thanked for a first order", lambda: scene.letters(of=bo))
    status = bo.says_no(str(thanks["List-Unsubscribe"]).partition("<")[2].partition(">")[0])
    must(status == 200, f"one click is enough to say no (it answered {status})")
    refused = Consent.objects.filter(customer__email=bo.email, channel="email", status="refused")
    until("his no is written", refused.first)
    scene.say(f'Bo                got "{thanks["Subject"]}", and said no with one click')


def is_mailed(scene: "Scene") -> None:
    """Twenty hours after she left it is the mail's turn; it waits some hours more, for she had two messages that day already."""
    pass_time(scene.context, UNTIL_MAIL, seconds=0.3)
    letters = until("the mail arrives in the inbox", scene.letters)
    scene.say(f'e-mail            "{letters[0]["Subject"]}", by SMTP; nobody gets a third message within a day, so it waited')
    must("One-Click" in (letters[0]["List-Unsubscribe-Post"] or ""), "the mail carries one-click unsubscribe")
    until("the messages are marked sent", lambda: scene.of(Message).filter(state=Message.State.SENT).count() == 3)
    scene.letter = letters[0]


def bo_is_left_alone(scene: "Scene") -> None:
    """Five days after Bo's order a second mail would have come: he said no."""
    bo = scene.others[0]
    run = until("Bo's journey is over", lambda: Enrollment.objects.filter(customer__email=bo.email).exclude(state="running").first())
    must(len(scene.letters(of=bo)) == 1, "Bo gets nothing after his no")
    scene.say(f"Bo's second mail  never left: he had said no (journey {run.state})")
