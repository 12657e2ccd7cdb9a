"""The routes on which a journey is written, tried and read by the API, as lines of the permission matrix."""

from tests.isolation.page import Page

_JOURNEY = {"public_id": "campaigns.Journey.public_id"}
WRITTEN_PAGES = {
    "campaigns:new_journey": Page("messages.write", "GET POST"),
    "campaigns:journey_edit": Page("messages.write", "GET POST", ids=_JOURNEY, form={"stamp": "0.1", "do": "look"}, answers=(200,)),
    "campaigns:journey_discard": Page("messages.write", "POST", ids=_JOURNEY),
    "campaigns:journey_launch": Page("messages.write", ids=_JOURNEY),
    "campaigns:journey_publish": Page("messages.send", "POST", ids=_JOURNEY, form={"stamp": "0.1"}, answers=(302, 409, 422)),
    "campaigns:journey_shadow": Page("messages.view", ids=_JOURNEY),
    "campaigns:journey_shadow_switch": Page("messages.write", "POST", ids=_JOURNEY, form={"do": "stop"}),
    "campaigns:journey_replay": Page("messages.view", ids=_JOURNEY),
    "campaigns:journey_replay_ask": Page("messages.write", "POST", ids=_JOURNEY),
    "api:journeys": Page("key campaigns:read", form={"page_size": "5"}, answers=(200,)),
    "api:journey": Page("key campaigns:read", ids=_JOURNEY, answers=(200, 404)),
}
