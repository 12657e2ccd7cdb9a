"""The scene as a fixture: made once for a file, since it is costly; each test's own changes are taken back before the next."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import DjangoDbBlocker

from tests.isolation.scene import Scene, make_scene
from tests.lasting import lasting


@pytest.fixture(scope="module")
def scene_of_file(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """Both stores, full of canaries, in a transaction that is rolled back after the file's last test."""
    with lasting(django_db_blocker, make_scene) as made:
        yield made


@pytest.fixture
def scene(scene_of_file: Scene, db: None) -> Scene:
    """The scene with nobody signed in; counters of limits start at nothing."""
    cache.clear()
    for side in (scene_of_file.victim, scene_of_file.attacker):
        side.browsers.clear()
    return scene_of_file
