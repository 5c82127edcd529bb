"""Batches that run to their end: real notebooks, real kernels, a real Dask cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from tiny import MakeTemplate, eventually, kernel_of, processes_of

from expkit.batch import Batches, follow
from expkit.domain import Batch
from expkit.errors import Conflict, InvalidDefinition, InvalidInput, MissingDependency, NotFound, TooLarge
from expkit.storage import Store, read_audit

RECORD = "from expkit.batch import record\nrecord(y=x * 2)"


def test_the_shipped_template_runs_for_every_parameter_set(batches: Batches, store: Store, home: Path) -> None:
    """Scored, ranked, kept as notebooks, audited; another process reads the same from SQL."""
    parameters = [{"lift": lift, "users_per_arm": 200_000, "seed": 4} for lift in (0.0, 0.2, 0.1)]
    launched = batches.run(template="simulate_ab", parameters=parameters, scoring="effect", actor="ann")
    assert launched.counts.total == 3
    done = batches.wait(launched.job_id)
    report = batches.results(launched.job_id)
    assert (done.status, done.counts.succeeded, report.errors) == ("succeeded", 3, ())
    assert [trial.parameters["lift"] for trial in report.trials] == [0.2, 0.1, 0.0]
    assert report.best is not None
    assert report.best.score == report.best.result["effect"]
    for trial in report.trials:
        nbformat.validate(nbformat.read(str(trial.output), as_version=4))
    assert _read_elsewhere(home, done.job_id) == report.to_dict()
    with store.read() as connection:
        assert [entry.action for entry in read_audit(connection, subject=done.job_id)] == ["batch.finish", "batch.run"]


def _read_elsewhere(home: Path, job_id: str) -> object:
    code = """
import sys
from pathlib import Path
from expkit.batch import Batches
from expkit.storage import Store
home, job_id = sys.argv[1:]
store = Store.open(f"sqlite:///{home}/expkit.db")
print(Batches(store, Path(home)).results(job_id).to_json())
store.close()
"""
    done = subprocess.run([sys.executable, "-c", code, str(home), job_id], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_failing_trial_is_kept_with_its_evidence(batches: Batches, template: MakeTemplate) -> None:
    """Cell, source, error, traceback, advice and the notebook up to there; the other trials do not notice."""
    key = template("fragile", "print('so far')", f"y = 1 / x\n{RECORD}")
    seen: list[Batch] = []
    parameters = [{"x": 1}, {"x": 0}, {"x": 2}]
    launched = batches.run(
        template=key,
        parameters=parameters,
        scoring={"field": "y", "direction": "min"},
        actor="ann",
        progress=seen.append,
    )
    assert follow(batches, launched.job_id, show=False).status == "succeeded"
    report = batches.results(launched.job_id)
    assert [trial.number for trial in report.trials] == [1, 3, 2]
    (failed,) = report.errors
    assert failed.error is not None
    assert (failed.error.ename, failed.error.retry) == ("ZeroDivisionError", False)
    assert "1 / x" in failed.error.source
    assert "Traceback" in failed.error.traceback
    assert "so far" in Path(str(failed.output)).read_text()
    assert seen[-1].done
    assert report.to_frame()["error"].tolist()[2] == "ZeroDivisionError: division by zero"


def test_every_trial_has_a_folder_and_a_process_of_its_own(batches: Batches, template: MakeTemplate) -> None:
    """What a notebook writes and where it goes stays its own; nothing is left running, not even what it started."""
    key = template(
        "messy",
        "import os, pathlib, subprocess\nfound = os.listdir()\npathlib.Path('left.txt').write_text('x')",
        "subprocess.Popen(['sleep', '600'], start_new_session=True)",
        "from expkit.batch import record\nrecord(found=found, nice=os.nice(0), folder=os.getcwd(), pid=os.getpid())",
    )
    launched = batches.run(template=key, parameters=[{}, {}], limits={"workers": 1}, actor="ann")
    batches.wait(launched.job_id)
    one, two = (trial.result for trial in batches.results(launched.job_id).trials)
    assert one["found"] == two["found"] == []
    assert one["pid"] != two["pid"]
    assert one["nice"] >= 10
    assert not Path(str(one["folder"])).exists()
    assert processes_of(launched.job_id) == []


def test_a_trial_without_its_score_has_failed(batches: Batches, template: MakeTemplate) -> None:
    """NaN is no score, and a field that nobody recorded is told with those that were."""
    key = template("blank", "from expkit.batch import record\nrecord(**({'y': float('nan')} if x else {'z': 1}))")
    launched = batches.run(template=key, parameters=[{"x": 0}, {"x": 1}], scoring="y", actor="ann")
    assert batches.wait(launched.job_id).status == "failed"
    errors = [trial.error for trial in batches.results(launched.job_id).errors]
    told = [error.evalue for error in errors if error]
    assert told == ["the trial recorded no number 'y'; recorded: z", "the trial recorded no number 'y'; it is null"]


@pytest.mark.parametrize(
    ("limits", "code", "ename"),
    [
        ({"seconds": 3}, "import time\ntime.sleep(600)", "TimeLimit"),
        ({"memory_mb": 600}, "import time\nheap = bytearray(10**9)\ntime.sleep(600)", "MemoryLimit"),
    ],
)
def test_limits_end_a_trial(
    batches: Batches, template: MakeTemplate, limits: dict[str, float], code: str, ename: str
) -> None:
    """The error names the limit, and the cell that was running if one was."""
    launched = batches.run(template=template("hog", code), parameters=[{}], limits=limits, actor="ann")
    batches.wait(launched.job_id)
    (trial,) = batches.results(launched.job_id).errors
    assert trial.error is not None
    assert (trial.error.ename, trial.error.retry) == (ename, False)
    assert trial.error.source in {code, ""}  # on a busy machine the time may be over before the cell begins
    assert processes_of(launched.job_id) == []


def test_a_kernel_that_dies_is_tried_again(batches: Batches, template: MakeTemplate, home: Path) -> None:
    """Out of memory, say: the same trial passes at the second attempt."""
    first = home / "first"
    code = f"import os, pathlib, signal\nif not (p := pathlib.Path({str(first)!r})).exists():\n"
    code += "    p.touch()\n    os.kill(os.getpid(), signal.SIGKILL)"
    launched = batches.run(template=template("mortal", code, RECORD), parameters=[{"x": 4}], scoring="y", actor="ann")
    assert batches.wait(launched.job_id).counts.succeeded == 1
    assert first.exists()


def test_a_trial_process_that_always_dies_is_reported(batches: Batches, template: MakeTemplate) -> None:
    """After the retries the evidence stands, with the advice that trying again may help."""
    code = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(600)"
    launched = batches.run(template=template("doomed", code), parameters=[{}], limits={"retries": 1}, actor="ann")
    assert batches.wait(launched.job_id).status == "failed"
    (trial,) = batches.results(launched.job_id).errors
    assert trial.error is not None
    assert (trial.error.ename, trial.error.retry) == ("TrialDied", True)
    assert processes_of(launched.job_id) == []


def test_a_killed_worker_s_trial_runs_elsewhere(batches: Batches, template: MakeTemplate) -> None:
    """Dask starts the trial again, and the orphaned kernel of the first try is gone."""
    from distributed import LocalCluster

    key = template("slow", "import time\ntime.sleep(4)", RECORD)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster:
        launched = batches.run(
            template=key, parameters=[{"x": 4}], scoring="y", actor="ann", cluster=cluster.scheduler_address
        )
        kernel = eventually(lambda: kernel_of(launched.job_id), "a kernel")
        kernel.parent().parent().kill()  # kernel <- trial <- worker
        assert batches.wait(launched.job_id).counts.succeeded == 1
    assert not kernel.is_running() or kernel.status() == "zombie"


def test_an_unreachable_scheduler_fails_the_batch_until_it_is_resumed(
    batches: Batches, template: MakeTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost: the trials say why they did not run, and run when asked again."""
    monkeypatch.setattr("expkit.batch.clusters.CONNECT_SECONDS", 0.3)
    launched = batches.run(
        template=template("ok", RECORD), parameters=[{"x": 1}], actor="a", cluster="tcp://127.0.0.1:9"
    )
    assert batches.wait(launched.job_id).status == "failed"
    (trial,) = batches.results(launched.job_id).errors
    assert trial.error is not None
    assert (trial.error.ename, trial.error.retry) == ("ClusterUnavailable", True)
    batches.resume(launched.job_id, actor="ann", retry_failed=True, cluster="local")
    assert batches.wait(launched.job_id).counts.succeeded == 1


