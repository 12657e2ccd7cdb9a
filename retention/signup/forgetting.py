"""Sign-ups nobody confirmed name a person without being linked to one; erasing that person takes them too."""

from django.db.models import Q

from retention.customers.erasing import Forgotten
from retention.signup.models import Signup


def forget_unconfirmed(who: Forgotten) -> None:
    """Delete the active store's sign-ups by these addresses, numbers or browsers that belong to no customer yet, in one statement."""
    named = Q(address_digest__in=who.digests) | Q(phone__in=[name for name in who.names if name.startswith("+")])
    Signup.objects.filter(named | Q(anonymous_id__in=who.browsers), customer=None).delete()
