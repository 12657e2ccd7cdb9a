"""A question of the shop's own, answered in one line."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Input, Question, Step, Text, Values, one_text


class TextQuestion(Question):
    """Asks for a line of text; it becomes an attribute of the person, named by the step's key."""

    key: ClassVar[str] = "text"
    icon: ClassVar[str] = "align-left"
    label: ClassVar[Text] = gettext_lazy("Own question with a line of text")
    title: ClassVar[Text] = gettext_lazy("Your question")
    once: ClassVar[bool] = False

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return one line of text."""
        return [Input(step.key, "text", step.title)]

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the text."""
        return one_text(values, step.key)

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the attribute."""
        return {step.key: answer}
