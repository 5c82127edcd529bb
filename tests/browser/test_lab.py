"""The Lab extension in a real browser before a real server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import expkit.workbench

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
MAIN, OTHER = "reco_ymal_v1", "answers_v3"


@pytest.fixture(autouse=True)
def only_ours(watch: Any) -> Any:
    """Whatever a test does, nothing is asked of other machines, and the console shows no error of ours."""
    yield
    assert watch.outside == []
    assert [error for error in watch.errors if "expkit" in error.lower()] == []


def show_list(page: Page, url: str) -> Locator:
    """Lab with the sidebar open."""
    page.goto(url)
    page.get_by_role("tab", name="Experiments", exact=True).click()
    return page.get_by_role("listbox", name="Experiments")


def run(page: Page, command: str, **args: object) -> None:
    """A command of the application, as the palette or another extension runs it."""
    page.wait_for_function("window.jupyterapp && window.jupyterapp.commands.hasCommand('expkit:open-sidebar')")
    page.evaluate("async () => { await window.jupyterapp.restored; }")
    page.evaluate("([command, args]) => void window.jupyterapp.commands.execute(command, args)", [command, args])


def article(page: Page) -> Locator:
    return page.get_by_role("article")


def test_from_the_list_to_a_stopped_experiment(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """By keyboard to the page; Stop asks for a reason; the state changes here, in the list and in the registry."""
    options = show_list(page, lab.url("lab?reset")).get_by_role("option")
    options.first.focus()
    for _ in range(options.count()):
        if page.evaluate("document.activeElement.title") == OTHER:
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    article(page).get_by_text(OTHER).wait_for()

    article(page).get_by_role("button", name="Stop", exact=True).click()
    dialog = page.get_by_role("dialog")
    accept = dialog.get_by_role("button", name="Stop")
    dialog.get_by_role("button", name="Stop", disabled=True).wait_for()
    dialog.get_by_role("textbox", name="Reason").fill("The question is answered.")
    save_picture("lab-stop-dialog")
    accept.click()

    article(page).get_by_text("Stopped", exact=True).wait_for()
    options.filter(has_text=OTHER).get_by_text("Stopped").wait_for()
    with expkit.workbench.open_workbench(lab.home) as workbench:
        assert workbench.get(OTHER).status == "stopped"
        assert "The question is answered" in str(workbench.timeline(OTHER))
    assert article(page).get_by_role("button", name="Stop", exact=True).count() == 0


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_the_page_shows_the_scorecard(page: Page, lab: Any, theme: str, save_picture: Callable[[str], Any]) -> None:
    """Recommendation, figure, tables, progress and checks, in the theme's colours."""
    page.goto(lab.url("lab?reset"))
    run(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
    page.locator(f"body[data-jp-theme-name='JupyterLab {theme}']").wait_for(state="attached")
    with page.expect_request(re.compile(rf"/experiments/{MAIN}/figure\?theme={theme.lower()}")):
        run(page, "expkit:open-sidebar")
        page.get_by_role("option").filter(has_text=MAIN).first.click()
    article(page).locator("figure canvas").first.wait_for()
    assert article(page).get_by_role("table", name="Metrics").get_by_role("row").count() > 1
    assert article(page).get_by_role("table", name="Arms").get_by_role("row").count() == 3
    assert article(page).get_by_text("Sample ratio").count() == 1
    assert article(page).get_by_role("heading", name="Progress").count() == 1
    assert article(page).get_by_text("What would change it:").count() == 1
    page.wait_for_timeout(500)  # the figure paints after its canvas exists
    save_picture(f"lab-page-{theme.lower()}")


def test_a_narrow_window_shows_everything(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """On a small screen the page itself never scrolls sideways; wide tables do so by themselves."""
    page.set_viewport_size({"width": 560, "height": 900})
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:open-sidebar")
    page.get_by_role("option").filter(has_text=MAIN).first.click()
    article(page).locator("figure canvas").first.wait_for()
    save_picture("lab-page-narrow")
    panel = page.locator(".jp-expkit-page")
    assert panel.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_the_list_is_filtered_by_the_server(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """A text and a status narrow the list; nothing found is said, and what was looked for stays."""
    options = show_list(page, lab.url("lab?reset")).get_by_role("option")
    options.first.wait_for()
    save_picture("lab-list")
    search = page.get_by_role("searchbox", name="Filter by name, key or owner")
    search.fill(MAIN)
    page.wait_for_function("document.querySelectorAll('.jp-expkit-item').length === 1")
    search.fill("no such experiment")
    page.get_by_text("Nothing matches").wait_for()
    assert search.input_value() == "no such experiment"


def test_a_page_comes_back_after_a_reload(page: Page, lab: Any) -> None:
    """The layout remembers which experiments were open."""
    options = show_list(page, lab.url("lab?reset")).get_by_role("option")
    options.filter(has_text=MAIN).first.click()
    article(page).get_by_role("table", name="Arms").wait_for()
    page.wait_for_timeout(1500)  # Lab saves its layout once nothing has moved for a second
    page.goto(lab.url("lab"))
    article(page).get_by_role("table", name="Arms").wait_for()


def test_the_palette_opens_an_experiment(page: Page, lab: Any) -> None:
    """Every action is a command: without a key it asks which experiment is meant."""
    page.goto(lab.url("lab?reset"))
    page.locator(".jp-LauncherCard").filter(has_text="Experiments").wait_for()
    page.keyboard.press("Control+Shift+C")
    page.get_by_role("textbox", name="SEARCH").fill("Open Experiment")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    article(page).get_by_role("button", name="Analyze").wait_for()


def test_no_answer_is_said_and_tried_again(page: Page, lab: Any, watch: Any) -> None:
    """While the network is away the list says so; Retry brings it back."""
    listbox = show_list(page, lab.url("lab?reset"))
    listbox.wait_for()
    page.context.set_offline(True)
    page.get_by_role("button", name="Refresh").click()
    page.get_by_text("The server did not answer").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Retry").click()
    listbox.wait_for()
    watch.errors.clear()  # the browser itself tells the console that it was cut off


def test_notebook_7_has_the_list_too(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """The same bundle is active in Notebook 7."""
    page.goto(lab.url("tree"))
    run(page, "expkit:open-sidebar")
    page.get_by_role("option").filter(has_text=MAIN).first.click()
    article(page).get_by_role("table", name="Arms").wait_for()
    save_picture("notebook-7")
