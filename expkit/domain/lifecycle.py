"""The one table that says which move an experiment may make, who may make it and whether it needs a reason."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

from expkit.errors import IllegalMove

__all__ = ["MOVES", "STATUSES", "Move", "Role", "Status", "find_move", "legal_moves"]

Status = Literal[
    "draft", "review", "scheduled", "active", "paused", "stopped", "analysis",
    "rolling_out", "rolled_out", "rolled_back", "completed", "archived",
]  # fmt: skip
Role = Literal["viewer", "experimenter", "reviewer", "operator", "admin"]

STATUSES: tuple[Status, ...] = get_args(Status)


class Move(NamedTuple):
    """One legal step. `role` is the least role that may take it."""

    verb: str
    source: Status
    target: Status
    role: Role = "experimenter"
    needs_reason: bool = False


MOVES: tuple[Move, ...] = (
    Move("review", "draft", "review"),
    Move("withdraw", "review", "draft"),
    Move("schedule", "draft", "scheduled"),
    Move("schedule", "review", "scheduled"),
    Move("unschedule", "scheduled", "draft"),
    Move("start", "draft", "active"),
    Move("start", "review", "active"),
    Move("start", "scheduled", "active"),
    Move("pause", "active", "paused"),
    Move("resume", "paused", "active"),
    Move("stop", "active", "stopped", needs_reason=True),
    Move("stop", "paused", "stopped", needs_reason=True),
    Move("conclude", "stopped", "analysis"),
    Move("promote", "analysis", "rolling_out", role="operator"),
    Move("promote", "stopped", "rolling_out", role="operator"),
    Move("finish", "rolling_out", "rolled_out", role="operator"),
    Move("rollback", "active", "rolled_back", needs_reason=True),
    Move("rollback", "paused", "rolled_back", needs_reason=True),
    Move("rollback", "rolling_out", "rolled_back", role="operator", needs_reason=True),
    Move("rollback", "rolled_out", "rolled_back", role="operator", needs_reason=True),
    Move("complete", "analysis", "completed"),
    Move("complete", "rolled_out", "completed"),
    Move("archive", "rolled_out", "archived"),
    Move("archive", "rolled_back", "archived"),
    Move("archive", "completed", "archived"),
    Move("archive", "stopped", "archived"),
)


def legal_moves(status: Status) -> tuple[Move, ...]:
    """Every move that leads out of a status."""
    return tuple(move for move in MOVES if move.source == status)


def find_move(verb: str, status: Status, key: str = "the experiment") -> Move:
    """The move, or an error that names the legal ones."""
    for move in legal_moves(status):
        if move.verb == verb:
            return move
    legal = ", ".join(dict.fromkeys(move.verb for move in legal_moves(status)))
    raise IllegalMove(f"Cannot {verb} {key!r}: it is {status}.", hint=_hint(status, legal))


def _hint(status: Status, legal: str) -> str:
    if status in {"stopped", "analysis", "completed", "rolled_back", "rolled_out"}:
        return f"legal from {status}: {legal or 'nothing'}. A stopped experiment never restarts: clone it."
    return f"legal from {status}: {legal or 'nothing; clone it'}."
