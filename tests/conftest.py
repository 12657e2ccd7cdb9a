"""Fixtures that several rooms' tests share and that cost too much to make twice."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from retention.testing.marks import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield the system's Chromium, headless; one for the test process, since Playwright runs once in a thread."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # its event loop lives in this thread; the tests still talk to the database
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"])
