"""The library's second factors, with their secrets sealed in the database.

Which pages ask for one is `stepping_up.py`.
"""

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from retention.kit.locks import PLATFORM
from retention.kit.secrets import seal, unseal

_PURPOSE = "second-factor"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals secrets with the installation's key ring and speaks in our words."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code does not fit, or was used already. Wait for the next one."),
        "unverified_email": _("Confirm your e-mail address first."),
        "cannot_delete_authenticator": _("The second factor stays on while you own a store. Add another one first."),
        "cannot_generate_recovery_codes": _("Add an authenticator app or a security key first."),
    }

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return seal(text, store_id=PLATFORM, purpose=_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; raises CannotUnseal."""
        return unseal(encrypted_text, store_id=PLATFORM, purpose=_PURPOSE)

    def get_totp_issuer(self) -> str:
        """Return the name the authenticator app shows."""
        return str(settings.MFA_TOTP_ISSUER)

    def generate_authenticator_name(self, user: object, type: Authenticator.Type) -> str:
        """Return a first name for a security key."""
        return gettext("Security key")
