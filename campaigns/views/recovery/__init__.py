"""The pages of the recovery plan, one file each: the matrix with an open cell, what is saved there, its rows, and where visits are lost."""

from campaigns.views.recovery.bottlenecks import show_bottlenecks
from campaigns.views.recovery.cell import save_cell, set_state
from campaigns.views.recovery.matrix import begin_plan, replay, show_cell, show_plan, switch_plan_on
from campaigns.views.recovery.rows import edit_group, new_row, remove_row

__all__ = [
    "begin_plan",
    "edit_group",
    "new_row",
    "remove_row",
    "replay",
    "save_cell",
    "set_state",
    "show_bottlenecks",
    "show_cell",
    "show_plan",
    "switch_plan_on",
]
