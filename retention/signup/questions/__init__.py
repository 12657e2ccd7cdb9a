"""The kinds of questions a form can ask, in the order the builder offers them. A new kind: a file here and a line below."""

from retention.kit.register import Register
from retention.signup.questions.address import AddressQuestion
from retention.signup.questions.base import Fault, Input, NoAnswer, Option, Question, Step, Values
from retention.signup.questions.birthday import BirthdayQuestion
from retention.signup.questions.choice import ChoiceQuestion
from retention.signup.questions.gender import GenderQuestion
from retention.signup.questions.interests import InterestsQuestion
from retention.signup.questions.name import NameQuestion
from retention.signup.questions.text import TextQuestion

QUESTIONS: Register[Question] = Register("kind of question")
for _question in (
    AddressQuestion(),
    NameQuestion(),
    GenderQuestion(),
    InterestsQuestion(),
    BirthdayQuestion(),
    ChoiceQuestion(),
    TextQuestion(),
):
    QUESTIONS.add(_question.key, _question)

__all__ = ["QUESTIONS", "Fault", "Input", "NoAnswer", "Option", "Question", "Step", "Values"]