def test_mistakes_are_told_before_anything_is_stored(batches: Batches) -> None:
    """Template, parameters, scoring, limits and cluster are checked first."""

    def run(**values: object) -> None:
        batches.run(**{"template": "simulate_ab", "parameters": [{}], "actor": "ann", **values})  # type: ignore[arg-type]

    with pytest.raises(NotFound, match="no template"):
        run(template="nothing")
    with pytest.raises(InvalidInput, match="did you mean 'seed'"):
        run(parameters=[{"sed": 1}])
    for none in ([], {}, "text"):
        with pytest.raises(InvalidInput, match="no trials to run"):
            run(parameters=none)
    with pytest.raises(TooLarge, match="10,001 trials"):
        run(parameters=[{}] * 10_001)
    with pytest.raises(InvalidDefinition, match="direction"):
        run(scoring={"field": "y", "direction": "up"})
    with pytest.raises(InvalidDefinition, match="unknown field 'worker'"):
        run(limits={"worker": 2})
    with pytest.raises(InvalidInput, match="'cloud' is no cluster"):
        run(cluster="cloud")
    with pytest.raises(NotFound, match="no batch 'abc'"):
        batches.results("abc")
    assert batches.batches() == []


def test_kubernetes_asks_for_its_extra(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where dask-kubernetes is missing, the way to it is told."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install 'expkit\[kubernetes\]'"):
        batches.run(template="simulate_ab", parameters=[{}], actor="ann", cluster="kubernetes")


def test_a_running_batch_is_not_resumed(batches: Batches, template: MakeTemplate) -> None:
    """Two runners of one batch would record the same trials twice."""
    launched = batches.run(template=template("slow", "import time\ntime.sleep(600)"), parameters=[{}], actor="ann")
    with pytest.raises(Conflict, match="is running"):
        batches.resume(launched.job_id, actor="bob")
    assert not batches.wait(launched.job_id, timeout=0).done
