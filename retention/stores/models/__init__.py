"""The tables of the stores room, one idea a file."""

from retention.stores.models.audit import AuditEntry
from retention.stores.models.invitation import Invitation
from retention.stores.models.key import ApiKey
from retention.stores.models.membership import Membership
from retention.stores.models.platform import PlatformState
from retention.stores.models.sign_in import SignIn
from retention.stores.models.store import Store
from retention.stores.models.user import User
from retention.stores.models.work import StoreWork

__all__ = ["ApiKey", "AuditEntry", "Invitation", "Membership", "PlatformState", "SignIn", "Store", "StoreWork", "User"]
