"""What several rooms' tests share: the system's Chromium, driven by Playwright and watched.

A page's console errors and its requests to other machines are recorded, for tests to hold against it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

pytest_plugins = ["databases"]

# properties are judged by what they find, not by how long a busy machine takes
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

PICTURES = Path(__file__).parent.parent / "test-results"
CHROMIUM_ARGS = [
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Watch:
    """What a page complained about, and what it asked of other machines."""

    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and parts.hostname not in {"127.0.0.1", "localhost"}:
            self.outside.append(request.url)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium; without one the test is skipped, or fails where a browser is required."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found:
        return found
    reason = "no chromium, chromium-browser or google-chrome on the PATH (Debian, Ubuntu: apt-get install chromium)"
    if os.environ.get("EXPKIT_REQUIRE_BROWSER") or os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium. Per module: Playwright's event loop must not run under other modules' tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def watch() -> Watch:
    """The errors and outside requests of this test's `page`."""
    return Watch()


@pytest.fixture
def page(browser: Browser, watch: Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh page of 1440 x 900, watched by `watch`; its picture is kept in test-results/ when the test fails."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(180_000)  # a busy machine is slow, not wrong
    page = context.new_page()
    page.on("console", watch.on_console)
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on("request", watch.on_request)
    yield page
    if getattr(request.node, "call_failed", False):
        picture(page, f"failed-{request.node.name}")
    context.close()


def picture(page: Page, name: str) -> Path:
    """Save what the page shows as test-results/<name>.png."""
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.png"
    page.screenshot(path=path)
    return path


@pytest.fixture
def save_picture(page: Page) -> Any:
    """`save_picture(name)`: what the page shows now, in test-results/."""
    return lambda name: picture(page, name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Tell the `page` fixture whether its test failed."""
    report = yield
    if call.when == "call":
        item.call_failed = report.failed  # type: ignore[attr-defined]
    return report
