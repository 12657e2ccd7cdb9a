"""When is your birthday? With the year, without it, or as the person likes."""

from datetime import date
from typing import Any, ClassVar

from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Fault, Input, NoAnswer, Option, Question, Step, Text, Values, one_text

YEARS = ("never", "optional", "always")
EARLIEST, LEAP = 1900, 2000


class BirthdayQuestion(Question):
    """Asks for day and month, and the year as far as the step asks for it. Kept as 1990-05-01 or --05-01."""

    key: ClassVar[str] = "birthday"
    icon: ClassVar[str] = "cake"
    label: ClassVar[Text] = gettext_lazy("Birthday")
    title: ClassVar[Text] = gettext_lazy("When is your birthday?")
    reason: ClassVar[Text] = gettext_lazy("So that we can send you something nice that day.")
    has_year: ClassVar[bool] = True

    def check(self, step: Step) -> None:
        """Refuse a year rule that is none."""
        if step.year not in YEARS:
            raise Fault("year", _("Choose whether to ask for the year."))

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return day, month and perhaps year."""
        months = tuple(Option(str(number), str(name)) for number, name in dates.MONTHS.items())
        found = [
            Input(f"{step.key}_day", "number", _("Day"), autocomplete="bday-day", longest=2),
            Input(f"{step.key}_month", "select", _("Month"), autocomplete="bday-month", options=months),
        ]
        if step.year != "never":
            hint = _("if you like") if step.year == "optional" else ""
            found.append(Input(f"{step.key}_year", "number", _("Year"), autocomplete="bday-year", longest=4, hint=hint))
        return found

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the birthday as text."""
        day, month = _number(values, f"{step.key}_day", _("Write a number.")), _number(values, f"{step.key}_month", _("Choose a month."))
        year = _number(values, f"{step.key}_year", _("Write the year with four digits.")) if step.year != "never" else None
        if day is None and month is None and year is None:
            raise NoAnswer
        if day is None or month is None:
            missing = "day" if day is None else "month"
            raise Fault(f"{step.key}_{missing}", _("Write day and month, or skip the question."))
        if year is None and step.year == "always":
            raise Fault(f"{step.key}_year", _("Write the year too, or skip the question."))
        return _checked(step.key, year=year, month=month, day=day, today=asking.today)

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the birthday."""
        return {"birthday": answer}


def _number(values: Values, name: str, otherwise: str) -> int | None:
    """Return a number of up to four digits, None for none said; `otherwise` are the words for anything else."""
    try:
        text = one_text(values, name)
    except NoAnswer:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Fault(name, otherwise)
    return int(text)


def _checked(key: str, *, year: int | None, month: int, day: int, today: date) -> str:
    if year is not None and not EARLIEST <= year <= date.max.year:
        raise Fault(f"{key}_year", _("Write the year with four digits."))
    if not 1 <= month <= 12:
        raise Fault(f"{key}_month", _("Choose a month."))
    try:
        found = date(LEAP if year is None else year, month, day)
    except ValueError:
        words = {"day": f"{day:02}", "month": f"{month:02}", "year": year or ""}
        raise Fault(f"{key}_day", _("%(day)s.%(month)s.%(year)s is not a date.") % words) from None
    if year is not None and found > today:
        raise Fault(f"{key}_year", _("That day is still to come."))
    return f"--{found:%m-%d}" if year is None else f"{found:%Y-%m-%d}"
