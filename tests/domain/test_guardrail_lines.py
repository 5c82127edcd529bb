"""Guardrails in one line, and which changes make one watch less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.domain import Experiment, Guardrail
from expkit.domain.loosening import loosened
from expkit.errors import InvalidDefinition

DRAFT = {
    "key": "bot", "name": "Bot", "hypothesis": "If, then", "variants": [{"key": "control"}, {"key": "treatment"}],
    "metrics": ["solved", {"key": "price", "kind": "sum", "direction": "decrease"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "limit", "most", "action"),
    [
        ("trace.error < 5%", 0.05, None, "alert"),
        ("trace.quality -10%", None, 0.1, "alert"),
        ("trace.cost +20%", None, 0.2, "alert"),
        ("trace.latency<800 stop", 800, None, "stop"),
        ("trace.quality > 0.7, rollback", 0.7, None, "rollback"),
        ("profit > -2.5: pause", -2.5, None, "pause"),
    ],
)
def test_a_line_is_a_guardrail(line, limit, most, action):
    """The error rate over 5 %, quality down 10 %, cost up 20 %: one line each."""
    found = Guardrail.parse(line)
    assert (found.limit, found.max_change, found.action) == (limit, most, action)
    assert Guardrail.parse(found.line) == found


def test_the_sign_tells_which_way_is_worse():
    """Of a metric that is known, the other way is refused with the right one."""
    assert Guardrail.parse("refunds +5%").metric.direction == "decrease"
    assert Guardrail.parse("refunds -5%").metric.direction == "increase"
    with pytest.raises(InvalidDefinition, match=r"trace.error is better when it falls: write < LEVEL or \+SHARE%"):
        Guardrail.parse("trace.error > 5%")
    with pytest.raises(InvalidDefinition, match="price is better when it falls"):
        Experiment.parse({**DRAFT, "guardrails": ["price -5%"]})


@pytest.mark.parametrize(
    "line", ["", "error", "error < ", "error 5%", "error +5", "error < 5% shout", "a b < 1", "x < NaN"]
)
def test_what_is_no_line_is_refused_with_the_form(line):
    """Nothing is guessed."""
    with pytest.raises(InvalidDefinition, match="METRIC < LEVEL"):
        Guardrail.parse(line)


def test_an_experiment_takes_lines_in_mappings_and_yaml():
    """A line names the experiment's own metric as it is defined there."""
    found = Experiment.parse({**DRAFT, "guardrails": ["price +5% stop", "trace.error < 5%"]})
    assert found.guardrails[0].metric == found.metrics[1]
    text = found.to_yaml().split("guardrails:")[0] + "guardrails:\n- price +5% stop\n- trace.error < 5%\n"
    assert Experiment.from_yaml(text) == found
    assert Experiment.from_yaml(found.to_yaml()) == found


@given(
    st.sampled_from(["increase", "decrease"]), st.floats(0.001, 9, allow_nan=False), st.floats(0.001, 9),
    st.sampled_from(["alert", "pause", "stop", "rollback"]),
)  # fmt: skip
def test_more_is_less_one_way_only(better, first, second, action):
    """Of two different bounds exactly one change between them loosens; none loosens itself."""
    metric = {"key": "m", "direction": better}
    a, b = (Guardrail.parse({"metric": metric, "max_change": one, "action": action}) for one in (first, second))
    assert loosened([a], [a]) == []
    assert bool(loosened([a], [b])) + bool(loosened([b], [a])) == (first != second)


def test_what_watches_less():
    """Gone, further away, weaker, or of another metric under the same name; not what is new or stricter."""
    old = [Guardrail.parse("trace.error < 5% stop")]
    less = ["trace.error < 6% stop", "trace.error < 5% pause", "trace.error +10% stop"]
    assert all(loosened(old, [Guardrail.parse(line)]) for line in less)
    assert loosened(old, []) == ["trace.error < 0.05 stop: removed"]
    other = old[0].changed(metric=old[0].metric.changed(window_days=1))
    assert loosened(old, [other])[0].endswith("of another definition")
    more = ["trace.error < 4% stop", "trace.error < 5% rollback"]
    assert not any(loosened(old, [Guardrail.parse(line), Guardrail.parse("trace.cost +20%")]) for line in more)
