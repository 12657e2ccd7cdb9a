"""The states of look.md: for each one icon, one word and one class, the same on every page.

Nothing else gives a state a colour. A new state is a line here, a line in `static/css/states.css` and a place in the styleguide.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class State:
    """One state: its key (the class is `s-<key>`), its icon and its word."""

    key: str
    icon: str
    word: str | Promise

    @property
    def css(self) -> str:
        """Return the class that carries colour and border."""
        return f"s-{self.key}"


_LIST = (
    State("live", "player-play-filled", pgettext_lazy("state", "Live")),
    State("shadow", "ghost-2", pgettext_lazy("state", "Shadow")),
    State("draft", "pencil", pgettext_lazy("state", "Draft")),
    State("paused", "player-pause-filled", pgettext_lazy("state", "Paused")),
    State("scheduled", "clock", pgettext_lazy("state", "Scheduled")),
    State("queued", "clock", pgettext_lazy("state", "Waiting")),
    State("empty", "circle-dashed", _("Empty on purpose")),
    State("hole", "circle-plus", _("No plan")),
    State("ended", "flag", pgettext_lazy("state", "Ended")),
    State("needs", "alert-triangle", _("Needs you")),
    State("sending", "send", pgettext_lazy("state", "Sending")),
    State("delivered", "check", pgettext_lazy("state", "Delivered")),
    State("clicked", "click", pgettext_lazy("state", "Clicked")),
    State("done", "check", pgettext_lazy("state", "Done")),
    State("held", "hand-stop", _("Held back")),
    State("late", "clock-exclamation", pgettext_lazy("state", "Late")),
    State("failed", "x", pgettext_lazy("state", "Failed")),
    State("unknown", "help-circle", pgettext_lazy("state", "Unknown")),
    State("unsub", "hand-stop", _("Said no")),
)
STATES: dict[str, State] = {state.key: state for state in _LIST}


class UnknownState(LookupError):
    """A template or view named a state that is not in the list."""


def state_of(key: str) -> State:
    """Return the state with this key."""
    try:
        return STATES[key]
    except KeyError as error:
        raise UnknownState(f"There is no state {key!r}.") from error
