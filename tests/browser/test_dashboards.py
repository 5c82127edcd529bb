"""Both engines in a real browser: the same notebooks, no console error, nothing asked of another machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from expkit.datasets import recommender
from expkit.workbench import open_workbench

if TYPE_CHECKING:
    from conftest import Watch
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WAIT_MS = 180_000
START = """
import sys
from expkit.apps import dashboards
dashboards(sys.argv[1], 0, base_url="/team/a", token=sys.argv[2])
"""


class Site(NamedTuple):
    engine: str
    url: str

    def page(self, name: str, query: str = "") -> str:
        return f"{self.url}voila/render/{name}.ipynb{query}" if self.engine == "voila" else f"{self.url}{name}{query}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbench with one analysed experiment and a draft with a hostile name."""
    path = tmp_path_factory.mktemp("home")
    simulation = recommender(users=4_000, seed=7)
    with open_workbench(path) as workbench:
        key = workbench.create(simulation.experiment.changed(sample_size=4_000)).key
        workbench.start(key)
        workbench.log_exposures(simulation.exposures)
        workbench.log_outcomes(simulation.outcomes)
        workbench.analyze(key)
        workbench.create(
            {"key": "draft", "name": "<img src=x onerror=alert(1)>", "hypothesis": "If a, then b.",
             "variants": [{"key": "control"}, {"key": "treatment"}], "metrics": ["purchase"]}
        )  # fmt: skip
    return path


