"""What an audit entry says to a person. Rooms above add their own actions in `AppConfig.ready()` with `add_words`.

An action without words is shown by its name, so nothing is ever hidden.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

_words: dict[str, str | Promise] = {
    "store.opened": _("Opened the store"),
    "store.changed": _("Changed the store"),
    "team.invited": _("Invited somebody"),
    "team.invitation_withdrawn": _("Took an invitation back"),
    "team.joined": _("Joined the team"),
    "team.role_changed": _("Changed a role"),
    "team.removed": _("Removed a colleague"),
    "team.left": _("Left the team"),
    "key.made": _("Made a key"),
    "key.revoked": _("Revoked a key"),
    "key.used_in_browser": _("A secret key was used from a browser, and refused"),
    "account.signed_in": _("Signed in"),
    "account.address_changed": _("Changed the address they sign in with"),
    "account.password_changed": _("Changed their password"),
    "account.password_reset": _("Set a new password by mail"),
    "account.second_factor_added": _("Added a second factor"),
    "account.second_factor_removed": _("Removed a second factor"),
    "access.denied": _("Was refused a page"),
    "access.denied_from_outside": _("Somebody who does not work here was refused"),
    "staff.visit_began": _("Our staff began to look into the store"),
    "staff.visit_ended": _("Our staff stopped looking into the store"),
}
GROUPS: dict[str, str | Promise] = {
    "account": _("Signing in"),
    "team": _("Team"),
    "key": _("Keys"),
    "store": _("Store"),
    "access": _("Refused"),
    "staff": _("Our staff"),
}


def add_words(words: Words, *, groups: Words | None = None) -> None:
    """Add what the actions of another room say. groups: names of kinds (the part before the dot) that are new."""
    _words.update(words)
    GROUPS.update(groups or {})


def words_of(action: str) -> str:
    """Return what an action says, or its own name."""
    return str(_words.get(action, action))


def groups() -> list[tuple[str, str]]:
    """Return the kinds of actions one can filter by: the part before the dot."""
    known = {action.partition(".")[0] for action in _words}
    return [(key, str(GROUPS.get(key, key))) for key in sorted(known, key=lambda key: list(GROUPS).index(key) if key in GROUPS else 99)]
