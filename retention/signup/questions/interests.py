"""What do you like? Several answers fit."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Fault, Input, Question, Step, Text, Values, many_texts, options_of


class InterestsQuestion(Question):
    """Asks for interests from the shop's own list."""

    key: ClassVar[str] = "interests"
    icon: ClassVar[str] = "tag"
    label: ClassVar[Text] = gettext_lazy("Interests")
    title: ClassVar[Text] = gettext_lazy("What would you like to hear about?")
    reason: ClassVar[Text] = gettext_lazy("So that you hear only of what you care about.")
    has_options: ClassVar[bool] = True
    takes_many: ClassVar[bool] = True

    def sample_options(self) -> Sequence[str]:
        """Return answers that show what is meant."""
        return (_("New in"), _("Offers"), _("Stories"))

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return boxes to tick."""
        return [Input(step.key, "choices", step.title, options=options_of(step.options))]

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the chosen interests in the shop's order."""
        chosen = many_texts(values, step.key)
        if not set(chosen) <= set(step.options):
            raise Fault(step.key, _("Choose from the answers."))
        return [option for option in step.options if option in chosen]

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the interests."""
        return {"interests": answer}
