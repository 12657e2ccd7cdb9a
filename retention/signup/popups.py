"""When a pop-up opens, and how often at most. Stored as a small dict; every value has a sane default."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class PopupRules:
    """The first of these that happens opens it. 0 switches a rule off.

    delay_seconds: on the page. scroll_percent: of the page's height. exit_intent: the mouse leaves at the top; where there is no
    mouse, nothing. again_days: after "not now" it stays away for so long; after signing up for good.
    """

    delay_seconds: int = 8
    scroll_percent: int = 40
    exit_intent: bool = True
    again_days: int = 14

    def stored(self) -> dict[str, Any]:
        """Return the rules as they are stored."""
        return asdict(self)


def rules_of(stored: Mapping[str, Any]) -> PopupRules:
    """Return stored rules; what is missing has its default."""
    usual = PopupRules()
    return PopupRules(
        delay_seconds=int(stored.get("delay_seconds", usual.delay_seconds)),
        scroll_percent=int(stored.get("scroll_percent", usual.scroll_percent)),
        exit_intent=bool(stored.get("exit_intent", usual.exit_intent)),
        again_days=int(stored.get("again_days", usual.again_days)),
    )
