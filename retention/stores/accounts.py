"""How allauth behaves in this product: its mail goes out as notices, and its words tell strangers nothing."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """The account rules of Boomerang."""
