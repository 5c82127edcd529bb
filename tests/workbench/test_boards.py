"""Wins and losses side by side, and what was learnt, searched."""

from __future__ import annotations

import pytest

from expkit.domain import Experiment
from expkit.errors import InvalidInput, UnknownName
from expkit.workbench import Workbench


def ended(wb: Workbench, key: str, owner: str, every: int, model: str = "large", **values: object) -> None:
    """Control (model `small`) converts every tenth unit, the treatment every so-and-so-many-th."""
    wb.create(
        Experiment.parse({
            "key": key, "name": f"The {key}", "hypothesis": "If, then", "metrics": ["bought"], "owner": owner,
            "variants": [
                {"key": "control", "params": {"model": "small"}}, {"key": "treatment", "params": {"model": model}},
            ], **values,
        })
    )  # fmt: skip
    wb.start(key)
    who = [(arm, i) for arm in ("control", "treatment") for i in range(1000)]
    wb.log_exposures([{"experiment": key, "variant": arm, "user_id": f"{key}{arm}{i}"} for arm, i in who])
    rate = {"control": 10, "treatment": every}
    wb.log_outcomes([{"event": "bought", "user_id": f"{key}{arm}{i}"} for arm, i in who if i % rate[arm] == 0])
    wb.analyze(key)
    wb.stop(key, "enough")


@pytest.fixture
def season(wb: Workbench) -> Workbench:
    for key, owner, every, model in (
        ("one", "ann", 5, "large"), ("two", "ann", 6, "large"), ("three", "bob", 40, "tiny"),
        ("four", "bob", 10, "large"),
    ):  # fmt: skip
        ended(wb, key, owner, every, model)
    return wb


def test_wins_and_losses_by_owner(season):
    """Won, lost and open, the best record first; the shrunken gain lies nearer to the others' than the seen one."""
    ann, bob = season.wins().rows
    assert (ann.name, ann.won, ann.lost, ann.open, ann.experiments) == ("ann", 2, 0, 0, 2)
    assert (bob.name, bob.won, bob.lost, bob.open) == ("bob", 0, 1, 1)
    assert ann.gain is not None
    assert ann.shrunk is not None
    assert 0 < ann.shrunk < ann.gain
    assert [row.name for row in season.wins("type").rows] == ["feature"]
    assert season.wins(project="other").rows == ()


def test_by_model_what_one_wins_the_other_has_lost(season):
    """The params of control and treatment are set against each other."""
    rows = {row.name: (row.won, row.lost, row.open) for row in season.wins("model").rows}
    assert rows == {"large": (2, 0, 1), "small": (1, 2, 1), "tiny": (0, 1, 0)}
    assert season.wins("prompt").rows == ()
    with pytest.raises(UnknownName, match="modle"):
        season.wins("modle")


def test_learnings_are_found_by_words(season):
    """In what was learnt, or in what its experiment says; the newest first, by outcome and project."""
    season.learn("one", "Large print sells.")
    season.learn("three", "Tiny print does not.")
    assert [one.experiment for one in season.learnings()] == ["three", "one"]
    assert [one.experiment for one in season.learnings("PRINT sells")] == ["one"]
    assert [one.experiment for one in season.learnings("tiny three")] == ["three"]
    assert [one.experiment for one in season.learnings(outcome="negative")] == ["three"]
    assert season.learnings("print", project="other") == season.learnings("nothing like it") == []
    assert len(season.learnings(limit=1)) == 1
    with pytest.raises(InvalidInput, match="limit"):
        season.learnings(limit=0)
