"""Who works in a store: changing roles and letting people go. A store always keeps an owner, whoever acts at the same moment.

Inviting is `inviting.py`. Everything here runs inside the store's context and the caller's request.
"""

from django.db import transaction

from retention.stores.models import Membership
from retention.stores.models.membership import Role


class LastOwner(Exception):
    """The store would be left without an owner."""


class NotYours(Exception):
    """Only an owner may make, change or remove an owner."""


def change_role(membership_id: int, *, role: str, actor_role: str) -> str:
    """Give a colleague another role and return the one they had; it holds from their next request.

    Raises Membership.DoesNotExist, NotYours or LastOwner.
    """
    with transaction.atomic():
        member = _lock(membership_id, actor_role=actor_role, new_role=role)
        before = member.role
        if before != role:
            member.change_role(role)
    return before


def remove(membership_id: int, *, actor_role: str) -> Membership:
    """Let a colleague go and return the membership that was; their pages are shut from their next request.

    Raises Membership.DoesNotExist, NotYours or LastOwner.
    """
    with transaction.atomic():
        member = _lock(membership_id, actor_role=actor_role, new_role="")
        Membership.objects.filter(pk=member.pk).delete()
    return member


def may_give(role: str, *, actor_role: str) -> bool:
    """Say whether somebody in this role may make others `role`: only owners make owners."""
    return role in Role.values and (role != Role.OWNER or actor_role == Role.OWNER)


def _lock(membership_id: int, *, actor_role: str, new_role: str) -> Membership:
    """Lock the store's owners and the member, in one order, so that two who act at once wait for each other."""
    owners = list(Membership.objects.select_for_update().filter(role=Role.OWNER).order_by("pk").values_list("pk", flat=True))
    member = Membership.objects.select_for_update().select_related(None).get(pk=membership_id)
    touches_owner = Role.OWNER in (member.role, new_role)
    if touches_owner and actor_role != Role.OWNER:
        raise NotYours
    if member.role == Role.OWNER and new_role != Role.OWNER and owners == [member.pk]:
        raise LastOwner
    return member
