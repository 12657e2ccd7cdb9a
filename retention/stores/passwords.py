"""A password rule of our own: the shop's name is the first thing a stranger tries."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class NotTheStoreName:
    """Refuse a password that holds the product's name or the name of a store the person works in. Source: S1."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError when the password holds such a name."""
        squeezed = "".join(password.lower().split())
        for name in ("boomerang", *self._store_names(user)):
            if len(name) >= 4 and name in squeezed:
                raise ValidationError(
                    _("The password holds the name “%(name)s”, which is easy to guess."), params={"name": name}, code="store_name"
                )

    def get_help_text(self) -> str:
        """Say the rule in one sentence."""
        return _("At least 12 characters, and not the name of your shop.")

    def _store_names(self, user: Any) -> list[str]:
        from retention.stores.models import Membership
        from retention.tenancy.context import user_context

        if user is None or user.pk is None:
            return []
        with user_context(user.pk):
            names = Membership.objects.of_person(user.pk).values_list("store__name", flat=True)
            return ["".join(name.lower().split()) for name in names]
