"""Whatever is written into files: applied once it is so, applied again nothing happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expkit.domain import Experiment
from expkit.settings import Settings
from expkit.workbench import Workbench

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
VALUES = TEXT | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.none()
DEFINITIONS = st.builds(
    lambda key, **values: Experiment.parse({
        "key": key, "hypothesis": "If, then", "metrics": ["a", "b"], **values,
        "variants": [{"key": "control", "weight": 0.75, "params": values["eligibility"]}, {"key": "t", "weight": 0.25}],
    }),
    key=st.sampled_from(["e1", "e2", "e3"]),
    name=TEXT.map(lambda text: f"x{text}"),
    description=TEXT,
    tags=st.lists(st.text("abü ", min_size=1, max_size=4).filter(str.strip), max_size=3),
    coverage=st.floats(0, 1),
    eligibility=st.dictionaries(st.sampled_from(["land", "größe", "1"]), VALUES, max_size=3),
    sample_size=st.none() | st.integers(2, 10**6),
)  # fmt: skip


@pytest.fixture(scope="module")
def wb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench.open(Settings(home=tmp_path_factory.mktemp("home"), database_url="", actor="ann")) as opened:
        yield opened


@given(st.lists(DEFINITIONS, max_size=3, unique_by=lambda each: each.key))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_apply_is_idempotent_also_by_way_of_a_file(wb: Workbench, wanted: list[Experiment]) -> None:
    """The second time there is no version, no audit entry, and nothing to do; YAML and JSON lose nothing."""
    plan = wb.plan(wanted)
    assert wb.apply(wanted, plan=plan) == plan
    end = wb.audit_checkpoint()
    from_files = [Experiment.from_yaml(each.to_yaml()) for each in wanted]
    from_exports = [Experiment.from_json(wb.get(each.key).to_json()) for each in wanted]
    for again in (wanted, from_files, from_exports):
        assert {done.action for done in wb.apply(again)} <= {"nothing"}
    assert wb.audit_checkpoint() == end
    assert [wb.get(each.key).definition() for each in wanted] == [each.definition() for each in wanted]
