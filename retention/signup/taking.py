"""A filled form comes in: read, kept, and either made true at once or asked about by mail. Nobody can tell from the answer which.

What is refused is refused before anything is stored: a form that is closed, answers that cannot be used, a robot, too many at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from retention.customers.consent import address_digest
from retention.customers.models import Suppression
from retention.signup import rules
from retention.signup.confirming import digest_of, lock_address, owe_question
from retention.signup.definition import BadAnswers, asking_of, read_answers, steps_of
from retention.signup.joining import SINGLE, SecondYesNeeded, Sender, join
from retention.signup.models import Signup, SignupForm
from retention.signup.questions import Fault, Values
from retention.signup.questions.address import country_of_phone
from retention.stores.client_address import UNKNOWN, network_of
from retention.stores.limits import Limit, spend_or_local
from retention.stores.models import Store

TRAP = "website"  # a field no person sees; whoever fills it is a robot
STAMP = "stamp"
LEAST_SECONDS = 1.5
STAMP_GOOD_FOR = timedelta(days=30)
_SALT = "retention.signup.stamp"
PER_NETWORK = Limit("signup_network", 120, 600)
PER_FORM = Limit("signup_form", 3000, 600)
PER_ADDRESS = Limit("signup_address", 10, 3600)


class TooFast(Exception):
    """The form came back sooner than anybody can fill it in, or with a stamp that is not ours; the same press again is welcome."""


class TooMany(Exception):
    """Too many sign-ups from one network or on one form. seconds: after how many to come back."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True)
class Taken:
    """What the person is told: whether a mail was promised. It depends on the form and the country alone, never on who they are."""

    double: bool


def stamp(form: SignupForm, *, now: datetime) -> str:
    """Return a mark of when the form was handed out; it comes back with the answers."""
    return signing.dumps([form.public_id.hex, int(now.timestamp() * 10)], salt=_SALT)


def take(form: SignupForm, values: dict[str, Any], *, store: Store, sender: Sender, now: datetime) -> Taken:
    """Take one filled form, in the store's context.

    values: inputs by name, with TRAP and STAMP. Raises BadAnswers naming the inputs, TooFast or TooMany; then nothing was stored.
    """
    answers = dict(values)
    trapped, mark = answers.pop(TRAP, ""), answers.pop(STAMP, "")
    _refuse_floods(form, sender)
    read = _read(form, answers, store=store, now=now)
    address = read["address"]
    rule = _rule(form, store, address.get("phone", ""))
    if rule.double and not form.asks_email:
        text = _("This number needs a second yes, which goes by mail, and this form asks for no e-mail address.")
        raise BadAnswers([Fault("phone", text)])
    if trapped:
        return Taken(rule.double)
    _refuse_haste(form, mark, now=now)
    digest = digest_of(address.get("email", ""), address.get("phone", ""))
    if not spend_or_local(PER_ADDRESS, who=f"{store.pk}:{digest}").allowed:
        return Taken(rule.double)
    with transaction.atomic():
        lock_address(digest, store_id=store.pk)
        signup = _keep(form, read, digest=digest, country=store.country, sender=sender, now=now)
        waits = rule.double or not _joined(signup, sender=sender, now=now)
        if waits and signup.email and not _blocked_by_store(signup.email):
            owe_question(signup, store=store, now=now)
    return Taken(rule.double)


def is_double(form: SignupForm, *, store: Store) -> bool:
    """Return whether a form asks for a second yes, phone numbers from elsewhere aside."""
    return _rule(form, store, "").double


def _read(form: SignupForm, values: Values, *, store: Store, now: datetime) -> dict[str, Any]:
    today = now.astimezone(store.timezone).date()
    return read_answers(steps_of(form), values, asking=asking_of(form, country=store.country, today=today))


def _rule(form: SignupForm, store: Store, phone: str) -> rules.Rule:
    return rules.rule_of(form.opt_in, countries=(store.country, country_of_phone(phone)))


def _refuse_floods(form: SignupForm, sender: Sender) -> None:
    network = network_of(sender.ip or UNKNOWN)
    for limit, who in ((PER_NETWORK, f"{form.store_id}:{network}"), (PER_FORM, form.public_id.hex)):
        answer = spend_or_local(limit, who=who)
        if not answer.allowed:
            raise TooMany(answer.retry_after)


def _refuse_haste(form: SignupForm, mark: object, *, now: datetime) -> None:
    try:
        form_id, tenths = signing.loads(str(mark), salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise TooFast from None
    age = now.timestamp() - tenths / 10
    if form_id != form.public_id.hex or not LEAST_SECONDS <= age <= STAMP_GOOD_FOR.total_seconds():
        raise TooFast


def _keep(form: SignupForm, answers: dict[str, Any], *, digest: str, country: str, sender: Sender, now: datetime) -> Signup:
    """Write the sign-up down; the same address on the same form again replaces what waits, and its time runs anew."""
    address = answers.pop("address")
    said = {
        "email": address.get("email", ""),
        "phone": address.get("phone", ""),
        "answers": answers,
        "country": country_of_phone(address.get("phone", "")) or country,
        "anonymous_id": sender.anonymous_id[:200],
        "ip": sender.ip,
        "user_agent": sender.user_agent[:300],
        "text_version": form.text_version,
        "consent_text": form.consent_text,
        "expires_at": now + rules.GOOD_FOR,
    }
    Signup.objects.filter(form=form, address_digest=digest, state=Signup.State.PENDING, expires_at__lte=now).update(
        state=Signup.State.EXPIRED
    )
    signup, _made = Signup.objects.update_or_create(
        form=form, address_digest=digest, state=Signup.State.PENDING, defaults=said, create_defaults=said | {"created_at": now}
    )
    return signup  # type: ignore[no-any-return]


def _blocked_by_store(email: str) -> bool:
    """Say whether the store itself blocked the address: then not even a question is sent."""
    return bool(Suppression.objects.filter(channel="email", address_digest=address_digest(email), reason="manual").exists())


def _joined(signup: Signup, *, sender: Sender, now: datetime) -> bool:
    """Make the sign-up true by its one yes; False, and nothing written, when this person needs a second one."""
    try:
        with transaction.atomic():
            join(signup, method=SINGLE, sender=sender, now=now)
    except SecondYesNeeded:
        return False
    return True
