"""The scene as a fixture."""

import pytest
from django.core.cache import cache

from tests.isolation.scene import Scene, make_scene


@pytest.fixture
def scene(db: None) -> Scene:
    """Both stores, full of canaries; counters of limits start at nothing."""
    cache.clear()
    return make_scene()
