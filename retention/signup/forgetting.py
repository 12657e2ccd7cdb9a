"""Sign-ups nobody confirmed name a person without being linked to one; erasing that person takes them too."""

from collections.abc import Sequence

from django.db.models import Q

from retention.signup.models import Signup


def forget_unconfirmed(names: Sequence[str]) -> None:
    """Delete the active store's sign-ups by these addresses, numbers or browsers that belong to no customer yet."""
    for name in names:
        Signup.objects.filter(Q(email__iexact=name) | Q(phone=name) | Q(anonymous_id=name), customer=None).delete()
