"""Decisions in a real browser: promote, roll back, report, guardrails, reviews, and a list longer than a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from lab_pages import choose, run, shown, theme

import expkit.workbench
from expkit.domain import Experiment

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from expkit.workbench import Workbench

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("only_ours")]
MAIN = "reco_ymal_v1"


@pytest.fixture
def bench(lab: Any) -> Iterator[Workbench]:
    """The workbench behind the server, as its owner has it open elsewhere."""
    with expkit.workbench.open_workbench(lab.home) as workbench:
        yield workbench


@pytest.fixture
def look(page: Page, save_picture: Callable[[str], Any]) -> Callable[[str], None]:
    """`look(name)`: pictures as it stands, in the dark, and in a narrow window; nothing may stick out of a dialog."""

    def pictures(name: str) -> None:
        save_picture(f"{name}-light")
        theme(page, "Dark")
        save_picture(f"{name}-dark")
        page.set_viewport_size({"width": 560, "height": 900})
        save_picture(f"{name}-narrow")
        for panel in page.locator(".jp-expkit-dialog, .jp-expkit-page").all():
            assert not panel.is_visible() or panel.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
        page.set_viewport_size({"width": 1440, "height": 900})
        theme(page, "Light")

    return pictures


def disabled(button: Locator) -> None:
    """Wait until it is: the dialog judges what is in it one frame later."""
    button.and_(button.page.locator(":disabled")).wait_for()


def make(key: str, **values: object) -> Experiment:
    return Experiment.parse({
        "key": key, "name": f"Experiment {key}", "hypothesis": "If it is green, then more people buy.",
        "variants": [{"key": "control"}, {"key": "green"}], "metrics": ["purchase"], **values,
    })  # fmt: skip


def test_the_winner_is_promoted_and_taken_back(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """Promote says what will happen; to roll back takes a reason, and is not offered twice."""
    bench.create(make("promoted"))
    bench.start("promoted")
    bench.stop("promoted", reason="two weeks are over")
    article = shown(page, lab, "promoted")
    article.get_by_role("button", name="Promote", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("The winning variant is rolled out").wait_for()
    look("lab-promote-dialog")
    dialog.get_by_role("button", name="Promote").click()
    article.get_by_text("Rolling out", exact=True).wait_for()
    assert bench.get("promoted").status == "rolling_out"

    dialog = choose(article, "Roll back")
    accept = dialog.get_by_role("button", name="Roll back")
    disabled(accept)
    dialog.get_by_role("row", name="green 100% 0").wait_for()
    dialog.get_by_text("Nobody has looked at it yet.").wait_for()
    dialog.get_by_role("textbox", name="Reason").fill("Returns went up.")
    look("lab-rollback-dialog")
    accept.click()
    article.get_by_text("Rolled back", exact=True).wait_for()
    assert bench.timeline("promoted")[-1].detail.startswith("Returns went up; 1 of the units lose green")
    article.get_by_role("button", name="More actions").click()
    again = article.get_by_role("menuitem", name="Roll back", exact=True)
    assert again.get_attribute("aria-disabled") == "true"


def test_the_report_opens_in_a_tab_of_its_own(page: Page, lab: Any, bench: Workbench, save_picture: Any) -> None:
    """One page with the scorecard; it is audited, and nothing of it is asked of other machines."""
    article = shown(page, lab, MAIN)
    with page.context.expect_page() as opened:
        article.get_by_role("button", name="Export report").click()
    report = opened.value
    outside: list[str] = []
    report.on("request", lambda request: outside.append(request.url))
    report.get_by_role("heading").first.wait_for()
    assert bench.get(MAIN).name in report.inner_text("body")
    report.set_viewport_size({"width": 1100, "height": 1400})
    report.screenshot(path=str(save_picture("lab-report-behind").with_name("lab-report.png")))
    assert [url for url in outside if not url.startswith(("data:", "blob:", lab.root))] == []
    assert bench.audit(subject=MAIN, limit=1)[0]["action"] == "experiment.report"


def test_guardrails_are_edited(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """Each needs a metric and a bound; a change is a version with its reason, and taking one away is one, too."""
    bench.create(make("guarded"))
    article = shown(page, lab, "guarded", "Design")
    dialog = choose(article, "Set guardrails")
    dialog.get_by_role("button", name="Add guardrail").click()
    accept = dialog.get_by_role("button", name="Set guardrails")
    first = dialog.get_by_role("group", name="Guardrails 1")
    disabled(accept)  # a metric is missing
    first.get_by_role("combobox", name="Metric").fill("error_rate")
    first.get_by_role("combobox", name="Better is").select_option("less")
    first.get_by_role("spinbutton", name="Tolerated harm").fill("")
    disabled(accept)  # a bound is missing
    first.get_by_role("spinbutton", name="Tolerated harm").fill("10")
    first.get_by_role("combobox", name="When it breaks").select_option("stop")
    dialog.get_by_role("button", name="Add guardrail").click()
    second = dialog.get_by_role("group", name="Guardrails 2")
    second.get_by_role("combobox", name="Metric").fill("latency")
    second.get_by_role("spinbutton", name="Tolerated harm").fill("")
    second.get_by_role("spinbutton", name="Level not to cross").fill("0.5")
    dialog.get_by_role("textbox", name="Reason").fill("Nobody shall wait.")
    look("lab-guardrails-dialog")
    accept.click()
    article.get_by_text("version 2").wait_for()
    found = bench.get("guarded").guardrails
    assert [(each.metric.key, each.max_change, each.limit, each.action) for each in found] == [
        ("error_rate", 0.1, None, "stop"), ("latency", None, 0.5, "alert"),
    ]  # fmt: skip
    article.get_by_text("error_rate").first.wait_for()

    dialog = choose(article, "Set guardrails")
    dialog.get_by_role("button", name="Remove Guardrails 1").click()
    dialog.get_by_role("button", name="Set guardrails").click()
    article.get_by_text("version 3").wait_for()
    assert [each.metric.key for each in bench.get("guarded").guardrails] == ["latency"]
    assert bench.versions("guarded")[1].reason == "Nobody shall wait."


def test_a_review_of_ones_own_is_not_judged_but_cancelled(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """What would be refused is not offered; what somebody else asked for is read, and the request taken back."""
    bench.create(make("mine"))
    review = bench.request_review("mine", ["maria"])
    article = shown(page, lab, "mine", "Reviews")
    card = article.get_by_role("list", name="Reviews").get_by_role("listitem").first
    card.get_by_text("somebody else judges it").wait_for()
    assert card.get_by_role("button", name="Approve").count() == 0
    card.get_by_role("button", name="Comment").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Comment").fill("Please mind the sample size.")
    dialog.get_by_role("button", name="Comment").click()
    card.get_by_text("Please mind the sample size.").wait_for()

    bench.acting_as("maria").answer_review(review.id, "changes", "Twice as many, please.")
    page.get_by_role("button", name="Reload").or_(article.get_by_role("tab", name="Notes")).first.click()
    article.get_by_role("tab", name="Reviews").click()
    card.get_by_text("Changes asked for").wait_for()
    assert article.get_by_role("button", name="Request review").count() == 0, "one at a time"
    look("lab-review-mine")
    card.get_by_role("button", name="Cancel the request").click()
    dialog.get_by_role("textbox", name="Reason").fill("More units first.")
    look("lab-review-cancel-dialog")
    dialog.get_by_role("button", name="Cancel the request").click()
    article.get_by_text("Draft", exact=True).first.wait_for()
    card.get_by_text("Cancelled").wait_for()
    article.get_by_role("button", name="Request review").wait_for()
    assert bench.reviews("mine")[0].state == "cancelled"


def test_a_review_of_somebody_elses_is_answered(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """Changes take words; an approval may do without."""
    maria = bench.acting_as("maria")
    maria.create(make("theirs"))
    maria.request_review("theirs", [bench.actor])
    article = shown(page, lab, "theirs", "Reviews")
    card = article.get_by_role("list", name="Reviews").get_by_role("listitem").first
    card.get_by_role("button", name="Ask for changes").click()
    dialog = page.get_by_role("dialog")
    disabled(dialog.get_by_role("button", name="Ask for changes"))
    dialog.get_by_role("textbox", name="Comment").fill("Say why green.")
    look("lab-review-changes-dialog")
    dialog.get_by_role("button", name="Ask for changes").click()
    card.get_by_text("Say why green.").wait_for()
    card.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Approve").click()
    card.get_by_text("Approved").first.wait_for()
    look("lab-review-theirs")
    assert bench.reviews("theirs")[0].state == "approved"


def test_ones_own_request_is_not_ones_own_to_answer(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """An admin sees that another has to; somebody else's they answer."""
    bench.grant(bench.actor, "admin")
    bench.grant("jo", "viewer")
    bench.request_elevation("admin", project="shop", reason="My own.")
    bench.acting_as("jo").request_elevation("operator", project="shop", reason="Holiday cover.")
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:elevations")
    requests = page.get_by_role("list", name="Requests").get_by_role("listitem")
    own, other = requests.filter(has_text="My own."), requests.filter(has_text="Holiday cover.")
    own.get_by_text("an admin other than you").wait_for()
    assert own.get_by_role("button").count() == 0
    look("lab-elevations-own")
    other.get_by_role("button", name="Deny").click()
    page.get_by_role("dialog").get_by_role("button", name="Deny").click()
    other.get_by_text("Denied").wait_for()


