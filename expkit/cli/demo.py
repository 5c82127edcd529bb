"""`expkit demo`: a recommender experiment that is really designed, sized, assigned, logged and analysed.

Everything is put in through the workbench's own verbs. A second run finds what is there and only shows it; nothing
is ever deleted or logged twice.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from expkit.cli.analysis import say_scorecard
from expkit.cli.output import Json, say
from expkit.cli.session import Session
from expkit.errors import Conflict, NotFound

if TYPE_CHECKING:
    from expkit.analysis import Scorecard
    from expkit.datasets import Simulation
    from expkit.domain import Experiment
    from expkit.workbench import Workbench

__all__ = ["add_to", "seed"]

SEED = 1
PILOT = 2_000
MARGIN = 1.02
"""A few more than planned: chance gives the smaller arm less than half."""
SMALL = 8_000
"""Units of each further experiment."""


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    context: typer.Context,
    users: Annotated[
        int | None, typer.Option(help="Simulated users of the main experiment; as many as it was sized for.", min=200)
    ] = None,
    as_json: Json = False,
) -> None:
    """Seed, analyse and show the demo.

    A second run finds what is there and only shows it.
    """
    session: Session = context.obj
    with session.embedded("demo") as workbench:
        simulation, scorecard = seed(workbench, users)
        home = workbench.settings.home
    say_scorecard(scorecard, as_json)
    if as_json:
        return
    say()
    for line in _beside_truth(simulation, scorecard):
        say(line)
    say(f"\nThe workbench lives in {home}. Where to go next:")
    say("  expkit lab                  the same in JupyterLab")
    say("  expkit dashboards           the fleet and every experiment as pages")
    say("  expkit experiments list     what else is there")
    say(f"  expkit report {scorecard.experiment}")


def seed(workbench: Workbench, users: int | None = None) -> tuple[Simulation, Scorecard]:
    """Put the demo into a workbench, or find it there: the main simulation and its newest scorecard.

    The main experiment comes last, so that lists, which begin with the newest, begin with it.
    """
    from expkit import datasets

    _others(workbench)
    with _step("Sizing the main experiment") as told:
        per_arm = _per_arm(datasets.recommender(PILOT, SEED))
        told.append(f"{per_arm:,} units per variant")
    with _step("Simulating its users") as told:
        main = datasets.recommender(users or math.ceil(2 * per_arm * MARGIN), SEED)
        told.append(f"{main.exposures.num_rows:,} users, {main.outcomes.num_rows:,} outcomes")
    with _step("Assigning, logging and analysing") as told:
        _run(workbench, main, sample_size=per_arm)
        scorecard = workbench.scorecard(main.experiment.key)
        told.append(f"look {scorecard.look}")
    return main, scorecard


def _per_arm(pilot: Simulation) -> int:
    """Units per variant to find the smallest effect worth finding; the pilot's control tells the baseline."""
    from expkit.design import size_experiment

    experiment = pilot.experiment
    baseline = next(iter(pilot.truth[experiment.primary_metric.key].values())).control
    return size_experiment(experiment, baseline=baseline).per_arm


def _others(workbench: Workbench) -> None:
    """A draft, one that runs, one that paused over a guardrail, one that stopped over its data."""
    from expkit import datasets

    with _step("Seeding four further experiments"):
        _created(workbench, datasets.multivariate(SMALL, SEED).experiment)
        _run(workbench, datasets.model_comparison(SMALL, SEED))
        if canary := _run(workbench, datasets.canary(SMALL, SEED)):
            workbench.pause(canary.experiment, reason="the canary fails more requests than its guardrail tolerates")
        if faulty := _run(workbench, datasets.srm_fault(SMALL, SEED)):
            workbench.stop(faulty.experiment, reason="sample ratio mismatch: exposures of one arm were lost")


def _run(workbench: Workbench, simulation: Simulation, **changes: Any) -> Scorecard | None:
    """Create, start, assign, log, analyse; None when a former run has done that.

    Logging again what a former run logged before it was interrupted is harmless: events have ids.
    """
    experiment = _created(workbench, simulation.experiment.changed(**changes))
    with contextlib.suppress(NotFound):
        workbench.scorecard(experiment.key)
        return None
    if experiment.status == "draft":
        workbench.start(experiment.key, reason="demo")
    _assigned_alike(workbench, simulation)
    workbench.log_exposures(simulation.exposures)
    workbench.log_outcomes(simulation.outcomes)
    if simulation.traces.num_rows:
        workbench.log_traces(simulation.traces)
    return workbench.analyze(experiment.key)


def _created(workbench: Workbench, experiment: Experiment) -> Experiment:
    """The draft, or the one from a former run; another's experiment of that name is left alone."""
    try:
        found = workbench.get(experiment.key)
    except NotFound:
        return workbench.create(experiment)
    if found.hash_seed != experiment.hash_seed or found.shares != experiment.shares:
        raise Conflict(
            f"There is an experiment {experiment.key!r} that is not the demo's.",
            hint="seed the demo in another folder: expkit --home demo demo",
        )
    return found


def _assigned_alike(workbench: Workbench, simulation: Simulation) -> None:
    """The workbench gives every unit the variant that the simulation says it saw."""
    seen = simulation.exposures.select(["user_id", "session_id"])
    given = workbench.assign_frame(seen, experiment=simulation.experiment.key)["variant"]
    if not given.combine_chunks().equals(simulation.exposures["variant"].combine_chunks()):
        raise Conflict(
            f"Experiment {simulation.experiment.key!r} assigns other variants than the demo's.",
            hint="seed the demo in another folder: expkit --home demo demo",
        )


def _beside_truth(simulation: Simulation, scorecard: Scorecard) -> Iterator[str]:
    """`Add-to-cart rate: true lift +7.2 %, inside the interval.`"""
    from expkit.view.format import percent

    yield "The simulation knows the truth:"
    for row in scorecard.estimates:
        truth = simulation.truth.get(row.metric, {}).get(row.variant)
        interval = getattr(row.estimate, "lift_ci", None)
        if truth is None or not interval:
            continue
        inside = "inside" if truth.lift in interval else "outside"
        yield f"  {row.title:20} true lift {percent(truth.lift, signed=True):>7}, {inside} the interval"


@contextmanager
def _step(what: str) -> Iterator[list[str]]:
    """One line of progress on stderr: what is being done, then how long it took."""
    told: list[str] = []
    started = time.perf_counter()
    typer.echo(f"{what} ... ", err=True, nl=False)
    try:
        yield told
    except BaseException:
        typer.echo("", err=True)
        raise
    typer.echo(f"{''.join(f'{item}, ' for item in told)}{time.perf_counter() - started:.1f} s", err=True)
