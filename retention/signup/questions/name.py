"""What shall we call you?"""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retention.signup.questions.base import Asking, Input, Question, Step, Text, Values, one_text

LONGEST = 100


class NameQuestion(Question):
    """Asks for the first name."""

    key: ClassVar[str] = "name"
    icon: ClassVar[str] = "users"
    label: ClassVar[Text] = gettext_lazy("First name")
    title: ClassVar[Text] = gettext_lazy("What shall we call you?")
    reason: ClassVar[Text] = gettext_lazy("So that our mails begin with your name.")

    def inputs(self, step: Step, asking: Asking) -> list[Input]:
        """Return one line of text."""
        return [Input(step.key, "text", _("First name"), autocomplete="given-name", longest=LONGEST)]

    def read(self, step: Step, values: Values, asking: Asking) -> Any:
        """Return the name."""
        return one_text(values, step.key, longest=LONGEST)

    def traits(self, step: Step, answer: Any) -> dict[str, Any]:
        """Say the first name."""
        return {"firstName": answer}
