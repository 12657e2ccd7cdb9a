"""The sign-up form at the foot of the demo's shop: made once, asked for by its pages."""

from datetime import datetime

from django.db import transaction

from retention.kit.locks import transaction_lock
from retention.signup.definition import read_steps, write_steps
from retention.signup.models import SignupForm, Topic
from retention.stores.models import Store
from retention.tenancy.context import store_context

NAME = "Letter from the roastery"
_TOPICS = (("New roasts", "What came out of the drum this week."), ("Offers", "Now and then, never every week."))
_STEPS = (
    {"key": "address", "kind": "address", "title": "Where may we write to you?"},
    {
        "key": "interests",
        "kind": "interests",
        "title": "What do you drink?",
        "reason": "So that you hear only of what ends up in your cup.",
        "options": ["Espresso", "Filter", "Decaf"],
    },
    {"key": "birthday", "kind": "birthday", "title": "When is your birthday?", "reason": "There is a small bag of coffee in it."},
)
_TEXTS = {
    "title": "Letter from the roastery",
    "intro": "New beans first, and the story behind them.",
    "button": "Write to me",
    "success": "You are in. The next letter comes on Monday.",
}


def letter(store: Store, *, now: datetime) -> SignupForm:
    """Return the demo shop's form, made with its topics when it is not there yet; however many ask at once, there is one."""
    with store_context(store.pk):
        form = SignupForm.objects.filter(name=NAME).order_by("pk").first()
        return form or _make(store, now=now)


def _make(store: Store, *, now: datetime) -> SignupForm:
    with transaction.atomic():
        transaction_lock("demo-letter", store_id=store.pk)
        there: SignupForm | None = SignupForm.objects.filter(name=NAME).order_by("pk").first()
        if there is not None:
            return there
        topics = [Topic.objects.get_or_create(name=name, defaults={"description": text, "created_at": now})[0] for name, text in _TOPICS]
        made: SignupForm = SignupForm.objects.create(
            name=NAME,
            kind=SignupForm.Kind.EMBEDDED,
            state=SignupForm.State.LIVE,
            topic=topics[0],
            steps=write_steps(read_steps(_STEPS)),
            texts=_TEXTS,
            consent_text=f"{store.name} may write to me about coffee. I can take this back with the link in every mail.",
            created_at=now,
            changed_at=now,
            live_at=now,
        )
    return made
