"""What belongs to a store's team, for staff: read-only. Stores, people and keys, where staff act, are in `retention/staff/`.

The audit log is append-only for everybody, staff included: the database grants no more.
"""

from retention.stores.models import AuditEntry, Invitation, Membership, PlatformState, SignIn, StoreWork
from retention.tenancy.staff import look_at

STORE = "=store__slug"

look_at(Membership, columns=("user", "store", "role", "created_at"), search=(STORE, "=user__email"), filters=("role",))
look_at(
    Invitation,
    columns=("email", "store", "role", "created_at", "expires_at", "accepted_at", "withdrawn_at"),
    hidden=("digest",),
    search=(STORE, "=email"),
)
look_at(
    AuditEntry,
    columns=("at", "store", "number", "action", "actor_kind", "actor_id", "target", "ip"),
    search=(STORE, "=action", "=target"),
    filters=("actor_kind",),
)
look_at(StoreWork, columns=("kind", "store", "due_at", "leased_until", "rung"), search=(STORE, "=kind"), filters=("kind",), newest="due_at")
look_at(SignIn, columns=("user", "began_at", "seen_at", "ip"), hidden=("session_key",), search=("=user__email",))
look_at(PlatformState, columns=("sending_stopped_at", "reason"))
