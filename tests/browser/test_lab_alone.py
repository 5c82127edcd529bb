"""The Lab extension where the server side is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_missing_server_side_is_explained(
    page: Page, lab_without_expkit: Any, save_picture: Callable[[str], Any]
) -> None:
    """The sidebar says what is missing and how to get it."""
    page.goto(lab_without_expkit.url("lab?reset"))
    page.get_by_role("tab", name="Experiments", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="The server side of expkit is missing")
    alert.wait_for()
    assert "jupyter server extension enable expkit" in alert.inner_text()
    save_picture("lab-missing-server-side")
