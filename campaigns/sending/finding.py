"""Whose connection a hook's address belongs to, before its store is known, and the password such an address carries."""

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from campaigns.models import Connection
from retention.tenancy.unscoped import unscoped


def find_connection(public_id: UUID) -> Connection | None:
    """Return the connection with this public id, whichever store has it."""
    with unscoped(reason="find the store of a provider's hook"):
        found: Connection | None = Connection.objects.filter(public_id=public_id).first()
    return found


def report_password(public_id: UUID) -> str:
    """Return the password for reports of services that sign nothing; derived, so nothing is stored."""
    key = hashlib.sha256(b"campaigns.reports:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, public_id.bytes, hashlib.sha256).hexdigest()[:40]
