"""A store with the ready-made plan, everything in it a draft."""

from datetime import datetime
from typing import Any

import pytest

from campaigns.recovery.planning import begin


@pytest.fixture
def plan(store: Any, now: datetime) -> Any:
    """Make the plan of the store."""
    begin(store, user_id=None, now=now)
    return store
