"""Fixtures that several rooms' tests share and that cost too much to make twice."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as product
from hypothesis import HealthCheck, settings

from tests.browser.launching import launch
from tests.browser.looking import keep_pictures
from tests.serving import end_shared

# How fast an example is made says something about the machine, not about the product.
# Every run tries the same examples, so that a red one stays red; only `--deep` looks for new ones.
settings.register_profile("same", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("new", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Hash passwords lightly; let the long run try examples nobody tried before, and keep pictures."""
    product.PASSWORD_HASHERS = ["tests.hashing.LightArgon2"]
    deep = config.getoption("--deep", default=False)
    if deep:
        settings.load_profile("new")
    keep_pictures(wanted=deep or config.getoption("--pictures", default=False))


def pytest_unconfigure() -> None:
    """End what the tests of this process shared."""
    end_shared()


@pytest.fixture
def browser(running_browser: Any) -> Iterator[Any]:
    """Yield the browser of this process without a window; those a test leaves open would ask its pages' questions for ever."""
    yield running_browser
    for context in running_browser.contexts:
        context.close()


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Any]:
    """Yield the system's Chromium, headless; one for the test process, since Playwright runs once in a thread."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # its event loop lives in this thread; the tests still talk to the database
    with sync_playwright() as playwright:
        yield launch(playwright)