def test_a_list_longer_than_a_page(page: Page, lab: Any, bench: Workbench, look: Any) -> None:
    """Pages of a hundred; the departments are all there are, also those of other pages; a filter begins anew."""
    bench.apply([make(f"many-{number:03}", department="Deep" if number == 0 else "Wide") for number in range(230)])
    total = bench.count()
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:open-sidebar")
    rows = page.locator(".jp-expkit-item")
    foot = page.locator(".jp-expkit-foot")
    foot.get_by_text(f"1 to 100 of {total}").wait_for()
    assert foot.get_by_role("button", name="Previous").is_disabled()
    bottom = foot.evaluate("node => node.getBoundingClientRect().bottom")
    assert bottom <= 900, "in sight without scrolling"
    look("lab-list-long")
    foot.get_by_role("button", name="Next").click()
    foot.get_by_text(f"101 to 200 of {total}").wait_for()
    foot.get_by_role("button", name="Next").click()
    foot.get_by_text(f"201 to {total} of {total}").wait_for()
    assert rows.count() == total - 200
    assert foot.get_by_role("button", name="Next").is_disabled()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Department").select_option("Deep")
    page.wait_for_function("document.querySelectorAll('.jp-expkit-item').length === 1")
    assert rows.first.get_attribute("title") == "many-000"
    page.get_by_role("button", name="Show all").click()
    foot.get_by_text(f"1 to 100 of {total}").wait_for()
