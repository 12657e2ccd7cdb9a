"""The routes of the recovery plan and of coupons, as lines of the permission matrix."""

from tests.isolation.page import Page

_POOL = {"public_id": "campaigns.CouponPool.public_id"}
_STAGE = {"public_id": "campaigns.RecoveryStage.public_id"}
_CELL = {**_STAGE, "group": "=looking"}
_ROW = {"name": "Row", "event": "Chat Started", "without": "Order Completed"}
_GUARD = {"part": "guard", "expires_hours": "12", "holdout": "10"}

RECOVERY_PAGES = {
    "campaigns:recovery": Page("messages.view"),
    "campaigns:recovery_begin": Page("messages.send", "POST"),
    "campaigns:recovery_switch_on": Page("messages.send", "POST"),
    "campaigns:recovery_replay": Page("messages.edit", "POST"),
    "campaigns:recovery_bottlenecks": Page("messages.view"),
    "campaigns:recovery_group": Page("messages.edit", "GET POST", {"group": "=loyal"}, {"segment": ""}),
    "campaigns:recovery_row": Page("messages.edit", "GET POST", {}, _ROW),
    "campaigns:recovery_row_remove": Page("messages.edit", "POST", _STAGE, {}, (302, 404)),
    "campaigns:recovery_cell": Page("messages.view", "GET", _CELL),
    "campaigns:recovery_save": Page("messages.edit", "POST", _CELL, _GUARD),
    "campaigns:recovery_state": Page("messages.edit", "POST", _CELL, {"state": "empty"}),
    "campaigns:coupon_pools": Page("messages.view"),
    "campaigns:new_coupon_pool": Page("messages.edit", "GET POST", {}, {"name": "New"}, (200, 302, 422)),
    "campaigns:coupon_pool": Page("messages.view", "GET", _POOL),
    "campaigns:coupon_pool_add": Page("messages.edit", "POST", _POOL, {"make": "1"}),
    "campaigns:coupon_pool_archive": Page("messages.edit", "POST", _POOL),
    "campaigns:coupon_pool_bring_back": Page("messages.edit", "POST", _POOL, {}, (302, 404)),
    "campaigns:coupon_codes": Page("messages.edit", "GET", _POOL),
}
