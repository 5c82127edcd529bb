"""The table of moves."""

from __future__ import annotations

import pytest

from expkit.domain import MOVES, STATUSES, find_move, legal_moves
from expkit.errors import IllegalMove


def test_every_status_can_be_reached_from_a_draft() -> None:
    """No status is a dead letter."""
    reached, frontier = {"draft"}, ["draft"]
    while frontier:
        for move in legal_moves(frontier.pop()):  # type: ignore[arg-type]
            if move.target not in reached:
                reached.add(move.target)
                frontier.append(move.target)
    assert reached == set(STATUSES)


def test_a_verb_means_one_target_from_each_status() -> None:
    """No two moves share verb and source."""
    pairs = [(move.verb, move.source) for move in MOVES]
    assert len(pairs) == len(set(pairs))


def test_nothing_leads_from_stopped_back_to_active() -> None:
    """A stopped experiment never restarts, by any path."""
    reached, frontier = set(), ["stopped"]
    while frontier:
        for move in legal_moves(frontier.pop()):  # type: ignore[arg-type]
            if move.target not in reached:
                reached.add(move.target)
                frontier.append(move.target)
    assert reached.isdisjoint({"draft", "scheduled", "active", "paused"})


def test_stopping_and_rolling_back_need_a_reason() -> None:
    """What takes a treatment away from users is explained."""
    assert all(move.needs_reason for move in MOVES if move.verb in {"stop", "rollback"})


def test_an_illegal_move_names_the_legal_ones() -> None:
    """The way out is in the hint."""
    with pytest.raises(IllegalMove, match=r"Cannot start .checkout.: it is stopped.*legal from stopped: .*clone it"):
        find_move("start", "stopped", "checkout")
    with pytest.raises(IllegalMove, match="legal from archived: nothing; clone it"):
        find_move("start", "archived")
