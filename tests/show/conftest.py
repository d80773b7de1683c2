"""A real browser for the tests of the page."""

import pytest
from playwright.sync_api import sync_playwright

import chromium


@pytest.fixture(scope="module")
def browser():
    """The machine's Chromium, with nothing open."""
    assert chromium.PATH, chromium.MISSING
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium.PATH, args=[*chromium.FLAGS])
        yield started
        started.close()
