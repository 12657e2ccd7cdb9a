"""A question of the shop's own with one answer of a list."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Fault, Input, Question, Step, Text, Values, one_text, options_of


class ChoiceQuestion(Question):
    """Asks for one of several answers; it becomes an attribute of the person, named by the step's key."""

    key: ClassVar[str] = "choice"
    icon: ClassVar[str] = "list-check"
    label: ClassVar[Text] = gettext_lazy("Own question with a list")
    title: ClassVar[Text] = gettext_lazy("Your question")
    has_options: ClassVar[bool] = True
    once: ClassVar[bool] = False

    def sample_options(self) -> Sequence[str]:
        """Return answers that show what is meant."""
        return (_("Yes"), _("No"))

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return the list."""
        return [Input(step.key, "choice", step.title, options=options_of(step.options))]

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the answer."""
        text = one_text(values, step.key)
        if text not in step.options:
            raise Fault(step.key, _("Choose one of the answers."))
        return text

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the attribute."""
        return {step.key: answer}
