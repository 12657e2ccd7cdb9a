"""How allauth behaves in this product: its mail goes out as notices, and its words tell strangers nothing.

Counting wrong passwords is `signing_in.py`, the second factor `second_factor.py`, the forms `forms/accounts.py`.
"""

import uuid
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from retention.kit.metrics import SIGN_IN_FAILURES
from retention.notices.owing import owe
from retention.stores import signing_in
from retention.stores.client_address import client_ip
from retention.stores.limits import LimiterDown

_SILENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt", "account/messages/email_confirmation_sent.txt"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account rules of Boomerang."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("E-mail and password do not fit together."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "enter_current_password": gettext_lazy("This is not your current password."),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait a few minutes, then try again."),
        "rate_limited": gettext_lazy("Too many tries. Wait a few minutes, then try again."),
        "invalid_password_reset": gettext_lazy("This link was used already, or is older than an hour."),
        "incorrect_code": gettext_lazy("This code does not fit."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address our own proxies vouch for."""
        return client_ip(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Owe the mail as a notice. Account mails may be repeated: a second copy does no harm.

        Links lead to SITE_URL, whatever host and port the asking browser named.
        """
        links = {name: _on_our_site(value) for name, value in context.items() if name.endswith("_url") and isinstance(value, str)}
        message = self.render_mail(template_prefix, email, {"email": email, **context, **links})
        html = next((str(part[0]) for part in getattr(message, "alternatives", []) if part[1] == "text/html"), "")
        kind = template_prefix.rpartition("/")[2]
        owe(kind, to=email, subject=message.subject, text=message.body, html=html, key=f"account:{uuid.uuid4()}", may_repeat=True)

    def format_email_subject(self, subject: str) -> str:
        """Leave the subject as it is."""
        return subject

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Take a try before the password is looked at; refuse when there is none left."""
        email = str(credentials.get("email", ""))
        try:
            self._try = signing_in.take_try(request, email=email)
        except signing_in.TooManyTries as error:
            raise _pause_words(error) from error
        except LimiterDown as error:
            raise ValidationError(_("We cannot check passwords at this moment. Try again in a minute.")) from error

    def _rollback_login_failed_rl_usage(self) -> None:
        """Forget the wrong tries, because the password was right."""
        signing_in.succeeded(self._try)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forget strangers' wrong tries, because the owner has just reset the password by mail."""
        signing_in.forget_strangers(str(credentials.get("email", "")))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Say how many tries are left; the same words whether or not there is such an account."""
        SIGN_IN_FAILURES.inc()
        raise _mismatch_words(self._try)

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Check the password again for somebody who is signed in."""
        try:
            return bool(super().reauthenticate(user, password))
        except ValidationError as error:
            if error.code == "mismatch":
                return False
            raise

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        """Let this browser have tries of its own from now on."""
        response: HttpResponse = super().post_login(request, user, **more)
        device = signing_in.known_device(request, email=user.email)
        signing_in.remember_device(response, email=user.email, device=device)
        return response

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any) -> None:
        """Say only what a person needs to hear; being signed in is plain to see."""
        if message_template not in _SILENT:
            super().add_message(request, level, message_template, *args, **more)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return to the account page."""
        return reverse("stores:account")


def _on_our_site(address: str) -> str:
    parts = urlsplit(address)
    return f"{settings.SITE_URL}{urlunsplit(('', '', parts.path, parts.query, ''))}"


def _mismatch_words(made: signing_in.Try) -> ValidationError:
    if made.left <= 0:
        minutes = made.pause_seconds // 60
        words = _("E-mail and password do not fit together. Signing in here pauses for %(minutes)d minutes.") % {"minutes": minutes}
        return ValidationError(words, code="mismatch")
    words = ngettext(
        "E-mail and password do not fit together. One try is left before a 10-minute pause.",
        "E-mail and password do not fit together. %(left)s tries are left before a 10-minute pause.",
        made.left,
    )
    return ValidationError(words % {"left": {2: _("Two"), 3: _("Three"), 4: _("Four")}.get(made.left, made.left)}, code="mismatch")


def _pause_words(error: signing_in.TooManyTries) -> ValidationError:
    if not error.pause:
        words = ngettext("Wait %(count)d second, then try again.", "Wait %(count)d seconds, then try again.", error.seconds)
        return ValidationError(words % {"count": error.seconds}, code="wait")
    minutes = max(1, -(-error.seconds // 60))
    words = ngettext(
        "Too many tries. Signing in here pauses for %(count)d minute. A new password by mail works at once.",
        "Too many tries. Signing in here pauses for %(count)d minutes. A new password by mail works at once.",
        minutes,
    )
    return ValidationError(words % {"count": minutes}, code="pause")
