"""The recovery plan's lines of the permission matrix: what stands in a `Page` of `matrix.py`, in its order."""

from typing import Any

_STAGE = {"public_id": "campaigns.RecoveryStage.public_id"}
_CELL = {**_STAGE, "group": "=looking"}
_ROW = {"name": "Row", "event": "Chat Started", "without": "Order Completed"}
_GUARD = {"part": "guard", "expires_hours": "12", "holdout": "10"}

RECOVERY_PAGES: dict[str, tuple[Any, ...]] = {
    "campaigns:recovery": ("messages.view",),
    "campaigns:recovery_begin": ("messages.send", "POST"),
    "campaigns:recovery_switch_on": ("messages.send", "POST"),
    "campaigns:recovery_replay": ("messages.edit", "POST"),
    "campaigns:recovery_bottlenecks": ("messages.view",),
    "campaigns:recovery_group": ("messages.edit", "GET POST", {"group": "=loyal"}, {"segment": ""}),
    "campaigns:recovery_row": ("messages.edit", "GET POST", {}, _ROW),
    "campaigns:recovery_row_remove": ("messages.edit", "POST", _STAGE, {}, (302, 404)),
    "campaigns:recovery_cell": ("messages.view", "GET", _CELL),
    "campaigns:recovery_save": ("messages.edit", "POST", _CELL, _GUARD),
    "campaigns:recovery_state": ("messages.edit", "POST", _CELL, {"state": "empty"}),
}
