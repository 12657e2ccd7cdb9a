"""Mail to those of a store's team whom something concerns."""

from collections.abc import Iterable
from typing import Any

from retention.notices.owing import owe_page
from retention.stores.models import Membership


def owe_team(template: str, *, roles: Iterable[str], subject: str, words: dict[str, Any], key: str) -> None:
    """Owe a mail to everybody of the active store's team with one of these roles, in the caller's transaction.

    template: of `templates/emails/`, and the kind of the mail. key: what is told once; each member has one of their own below it.
    """
    for member in Membership.objects.filter(role__in=list(roles)).select_related("user").order_by("pk"):
        owe_page(template, to=member.user.email, subject=subject, template=template, words=words, key=f"{key}:{member.pk}")
