"""The form behind a public address: its id is the key, looked up before the store is known; the store comes from the row found."""

from uuid import UUID

from retention.signup.models import SignupForm
from retention.tenancy.unscoped import unscoped


def store_of_form(public_id: UUID) -> int | None:
    """Return the id of the store whose form this is; None for an id that is nobody's."""
    with unscoped(reason="look a sign-up form up before its store is known"):
        found = SignupForm.objects.filter(public_id=public_id).values_list("store_id", flat=True).first()
    return int(found) if found is not None else None
