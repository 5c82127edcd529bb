"""What people and time leave on an experiment, in a real browser: notes, reviews, versions, schedules, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from lab_pages import choose, run, shown

import expkit.workbench

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("only_ours")]
MAIN, DRAFT = "reco_ymal_v1", "landing_mvt"


def outcome(page: Page) -> Locator:
    """What was said aloud of the last thing done."""
    return page.locator(".jp-expkit-aloud")


def test_filter_by_type(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """Six filters and an order lie behind a button; each narrows the list; "Show all" takes them back."""
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:open-sidebar")
    rows = page.locator(".jp-expkit-item")
    rows.first.wait_for()
    everything = rows.count()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Type").select_option("Canary Deployment")
    page.wait_for_function("document.querySelectorAll('.jp-expkit-item').length === 1")
    page.get_by_role("button", name="Filters (1)").wait_for()
    save_picture("lab-filters")
    page.get_by_label("Outcome").select_option("Positive")
    page.get_by_text("Nothing matches").wait_for()
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("n => document.querySelectorAll('.jp-expkit-item').length === n", arg=everything)


def test_the_tabs_go_by_arrows(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """One tab stop; arrows, Home and End move; every tab has something to show."""
    article = shown(page, lab, MAIN)
    article.get_by_role("tab", name="Results").focus()
    for name, sight in {
        "Design": "Checklist before the start",
        "Timeline": "Created",
        "Versions": "Version 1",
        "Notes": "New note",
        "Reviews": "No review has been asked for",
    }.items():
        page.keyboard.press("ArrowRight")
        assert article.get_by_role("tab", name=name).get_attribute("aria-selected") == "true"
        article.get_by_role("tabpanel", name=name).get_by_text(sight).first.wait_for()
        save_picture(f"lab-tab-{name.lower()}")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Results"


def test_a_note_is_added_changed_and_deleted(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """What it said before can be read; deleting asks first and leaves its place on the timeline."""
    article = shown(page, lab, MAIN, "Notes")
    article.get_by_role("textbox", name="New note").fill("Mobile looks odd.")
    article.get_by_role("button", name="Add note").click()
    note = article.get_by_role("list", name="Notes").get_by_role("listitem").filter(has_text="odd")
    note.get_by_role("button", name="Edit").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Note").fill("Mobile is odd on Sundays.")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    note.filter(has_text="Sundays").get_by_text("What it said before").click()
    note.get_by_text("Mobile looks odd.").wait_for()
    save_picture("lab-notes")
    note.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    article.get_by_text("Nobody has noted anything yet").wait_for()
    assert "deleted" in outcome(page).inner_text()
    article.get_by_role("tab", name="Timeline").click()
    article.get_by_text("(deleted)").wait_for()


def test_traffic_of_a_running_experiment(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """Shares that do not add up are refused; a change is a version with its reason, and a second phase."""
    article = shown(page, lab, MAIN, "Versions")
    dialog = choose(article, "Configure traffic")
    dialog.get_by_role("spinbutton", name="Share of treatment").fill("30")
    dialog.get_by_role("textbox", name="Reason").fill("Careful at first.")
    dialog.get_by_text("The shares add up to 80 %").wait_for()
    accept = dialog.get_by_role("button", name="Change traffic")
    assert accept.is_disabled()
    save_picture("lab-traffic-dialog")
    dialog.get_by_role("spinbutton", name="Share of control").fill("70")
    accept.click()
    article.get_by_role("table", name="Traffic phases").get_by_text("control 70%, treatment 30%").wait_for()
    version = article.get_by_role("list", name="Versions").get_by_role("listitem").first
    version.get_by_text("Careful at first.").wait_for()
    save_picture("lab-versions")
    with expkit.workbench.open_workbench(lab.home) as workbench:
        assert len(workbench.phases(MAIN)) == 2

    article.get_by_role("button", name="Restore version 1").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Reason").fill("Enough care.")
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    article.get_by_role("table", name="Traffic phases").get_by_role("rowheader", name="3", exact=True).wait_for()


def test_somebody_else_was_faster(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """A change on top of what is no longer so is refused, says who changed what, and offers to look again."""
    article = shown(page, lab, "answers_v3")
    dialog = choose(article, "Configure traffic")
    dialog.get_by_role("spinbutton", name="Eligible units let in").fill("80")
    dialog.get_by_role("textbox", name="Reason").fill("Less of it.")
    with expkit.workbench.open_workbench(lab.home) as workbench:
        changed = workbench.acting_as("maria").update("answers_v3", {"name": "Answers, third edition"})
    dialog.get_by_role("button", name="Change traffic").click()
    dialog.get_by_text("Somebody else was faster").wait_for()
    assert "maria" in dialog.inner_text()
    assert "third edition" in dialog.inner_text()
    save_picture("lab-conflict")
    dialog.get_by_role("button", name="Reload").click()
    article.get_by_role("heading", name="Answers, third edition").wait_for()
    article.get_by_text(f"version {changed.version}").wait_for()


def test_clone_schedule_review_delete(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """A clone is a draft of its own: planned, taken back, reviewed by somebody else, and deleted."""
    article = shown(page, lab, DRAFT)
    dialog = choose(article, "Clone")
    dialog.get_by_role("textbox", name="Key of the draft").fill("landing-again")
    dialog.get_by_role("button", name="Clone").click()
    article = page.get_by_role("article").filter(has_text="landing-again")
    article.wait_for()

    dialog = choose(article, "Schedule")
    dialog.get_by_label("When").fill("2031-05-06T09:00")
    dialog.get_by_role("button", name="Schedule").click()
    article.get_by_text("Scheduled", exact=True).first.wait_for()
    article.get_by_role("list", name="Planned").get_by_text(re.compile(r"Starts in [\d,]+ days")).wait_for()
    article.get_by_role("tab", name="Timeline").click()
    article.get_by_role("listitem").filter(has_text="to come").filter(has_text="2031").wait_for()
    save_picture("lab-timeline")
    choose(article, "Unschedule").get_by_role("button", name="Unschedule").click()
    article.get_by_text("Draft", exact=True).first.wait_for()

    dialog = choose(article, "Request review")
    dialog.get_by_role("textbox", name="Reviewers").fill("maria, jo")
    dialog.get_by_role("button", name="Request review").click()
    article.get_by_text("In review", exact=True).first.wait_for()
    with expkit.workbench.open_workbench(lab.home) as workbench:
        review = workbench.reviews("landing-again")[0]
        workbench.acting_as("maria").answer_review(review.id, "approve", "Sound.")
    article.get_by_role("tab", name="Reviews").click()
    card = article.get_by_role("list", name="Reviews").get_by_role("listitem").first
    card.get_by_text("Sound.").wait_for()
    assert "Approved" in card.inner_text()
    save_picture("lab-reviews")


def test_a_review_that_waits_for_me_stands_at_the_side(
    page: Page, lab: Any, save_picture: Callable[[str], Any]
) -> None:
    """It leads to the experiment's reviews, and goes once it is answered."""
    with expkit.workbench.open_workbench(lab.home) as workbench:
        ann = workbench.acting_as("ann")
        ann.clone(DRAFT, "asked-for")
        ann.request_review("asked-for", [workbench.actor], deadline="2100-01-01T12:00")
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:open-sidebar")
    waiting = page.get_by_role("region", name="Your review is asked for")
    waiting.get_by_text("ann asks, by").wait_for()
    save_picture("lab-waiting")
    waiting.get_by_role("button", name="asked-for").click()
    article = page.get_by_role("article")
    article.get_by_role("tab", name="Reviews", selected=True).wait_for()
    article.get_by_role("button", name="Approve").click()
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    waiting.wait_for(state="detached")


