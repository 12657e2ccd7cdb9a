"""Sign-up forms and people who fill them in, as a page or the script sends them."""

from datetime import datetime, timedelta
from typing import Any

from retention.signup.definition import read_steps, write_steps
from retention.signup.models import SignupForm, Topic
from retention.signup.taking import stamp
from retention.stores.models import Store
from retention.tenancy.context import store_context

ADDRESS = {"key": "address", "kind": "address", "title": "Where may we write to you?"}
GENDER = {"key": "gender", "kind": "gender", "title": "How do you describe yourself?", "options": ["Woman", "Man", "Non-binary"]}
INTERESTS = {"key": "interests", "kind": "interests", "title": "What do you like?", "options": ["Espresso", "Filter", "Tea"]}
BIRTHDAY = {"key": "birthday", "kind": "birthday", "title": "When is your birthday?", "reason": "For a surprise."}
GRINDER = {"key": "grinder", "kind": "choice", "title": "Which grinder?", "options": ["By hand", "Electric"]}
ALL_STEPS = (ADDRESS, GENDER, INTERESTS, BIRTHDAY, GRINDER)


def make_form(store: Store, *, steps: tuple[dict[str, Any], ...] = ALL_STEPS, **fields: Any) -> SignupForm:
    """Save a live form that asks everything."""
    given: dict[str, Any] = {
        "name": "Newsletter",
        "state": "live",
        "steps": write_steps(read_steps(steps)),
        "texts": {"title": "Hear from us first", "intro": "Now and then.", "button": "Sign me up", "success": "You are in."},
        "consent_text": "The shop may write to me.",
    }
    with store_context(store.pk):
        form: SignupForm = SignupForm.objects.create(**(given | fields))
        return form


def make_topic(store: Store, name: str = "News") -> Topic:
    """Save a topic."""
    with store_context(store.pk):
        topic: Topic = Topic.objects.create(name=name)
        return topic


def filled(form: SignupForm, *, now: datetime, email: str = "ana@example.test", **answers: Any) -> dict[str, Any]:
    """Return what comes back from a form that was open for a minute."""
    given = {"email": email} if email else {}
    return given | answers | {"website": "", "stamp": stamp(form, now=now - timedelta(minutes=1))}
