"""The routes about what messages really bring in, as lines of the permission matrix."""

from tests.isolation.page import Page

_JOURNEY = {"public_id": "campaigns.Journey.public_id"}
_CAMPAIGN = {"public_id": "campaigns.Campaign.public_id"}
MEASURED_PAGES = {
    "campaigns:measuring": Page("store.view"),
    "campaigns:measuring_holdout": Page("store.edit", "POST", form={"percent": "10"}),
    "campaigns:measuring_anew": Page("store.edit", "POST"),
    "campaigns:measuring_windows": Page("store.edit", "POST", form={"email": "7", "sms": "5", "push": "1", "onsite": "1"}),
    "campaigns:sending_rules": Page("messages.view"),
    "campaigns:sending_budget": Page("store.edit", "POST", form={"per_day": "2", "per_week": "4"}),
    "campaigns:sending_ranks": Page("messages.edit", "POST", form={}),
    "campaigns:calendar": Page("messages.view"),
    "campaigns:frequency": Page("insight.view"),
    "campaigns:store_experiment": Page("insight.view"),
    "campaigns:experiments": Page("insight.view"),
    "campaigns:campaign_experiment": Page("messages.view", ids=_CAMPAIGN, answers=(200, 404)),
    "campaigns:journey_experiment": Page("messages.view", ids=_JOURNEY),
    "api:campaign_experiment": Page("key campaigns:read", ids=_CAMPAIGN, answers=(200, 404)),
    "api:journey_experiment": Page("key campaigns:read", ids=_JOURNEY, answers=(200, 404)),
    "api:store_experiment": Page("key campaigns:read", answers=(200,)),
}