@pytest.fixture(scope="module", params=["panel", "voila"])
def site(request: pytest.FixtureRequest, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`expkit dashboards` on a free port, below a base address as on a JupyterHub."""
    with serving(request.param, home, tmp_path_factory.mktemp("log")) as site:
        yield site


@contextmanager
def serving(engine: str, home: Path, folder: Path, token: str = "") -> Iterator[Site]:
    log = folder / f"{engine}.txt"
    env = {**os.environ, "EXPKIT_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-c", START, engine, token], env=env, stdout=out, stderr=out)
    try:
        yield Site(engine, _address(server, log))
    finally:
        server.terminate()
        server.wait(30)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        found = [line.split()[-1] for line in log.read_text().splitlines() if line.startswith("Dashboards (")]
        try:
            if found and urlopen(found[0]).status == 200:  # noqa: S310
                return found[0]
        except URLError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-2_000:])


def settle(page: Page, heading: str) -> None:
    page.get_by_role("heading", name=heading, level=1).wait_for(timeout=WAIT_MS)


def no_complaint(watch: Watch) -> bool:
    return (watch.errors, watch.outside) == ([], [])


def test_the_fleet_leads_to_an_experiment(site: Site, page: Page, watch: Watch, save_picture: Any) -> None:
    """The front page lists everything, escaped; a card's link opens its experiment with figure and table."""
    page.goto(site.url)
    settle(page, "Experiments")
    assert page.locator(".expkit-card").count() == 2
    assert page.locator(".expkit-card", has_text="<img src=x onerror=alert(1)>").count() == 1
    save_picture(f"fleet-{site.engine}-light-wide")
    page.get_by_role("link", name="You may also like").click()
    settle(page, "You may also like: ranking model v3")
    assert page.get_by_role("table").get_by_role("rowheader").count() == 6
    assert page.locator(".bk-Figure:visible").count() == 2  # the effects, and the way to the planned size
    save_picture(f"experiment-{site.engine}-light-wide")
    assert no_complaint(watch), watch


def test_filters_reach_python(site: Site, page: Page, watch: Watch) -> None:
    """Choosing a status in the browser changes the cards."""
    page.goto(site.page("fleet"))
    settle(page, "Experiments")
    page.get_by_label("Status").select_option("draft")
    page.locator(".expkit-card", has_text="ranking model").wait_for(state="detached", timeout=WAIT_MS)
    assert page.locator(".expkit-card").count() == 1
    assert no_complaint(watch), watch


def test_dark_and_narrow(site: Site, page: Page, watch: Watch, save_picture: Any) -> None:
    """On a phone in the dark: dark ground, the dark figures alone, no sideways scrolling."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 1_400})
    page.goto(site.page("experiment", "?experiment=reco_ymal_v1"))
    settle(page, "You may also like: ranking model v3")
    page.locator(".bk-Figure:visible canvas").first.wait_for(timeout=WAIT_MS)
    save_picture(f"experiment-{site.engine}-dark-narrow")
    assert page.locator(".bk-Figure:visible").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 17, 17)"
    assert no_complaint(watch), watch


def test_a_wrong_key_is_told_on_the_page(site: Site, page: Page, watch: Watch) -> None:
    """An address somebody mistyped gives the error and its hint."""
    page.goto(site.page("experiment", "?experiment=reco_ymal_v2"))
    alert = page.get_by_role("alert")
    alert.wait_for(timeout=WAIT_MS)
    assert "reco_ymal_v1" in alert.inner_text()
    assert no_complaint(watch), watch


def test_the_calculator_is_live(site: Site, page: Page, watch: Watch, save_picture: Any) -> None:
    """Labelled fields that the keyboard reaches; a change answers, a mistake is told."""
    page.goto(site.page("calculator"))
    settle(page, "Sample size")
    page.get_by_text("115,526 units", exact=True).wait_for(timeout=WAIT_MS)
    lift = page.get_by_label("Smallest lift to find, %")
    lift.fill("10")
    lift.press("Tab")
    page.get_by_role("status").get_by_text("29,500 units").or_(page.get_by_text("per arm: 14,7")).first.wait_for(
        timeout=WAIT_MS
    )
    save_picture(f"calculator-{site.engine}-light-wide")
    lift.fill("0")
    page.get_by_role("alert").wait_for(timeout=WAIT_MS)
    assert "This cannot be sized" in page.get_by_role("alert").inner_text()
    assert no_complaint(watch), watch


def test_panel_asks_for_its_token(home: Path, tmp_path: Path, page: Page, watch: Watch, save_picture: Any) -> None:
    """A wrong token is told, the right one opens the page that was asked for; nothing comes from afar."""
    with serving("panel", home, tmp_path, token="sesame") as site:  # noqa: S106  # it guards nothing
        page.goto(site.page("experiment", "?experiment=reco_ymal_v1"))
        save_picture("login-panel-light-wide")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Open").click()
        page.get_by_role("alert").wait_for(timeout=WAIT_MS)
        page.goto(site.page("experiment", "?experiment=reco_ymal_v1"))
        page.get_by_label("Token").fill("sesame")
        page.keyboard.press("Enter")
        settle(page, "You may also like: ranking model v3")
        page.locator(".bk-Figure:visible canvas").first.wait_for(timeout=WAIT_MS)
        page.goto(f"{site.url}logout")
        page.get_by_text("You are logged out.").wait_for(timeout=WAIT_MS)
    assert no_complaint(watch), watch


def test_scrubbing_to_day_9(site: Site, page: Page, watch: Watch, save_picture: Any) -> None:
    """By the list, by the keyboard on the slider and by playing: the table says what each method decides there."""
    page.goto(site.page("results", "?experiment=reco_ymal_v1"))
    settle(page, "You may also like: ranking model v3")
    page.get_by_label("Look", exact=True).select_option("day 9")
    table = page.get_by_role("table", name="What each method decides on day 9")
    table.wait_for(timeout=WAIT_MS)
    assert table.get_by_role("rowheader").count() == 6
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("table", name="What each method decides on day 8").wait_for(timeout=WAIT_MS)
    save_picture(f"results-{site.engine}-light-wide")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("table", name="What each method decides on day 10").wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Metric").select_option("Click-through rate")
    page.get_by_role("status").get_by_text("Click-through rate").wait_for(timeout=WAIT_MS)
    assert no_complaint(watch), watch


def test_the_split_is_examined(site: Site, page: Page, watch: Watch, save_picture: Any) -> None:
    """In the dark and narrow: the verdict, the days and the segments, without sideways scrolling."""
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 600, "height": 1_400})
    page.goto(site.page("srm", "?experiment=reco_ymal_v1"))
    settle(page, "You may also like: ranking model v3")
    page.get_by_role("status").get_by_text("have the units that their shares promise").wait_for(timeout=WAIT_MS)
    page.get_by_role("img", name="Evidence against the shares by day: no alarm on any day").wait_for(timeout=WAIT_MS)
    page.get_by_role("table", name="Segments, most to blame first").wait_for(timeout=WAIT_MS)
    save_picture(f"srm-{site.engine}-dark-narrow")
    heading = page.get_by_role("heading", level=1)
    assert heading.evaluate("it => getComputedStyle(it).color") == "rgb(240, 241, 243)"
    assert page.evaluate("document.documentElement.scrollWidth") <= 600
    assert no_complaint(watch), watch
