"""What people do in the Lab's window, as the suites in a real browser do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["choose", "run", "shown", "theme"]


def theme(page: Page, name: str) -> None:
    run(page, "apputils:change-theme", theme=f"JupyterLab {name}")
    page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")


def run(page: Page, command: str, **args: object) -> None:
    """A command of the application, as the palette or another extension runs it."""
    page.wait_for_function("window.jupyterapp && window.jupyterapp.commands.hasCommand('expkit:open-sidebar')")
    page.evaluate("async () => { await window.jupyterapp.restored; }")
    page.evaluate("([command, args]) => void window.jupyterapp.commands.execute(command, args)", [command, args])


def shown(page: Page, lab: Any, key: str, tab: str = "") -> Locator:
    """The experiment's page, with one of its tabs open."""
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:open", key=key)
    article = page.get_by_role("article")
    article.get_by_text(key).first.wait_for()
    if tab:
        article.get_by_role("tab", name=tab).click()
    return article


def choose(article: Locator, action: str) -> Locator:
    """Something of the menu; the dialog that it opens."""
    article.get_by_role("button", name="More actions").click()
    article.get_by_role("menuitem", name=action, exact=True).click()
    return article.page.get_by_role("dialog")
