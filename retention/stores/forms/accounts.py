"""The library's forms where our pages already say what its help texts say: signing in, proving it is you, changing the password."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from django.utils.translation import gettext_lazy as _


class SignIn(LoginForm):  # type: ignore[misc]
    """Address and password; the page itself carries the link for a forgotten one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].help_text = ""
        self.fields["remember"].help_text = _("Seven days at most, and 12 hours without a visit. Not on a shared one.")


class ProveItIsYou(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].help_text = ""


class ChangePassword(ChangePasswordForm):  # type: ignore[misc]
    """The old password and the new one twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["oldpassword"].help_text = ""
