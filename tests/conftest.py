"""Fixtures that several rooms' tests share and that cost too much to make twice."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from retention.testing.marks import chromium

# How fast an example is made says something about the machine, not about the product.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield the system's Chromium, headless; one for the test process, since Playwright runs once in a thread."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # its event loop lives in this thread; the tests still talk to the database
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"])
