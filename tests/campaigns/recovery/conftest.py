"""A store with the ready-made plan, everything in it a draft; and one whose cell about what is sold out is live."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from campaigns.models import RecoveryCell
from campaigns.recovery.planning import begin, save_cell
from campaigns.recovery.rules.cells import CellPlan
from campaigns.recovery.rules.defaults import when_back
from tests.campaigns.journeys.stocking import report, stock
from tests.campaigns.recovery.shopping import cell_of, go_live


@pytest.fixture
def plan(store: Any, now: datetime) -> Any:
    """Make the plan of the store."""
    begin(store, user_id=None, now=now)
    return store


@pytest.fixture
def gone(plan: Any, now: Any) -> Any:
    """Let the lamp be sold out in a store with a plan, and return the store."""
    before = now - timedelta(days=9)
    report(10_000, at=before)
    report(20_000, at=before, name="Shelf")
    stock(0, at=before)
    return plan


@pytest.fixture
def cell(gone: Any, now: Any) -> RecoveryCell:
    """Switch the cell of lookers on, with a mail when it is back."""
    save_cell(cell_of("gone", "looking"), when_back(CellPlan(())), user_id=None, now=now - timedelta(hours=1))
    return go_live("gone", "looking", now=now - timedelta(hours=1))
