"""The last chapter, told to whoever watches: a letter goes to everybody, and the worker is killed in the middle of it.

It takes half a minute, because what the killed worker had reserved is free again only when its lease has run out.
"""

import os
import signal
from collections import Counter
from email import message_from_bytes
from typing import TYPE_CHECKING

from campaigns.broadcasts import drafting, running
from campaigns.broadcasts.content import Words
from campaigns.broadcasts.drafting import Told, Way
from campaigns.models import Campaign, Message
from retention.customers.models import Consent
from retention.demo.telling import must, until
from retention.kit import clock
from retention.stores.models import Store
from segments.saving import create_list

if TYPE_CHECKING:
    from retention.demo.story import Scene

SUBJECT = "New on the shelf"
WORDS = Words(SUBJECT, "Hello {{ profile.first_name }}, have a look.", "See it", "https://lumen.example.test/new")
ENOUGH = 10  # mails that have left when the worker is killed
OVER = ("sent", "unknown", "suppressed", "failed", "skipped")


def worker_is_killed(scene: "Scene") -> None:
    """Kill the worker mid-send; another one goes on, and nobody gets the letter twice. Bo, who said no, gets none."""
    earlier = set(_names(scene))  # of another run over the same data
    campaign = _letter_to_all(scene)
    sent = Message.objects.filter(source_kind="campaign", source_id=campaign.pk)
    until("the letter begins to leave", lambda: sent.filter(state="sent").count() >= ENOUGH)
    killed = scene.context.service_pid("worker")
    os.kill(killed, signal.SIGKILL)
    before = sent.filter(state="sent").count()
    until("another worker is there", lambda: scene.context.service_pid("worker") != killed)
    until("the letter is over", lambda: not sent.exclude(state__in=OVER).exists() or None, seconds=90)
    states = Counter(sent.values_list("state", flat=True))
    arrived = Counter(name for name in _names(scene) if name not in earlier)
    twice = sum(count - 1 for count in arrived.values())
    must(twice == 0, f"nobody gets it twice ({twice} do)")
    must(states["sent"] <= len(arrived) <= states["sent"] + states["unknown"], "as many letters received as marked sent or unknown")
    bo = sent.filter(customer__email=scene.others[0].email).first()
    must(bo is None or bo.state == "suppressed", "Bo, who said no, gets none")
    scene.say(
        f"worker killed     in the middle of a letter, after {before} of {sum(states.values())}; another one went on: "
        f"{states['sent']} sent, {states['unknown']} unknown and never repeated, {twice} twice; "
        f"{states['suppressed']} held back, Bo among them"
    )
    scene.figures |= {"letter_sent": states["sent"], "letter_unknown": states["unknown"], "letter_twice": twice}


def _letter_to_all(scene: "Scene") -> Campaign:
    """Start a campaign to everybody of the shop's past who allows mail, and to Bo, who did until he said no."""
    now = clock.now()
    allowed = list(Consent.objects.filter(channel="email", status="granted", method="checkout").values_list("customer_id", flat=True))
    bo = Consent.objects.filter(channel="email", customer__email=scene.others[0].email).values_list("customer_id", flat=True)
    people = create_list(name=f"Everybody, {now:%Y-%m-%d %H:%M}", customer_ids=[*allowed, *bo], user_id=None, now=now)
    ways = (Way(SUBJECT, WORDS),)
    campaign = drafting.create(Told(name=people.name, include=(str(people.public_id),), exclude=(), ways=ways), user_id=None, now=now)
    store = Store.objects.get(pk=scene.demo.store.pk)
    must(running.start(campaign, store=store, user_id=None, now=now), "the letter starts")
    return campaign


def _names(scene: "Scene") -> list[str]:
    """Return the message ids of all letters of this subject that the inbox received."""
    letters = (message_from_bytes(path.read_bytes()) for path in scene.context.inbox_dir.rglob("*.eml"))
    return [str(letter["Message-ID"]) for letter in letters if letter["Subject"] == SUBJECT]
