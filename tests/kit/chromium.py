"""The machine's own Chromium, where it has one."""

from __future__ import annotations

import shutil

__all__ = ["COLLECTED", "FLAGS", "MISSING", "PATH", "WCAG"]

PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

COLLECTED = PATH is not None
"""Whether the browser tests run; `.ci/run` installs a browser first."""

MISSING = (
    "NOT RUN: tests/show/test_page_browser.py and test_page_decides.py need Chromium on PATH "
    "(Debian: apt-get install chromium)"
)

FLAGS = (
    "--no-sandbox",  # as root, and in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
"""What axe-core holds a page against."""
