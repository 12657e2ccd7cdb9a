"""The tables of the signup room, one idea a file."""

from retention.signup.models.form import FormDay, SignupForm
from retention.signup.models.preference import Preference
from retention.signup.models.signup import Confirmation, Signup
from retention.signup.models.topic import Topic

__all__ = ["Confirmation", "FormDay", "Preference", "Signup", "SignupForm", "Topic"]
