"""What every kind of question is made of: a step, the inputs it shows, how it reads an answer and what that says about a person.

Copy `name.py` for a kind with one line of text, `interests.py` for one with options.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise
Values = Mapping[str, str | list[str]]
LONGEST_ANSWER = 200
MOST_OPTIONS = 30
LONGEST_OPTION = 60


class Fault(ValueError):
    """Something in a step's set-up or in an answer cannot be used. field: the input's or the setting's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


class NoAnswer(Exception):
    """The person skipped the question."""


@dataclass(frozen=True)
class Option:
    """One thing to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class Input:
    """One input as the page and the script draw it. type: email, tel, text, number, choice, choices or select."""

    name: str
    type: str
    label: str
    required: bool = False
    autocomplete: str = ""
    options: tuple[Option, ...] = ()
    longest: int = LONGEST_ANSWER
    hint: str = ""


@dataclass(frozen=True)
class Step:
    """One question of a form. key: what its inputs and its answer are called. reason: why the shop asks, shown beside it."""

    key: str
    kind: str
    title: str
    reason: str = ""
    options: tuple[str, ...] = ()
    year: str = "optional"


@dataclass(frozen=True)
class Asking:
    """What a question must know of its form to be drawn and read. country: where a phone number without a prefix is from.

    today: no birthday lies behind it.
    """

    asks_email: bool = True
    asks_phone: bool = False
    country: str = ""
    today: date = date.max


class Question:
    """A kind of question. Kinds with options, a year or a reason of their own say so here, and the builder shows the fields.

    takes_many: an answer is a list, so two forms may ask for parts of it.
    """

    key: ClassVar[str] = ""
    icon: ClassVar[str] = "help-circle"
    label: ClassVar[Text] = ""
    title: ClassVar[Text] = ""
    reason: ClassVar[Text] = ""
    has_options: ClassVar[bool] = False
    has_year: ClassVar[bool] = False
    once: ClassVar[bool] = True
    takes_many: ClassVar[bool] = False
    longest_option: ClassVar[int] = LONGEST_OPTION

    def sample_options(self) -> Sequence[str]:
        """Return the options a new step of this kind starts with."""
        return ()

    def check(self, step: Step) -> None:
        """Raise Fault when the step cannot be asked like this."""
        if self.has_options:
            check_options(step.options, longest=self.longest_option)

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return the inputs of the step."""
        raise NotImplementedError

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the answer as it is kept. Raises NoAnswer when the question was skipped, and Fault naming the input."""
        raise NotImplementedError

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Return what an answer says about the person, as `customers/profile.py` reads it."""
        raise NotImplementedError


def check_options(options: Sequence[str], *, longest: int = LONGEST_OPTION) -> None:
    """Refuse fewer than two options, too many, too long ones and twins."""
    if len(options) < 2:
        raise Fault("options", _("Write at least two answers, one a line."))
    if len(options) > MOST_OPTIONS:
        raise Fault("options", _("At most %(count)d answers; nobody reads more.") % {"count": MOST_OPTIONS})
    for option in options:
        if len(option) > longest:
            raise Fault("options", _("“%(option)s” is longer than %(count)d letters.") % {"option": option[:30], "count": longest})
    if len({option.casefold() for option in options}) != len(options):
        raise Fault("options", _("Two answers are the same."))


def one_text(values: Values, name: str, *, longest: int = LONGEST_ANSWER) -> str:
    """Return one answer as text without space around it; raises NoAnswer when it is empty, Fault when it cannot be kept."""
    value = values.get(name, "")
    if isinstance(value, list):
        if len(value) > 1:
            raise Fault(name, _("Only one answer fits here."))
        value = value[0] if value else ""
    text = clean_text(name, value)
    if not text:
        raise NoAnswer
    if len(text) > longest:
        raise Fault(name, _("At most %(count)d letters.") % {"count": longest})
    return text


def many_texts(values: Values, name: str) -> list[str]:
    """Return the answers of a list, each once; raises NoAnswer when there is none."""
    value = values.get(name, [])
    texts = [text for part in ([value] if isinstance(value, str) else value) if (text := clean_text(name, part))]
    if not texts:
        raise NoAnswer
    return list(dict.fromkeys(texts))


def clean_text(name: str, value: object) -> str:
    """Return a text that may be stored; Fault for anything else than text, for NUL and for half a surrogate pair."""
    if not isinstance(value, str):
        raise Fault(name, _("This must be text."))
    if any(letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Fault(name, _("This holds a character that cannot be kept."))
    return value.strip()


def options_of(texts: Sequence[str]) -> tuple[Option, ...]:
    """Return options whose value is their own text."""
    return tuple(Option(text, text) for text in texts)
