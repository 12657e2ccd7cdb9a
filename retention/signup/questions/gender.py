"""How do you describe yourself? Kept as stated, never guessed."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Fault, Input, NoAnswer, Option, Question, Step, Text, Values, one_text, options_of

RATHER_NOT = "-"


class GenderQuestion(Question):
    """Asks for the gender from the shop's own list; "rather not say" always stands below it."""

    key: ClassVar[str] = "gender"
    icon: ClassVar[str] = "users"
    label: ClassVar[Text] = gettext_lazy("Gender")
    title: ClassVar[Text] = gettext_lazy("How do you describe yourself?")
    reason: ClassVar[Text] = gettext_lazy("So that we show you what fits.")
    has_options: ClassVar[bool] = True
    longest_option: ClassVar[int] = 20

    def sample_options(self) -> Sequence[str]:
        """Return three answers."""
        return (_("Woman"), _("Man"), _("Non-binary"))

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return the list, and a way not to say."""
        return [Input(step.key, "choice", step.title, options=(*options_of(step.options), Option(RATHER_NOT, _("Rather not say"))))]

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the answer; "rather not say" is none."""
        text = one_text(values, step.key)
        if text == RATHER_NOT:
            raise NoAnswer
        if text not in step.options:
            raise Fault(step.key, _("Choose one of the answers."))
        return text

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the gender."""
        return {"gender": answer}
