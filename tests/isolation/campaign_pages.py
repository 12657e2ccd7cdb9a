"""Lines of the permission matrix for the recovery plan and coupons: what stands in a `Page` of `matrix.py`, in its order."""

from typing import Any

_POOL = {"public_id": "campaigns.CouponPool.public_id"}
_STAGE = {"public_id": "campaigns.RecoveryStage.public_id"}
_CELL = {**_STAGE, "group": "=looking"}
_ROW = {"name": "Row", "event": "Chat Started", "without": "Order Completed"}
_GUARD = {"part": "guard", "expires_hours": "12", "holdout": "10"}

CAMPAIGN_PAGES: dict[str, tuple[Any, ...]] = {
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
    "campaigns:coupon_pools": ("messages.view",),
    "campaigns:new_coupon_pool": ("messages.edit", "GET POST", {}, {"name": "New"}, (200, 302, 422)),
    "campaigns:coupon_pool": ("messages.view", "GET", _POOL),
    "campaigns:coupon_pool_add": ("messages.edit", "POST", _POOL, {"make": "1"}),
    "campaigns:coupon_pool_archive": ("messages.edit", "POST", _POOL),
    "campaigns:coupon_pool_bring_back": ("messages.edit", "POST", _POOL, {}, (302, 404)),
    "campaigns:coupon_codes": ("messages.edit", "GET", _POOL),
}