def test_a_draft_is_made_and_deleted(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """What the service has against a definition stands at the field; mended, the draft has a page; deleted, none."""
    page.goto(lab.url("lab?reset"))
    run(page, "expkit:create")
    form = page.locator("form.jp-expkit-form")
    form.get_by_role("textbox", name="Name").first.fill("Assign")
    form.get_by_role("textbox", name="If").fill("checkout is one page")
    form.get_by_role("textbox", name="Then").fill("more visitors buy")
    form.get_by_role("combobox", name="Key").first.fill("purchase")
    form.get_by_role("button", name="Create draft").click()
    key = form.get_by_role("textbox", name="Key").first
    form.get_by_text("is a route of the service").first.wait_for()
    assert key.get_attribute("aria-invalid") == "true"
    page.wait_for_function("document.activeElement.getAttribute('aria-invalid') === 'true'")
    save_picture("lab-create")
    key.fill("one-page")
    form.get_by_role("button", name="Create draft").click()
    article = page.get_by_role("article").filter(has_text="one-page")
    article.get_by_role("heading", name="Assign").wait_for()

    article.get_by_role("button", name="Start", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("list", name="Checklist").get_by_text("Warning").first.wait_for()
    save_picture("lab-start-dialog")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Start"

    choose(article, "Delete draft").get_by_role("button", name="Delete").click()
    article.wait_for(state="detached")
    with expkit.workbench.open_workbench(lab.home) as workbench:
        assert workbench.count(text="one-page") == 0


def test_an_edit_is_a_version(page: Page, lab: Any) -> None:
    """The form of an existing draft sends what was changed, and nothing else."""
    article = shown(page, lab, DRAFT)
    article.get_by_role("button", name="More actions").click()
    reason = article.get_by_role("menuitem", name="Stop", exact=True).get_attribute("title") or ""
    assert "Draft" in reason
    assert "Active" in reason
    article.get_by_role("menuitem", name="Edit", exact=True).click()
    form = page.locator("form.jp-expkit-form")
    form.get_by_role("textbox", name="Department").fill("Acquisition")
    form.get_by_role("button", name="Save as a new version").click()
    article = page.get_by_role("article").filter(has_text="Acquisition")
    article.get_by_role("tab", name="Versions").click()
    changes = article.get_by_role("list", name="Changes").first
    changes.get_by_text("department").wait_for()
    assert changes.get_by_role("listitem").count() == 1


def test_what_one_may_not_do(page: Page, lab: Any, save_picture: Callable[[str], Any]) -> None:
    """A refusal names the role it takes and asks for it; an admin finds the request and answers it."""
    with expkit.workbench.open_workbench(lab.home) as workbench:
        me = workbench.actor
        boss = workbench.acting_as("boss")
        boss.grant("boss", "admin")
        boss.grant(me, "viewer")
        try:
            article = shown(page, lab, MAIN)
            dialog = choose(article, "Configure traffic")
            dialog.get_by_role("spinbutton", name="Eligible units let in").fill("90")
            dialog.get_by_role("textbox", name="Reason").fill("More room.")
            dialog.get_by_role("button", name="Change traffic").click()
            dialog.get_by_text("You may not do that").wait_for()
            dialog.get_by_text("Hint: ask an admin").wait_for()
            save_picture("lab-forbidden")
            dialog.get_by_role("button", name="Request access").click()
            dialog.get_by_role("textbox", name="Reason").fill("On call this week.")
            dialog.get_by_role("button", name="Request access").click()
            page.wait_for_function("document.querySelector('.jp-expkit-aloud')?.textContent.includes('admins')")
            asked = workbench.elevations(state="pending")[0]
            assert (asked.actor, asked.reason) == (me, "On call this week.")

            boss.grant(me, "admin")
            boss.grant("jo", "viewer")
            workbench.acting_as("jo").request_elevation("operator", reason="Holiday cover.")
            run(page, "expkit:elevations")
            request = (
                page.get_by_role("list", name="Requests").get_by_role("listitem").filter(has_text="Holiday cover.")
            )
            request.get_by_role("button", name="Approve").click()
            page.get_by_role("dialog").get_by_role("button", name="Approve").click()
            request.get_by_text("Approved").wait_for()
            save_picture("lab-elevations")
        finally:
            boss.grant(me, "admin")
