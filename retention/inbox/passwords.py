"""The password a store signs in to the test inbox with, derived from the site's secret key, so nothing is stored."""

import hashlib
import hmac

from django.conf import settings


def inbox_password(user: str) -> str:
    """Return the password for a user of the inbox: a store's public id."""
    key = hashlib.sha256(b"retention.inbox:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, user.encode(), hashlib.sha256).hexdigest()[:40]


def opens(user: str, password: str) -> bool:
    """Say whether a password belongs to a user."""
    return hmac.compare_digest(inbox_password(user), password)
