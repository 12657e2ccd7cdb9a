"""How the states of journeys are drawn, wherever journeys are listed."""

STATE_BADGES = {"draft": "draft", "live": "live", "paused": "paused", "ended": "ended"}
