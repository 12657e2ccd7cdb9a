"""Building a form: what the builder's page posts, moved about, checked as a whole, and saved with the right versions.

A draft of the page is a plain dict (`Built`); nothing is stored before it is free of faults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from retention.signup import rules
from retention.signup.definition import BadDefinition, StepFault, key_from, read_steps, write_steps
from retention.signup.models import SignupForm, Topic
from retention.signup.popups import PopupRules, rules_of
from retention.signup.questions import QUESTIONS
from retention.stores.countries import country_name
from retention.stores.models import Store

RawStep = dict[str, Any]
LONGEST: dict[str, int] = {"name": 80, "title": 120, "intro": 300, "button": 40, "success": 300, "consent_text": 1000}
UNNAMED = "your_question"  # how the key of an own question begins until it is saved for the first time
_TEXTS = ("title", "intro", "button", "success")
_NUMBERS = {"delay_seconds": 600, "scroll_percent": 100, "again_days": 365}


@dataclass
class Built:
    """A form as the builder shows it, saved or not. topic: a public id or nothing. moved: the step that was just made or moved, from 0."""

    name: str
    kind: str
    opt_in: str
    topic: str
    consent_text: str
    asks_email: bool
    asks_phone: bool
    texts: dict[str, str]
    popup: dict[str, Any]
    steps: list[RawStep] = field(default_factory=list)
    moved: int = -1
    said: str = ""


def new_form(store: Store, *, now: datetime) -> SignupForm:
    """Save a draft with a good beginning: the address, what they like, their birthday."""
    built = [new_step("address", []), new_step("interests", []), new_step("birthday", [])]
    words = {"shop": store.name}
    form: SignupForm = SignupForm.objects.create(
        name=_("New form"),
        steps=write_steps(read_steps(built)),
        texts={
            "title": _("Hear from %(shop)s first") % words,
            "intro": _("News and offers, when there is something to say."),
            "button": _("Sign me up"),
            "success": _("You are in. Good to have you."),
        },
        consent_text=_(
            "%(shop)s may write to me about its products, news and offers. I can take this back at any time with the link in every mail."
        )
        % words,
        popup=PopupRules().stored(),
        created_at=now,
        changed_at=now,
    )
    return form


def built_from(form: SignupForm) -> Built:
    """Return a saved form as the builder shows it."""
    return Built(
        name=form.name,
        kind=form.kind,
        opt_in=form.opt_in,
        topic=str(form.topic.public_id) if form.topic is not None else "",
        consent_text=form.consent_text,
        asks_email=form.asks_email,
        asks_phone=form.asks_phone,
        texts={name: str(form.texts.get(name, "")) for name in _TEXTS},
        popup=rules_of(form.popup).stored(),
        steps=[dict(step) for step in form.steps],
    )


def read_built(posted: QueryDict) -> Built:
    """Return what the builder's page posted; nothing is checked yet."""
    count = posted.get("step_count", "0")
    places = range(min(int(count), 40) if count.isascii() and count.isdigit() and len(count) < 4 else 0)
    return Built(
        name=_line(posted.get("name", "")),
        kind=posted.get("kind", ""),
        opt_in=posted.get("opt_in", ""),
        topic=posted.get("topic", ""),
        consent_text=posted.get("consent_text", "").replace("\r\n", "\n").strip(),
        asks_email="email" in posted.getlist("channels"),
        asks_phone="phone" in posted.getlist("channels"),
        texts={name: _line(posted.get(name, "")) for name in _TEXTS},
        popup={name: posted.get(name, "").strip() for name in _NUMBERS} | {"exit_intent": "exit_intent" in posted},
        steps=[_posted_step(posted, place) for place in places],
    )


def rearrange(built: Built, deed: str) -> None:
    """Do what a button of the list asked for: "add:gender", "up:2", "down:2" or "remove:2" (places from 0). What cannot be is left."""
    verb, _colon, what = deed.partition(":")
    if verb == "add" and what in QUESTIONS:
        built.steps.append(new_step(what, built.steps))
        built.moved, built.said = len(built.steps) - 1, _("The question was added at the end.")
        return
    place = int(what) if what.isascii() and what.isdigit() and len(what) < 4 else -1
    if not 0 <= place < len(built.steps):
        return
    if verb == "remove" and built.steps[place]["kind"] != "address":
        built.steps.pop(place)
        built.moved, built.said = min(place, len(built.steps) - 1), _("The question was taken out.")
    to = place + {"up": -1, "down": 1}.get(verb, 0)
    if verb in {"up", "down"} and 0 <= to < len(built.steps):
        built.steps[place], built.steps[to] = built.steps[to], built.steps[place]
        built.moved = to
        built.said = _("The question is number %(place)d of %(count)d now.") % {"place": to + 1, "count": len(built.steps)}


def new_step(kind: str, others: Sequence[Mapping[str, Any]]) -> RawStep:
    """Return a new question of a kind with its usual words."""
    question = QUESTIONS[kind]
    taken = [str(other.get("key", "")) for other in others]
    key = question.key if question.once else key_from(str(question.title), taken=taken)
    options = list(question.sample_options())
    return {"key": key, "kind": kind, "title": str(question.title), "reason": str(question.reason), "options": options, "year": "optional"}


