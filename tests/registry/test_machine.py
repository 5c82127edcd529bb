"""Whatever legal thing is done to an experiment, what the registry keeps stays consistent."""

from __future__ import annotations

from typing import Any

import pytest
from drafts import make
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from expkit import registry
from expkit.domain import MOVES, legal_moves
from expkit.errors import Conflict, IllegalMove
from expkit.registry.versions import ALWAYS, OPEN, RUNNING, WHILE_RUNNING
from expkit.storage import Store, verify_audit

STORE = Store.open("sqlite://")
VERBS = sorted({move.verb for move in MOVES})
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text("abü ", min_size=1, max_size=5).filter(str.strip),
    "tags": st.lists(st.sampled_from("abc"), max_size=2),
    "coverage": st.sampled_from([0.0, 0.25, 1.0]),
    "eligibility": st.dictionaries(st.sampled_from("ab"), st.sampled_from([1, 1.0, True, None, "x"]), max_size=2).map(
        lambda asked: dict(sorted(asked.items()))
    ),  # in which order they stand is no change
    "metrics": st.permutations(["a", "b"]),
    "variants": st.sampled_from([[0.5, 0.5], [0.9, 0.1]]).map(
        lambda weights: [{"key": key, "weight": weight} for key, weight in zip("ct", weights, strict=True)]
    ),
}


class Life(RuleBasedStateMachine):
    """One experiment; beside it a model: its status, its definitions by version, its allocations."""

    numbers = iter(range(10**9))

    def __init__(self) -> None:
        super().__init__()
        self.key, self.status = f"e{next(self.numbers)}", "draft"
        self.definitions = [registry.create(self._work(), make(self.key)).definition()]
        self._done()
        self.allocations: list[tuple[float, dict[str, float]]] = []

    def _work(self) -> Any:
        self.unit = STORE.begin(actor="ann")
        return self.unit.__enter__()

    def _done(self) -> None:
        self.unit.__exit__(None, None, None)

    @rule(verb=st.sampled_from(VERBS))
    def move(self, verb: str) -> None:
        """A legal move leads where the table says; an illegal one names the legal ones and changes nothing."""
        legal = {move.verb: move.target for move in legal_moves(self.status)}  # type: ignore[arg-type]
        if verb not in legal:
            with pytest.raises(IllegalMove, match="legal from"), STORE.begin(actor="ann") as work:
                registry.move(work, self.key, verb, "because")
            return
        with STORE.begin(actor="ann") as work:
            moved = registry.move(work, self.key, verb, "because")
        assert moved.status == legal[verb]
        self.status = moved.status
        if verb == "start":
            self.allocations.append((moved.coverage, moved.shares))

    @rule(data=st.data(), field=st.sampled_from(sorted(CHANGES)))
    def change(self, data: st.DataObject, field: str) -> None:
        """A change that the status allows is a version; another is refused, unless it changes nothing."""
        value = data.draw(CHANGES[field])
        wanted = make(self.key).parse({**self.definitions[-1], field: value}).definition()
        may = self.status in OPEN or field in (WHILE_RUNNING if self.status in RUNNING else ALWAYS)
        known = {"control", "treatment"} == {variant["key"] for variant in self.definitions[-1]["variants"]}
        if field == "variants" and known and self.status in RUNNING:
            may = False  # other variants than those that run
        try:
            with STORE.begin(actor="ann") as work:
                stored = registry.update(work, self.key, {field: value})
        except Conflict:
            assert not may
            return
        self._changed(stored, wanted)

    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        """What is restored equals that version, as the newest."""
        version = data.draw(st.integers(1, len(self.definitions)))
        try:
            with STORE.begin(actor="ann") as work:
                stored = registry.restore(work, self.key, version)
        except Conflict:
            assert self.status not in OPEN
            return
        self._changed(stored, self.definitions[version - 1])

    def _changed(self, stored: Any, wanted: dict[str, Any]) -> None:
        assert repr(stored.definition()) == repr(wanted)  # repr tells 1 from True
        if repr(wanted) != repr(self.definitions[-1]):
            self.definitions.append(wanted)
        allocation = (stored.coverage, stored.shares)
        if self.status in RUNNING and self.allocations[-1] != allocation:
            self.allocations.append(allocation)

    @invariant()
    def everything_is_kept(self) -> None:
        with STORE.read() as connection:
            found = registry.get(connection, self.key)
            assert (found.status, found.version) == (self.status, len(self.definitions))
            kept = [registry.at_version(connection, self.key, number + 1) for number in range(found.version)]
            assert repr(kept) == repr(self.definitions)
            phases = registry.phases(connection, self.key)
            assert [(phase.coverage, phase.shares) for phase in phases] == self.allocations
            assert [phase.ended_at for phase in phases[:-1]] == [phase.started_at for phase in phases[1:]]
            assert (bool(phases) and phases[-1].ended_at is None) == (self.status in RUNNING)

    @precondition(lambda self: self.status == "archived")
    @rule()
    def the_chain_holds(self) -> None:
        with STORE.read() as connection:
            assert verify_audit(connection).ok


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
