"""The pages on which a journey is written: its draft step by step, shadow and replay, and the page before it goes live."""

from campaigns.views.editor.launching import launch_journey, publish_journey
from campaigns.views.editor.trying import ask_replay, show_replay, show_shadow, switch_shadow
from campaigns.views.editor.writing import discard_draft, edit_journey, new_journey

__all__ = [
    "ask_replay",
    "discard_draft",
    "edit_journey",
    "launch_journey",
    "new_journey",
    "publish_journey",
    "show_replay",
    "show_shadow",
    "switch_shadow",
]