def apply(built: Built, form: SignupForm, *, store: Store) -> SignupForm:
    """Write the draft into a form in memory and return it; raises BadDefinition with every fault, the form's own at place 0."""
    faults = [*_faults(built, store=store)]
    topic = _topic(built.topic, faults)
    steps = _steps(built, faults)
    popup = _popup(built, faults)
    if faults:
        raise BadDefinition(faults)
    if steps != form.steps:
        form.steps, form.steps_version = steps, form.steps_version + 1
    if built.consent_text != form.consent_text:
        form.consent_text, form.consent_version = built.consent_text, form.consent_version + 1
    form.name, form.kind, form.opt_in, form.topic = built.name, built.kind, built.opt_in, topic
    form.asks_email, form.asks_phone, form.texts, form.popup = built.asks_email, built.asks_phone, built.texts, popup
    return form


def _steps(built: Built, faults: list[StepFault]) -> list[RawStep]:
    _name_questions(built.steps)
    try:
        return write_steps(read_steps(built.steps))
    except BadDefinition as error:
        faults += error.faults
        return []


def _name_questions(steps: list[RawStep]) -> None:
    """Give a question of the shop's own a key from its first real title; one that has a key keeps it, since answers hang on it."""
    for step in steps:
        if step["kind"] in QUESTIONS and not QUESTIONS[step["kind"]].once and (not step["key"] or step["key"].startswith(UNNAMED)):
            step["key"] = key_from(step["title"], taken=[other["key"] for other in steps if other is not step])


def _faults(built: Built, *, store: Store) -> list[StepFault]:
    faults = []
    texts = {"name": built.name, "consent_text": built.consent_text, **built.texts}
    for name, longest in LONGEST.items():
        if not texts[name] and name != "intro":
            faults.append(StepFault(0, name, _("This cannot be empty.")))
        elif len(texts[name]) > longest:
            faults.append(StepFault(0, name, _("At most %(count)d letters.") % {"count": longest}))
        elif any((letter < " " and letter != "\n") or "\ud800" <= letter <= "\udfff" for letter in texts[name]):
            faults.append(StepFault(0, name, _("This holds a character that cannot be kept.")))
    if built.kind not in SignupForm.Kind.values:
        faults.append(StepFault(0, "kind", _("Choose where the form stands.")))
    if not (built.asks_email or built.asks_phone):
        faults.append(StepFault(0, "channels", _("Ask for at least one address.")))
    elif text := cannot_ask(built.opt_in, asks_email=built.asks_email, country=store.country):
        faults.append(StepFault(0, "channels", text))
    if built.opt_in not in SignupForm.OptIn.values:
        faults.append(StepFault(0, "opt_in", _("Choose a rule.")))
    elif built.opt_in == SignupForm.OptIn.NEVER and rules.rule_of(built.opt_in, countries=(store.country,)).forced:
        text = _("In %(country)s one yes does not prove that the address is theirs. Choose one of the other two.")
        faults.append(StepFault(0, "opt_in", text % {"country": country_name(store.country)}))
    return faults


def cannot_ask(opt_in: str, *, asks_email: bool, country: str) -> str:
    """Say why a form cannot be open that must ask for a second yes and has no e-mail address to ask at; nothing where it can."""
    rule = rules.rule_of(opt_in, countries=(country,))
    if asks_email or not rule.double:
        return ""
    if rule.forced:
        text = _("In %(country)s a second yes is needed, and it goes by mail. Ask for the e-mail address as well.")
        return text % {"country": country_name(country)}
    return _("The second yes goes by mail. Ask for the e-mail address as well, or choose a rule with one yes.")


def _topic(chosen: str, faults: list[StepFault]) -> Topic | None:
    if not chosen:
        return None
    try:
        topic: Topic | None = Topic.objects.offered().filter(public_id=UUID(chosen)).first()
    except ValueError:
        topic = None
    if topic is None:
        faults.append(StepFault(0, "topic", _("Choose one of your topics.")))
    return topic


def _popup(built: Built, faults: list[StepFault]) -> dict[str, Any]:
    found: dict[str, Any] = {"exit_intent": bool(built.popup.get("exit_intent"))}
    for name, highest in _NUMBERS.items():
        text = str(built.popup.get(name, ""))
        if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= highest):
            faults.append(StepFault(0, name, _("Write a whole number from 0 to %(highest)d.") % {"highest": highest}))
            continue
        found[name] = int(text)
    opens = found.get("delay_seconds") or found.get("scroll_percent") or found["exit_intent"]
    if built.kind == SignupForm.Kind.POPUP and not opens:
        faults.append(StepFault(0, "delay_seconds", _("Nothing would ever open it. Keep at least one of the three.")))
    return found


def _posted_step(posted: QueryDict, place: int) -> RawStep:
    def of(name: str) -> str:
        return posted.get(f"s{place}_{name}", "")

    options = [line.strip() for line in of("options").splitlines() if line.strip()]
    return {
        "key": of("key"),
        "kind": of("kind"),
        "title": _line(of("title")),
        "reason": _line(of("reason")),
        "options": options,
        "year": of("year") or "optional",
    }


def _line(text: str) -> str:
    return " ".join(text.split())
