"""The error tree: hints, short values, pickling, natural parents."""

from __future__ import annotations

import inspect
import pickle

import pytest

from expkit import errors


def test_the_nearest_name_is_offered() -> None:
    """A slip of the pen finds its name."""
    error = errors.UnknownName.among("metric", "revnue", ["revenue", "clicks"], "experiment 'checkout'")
    assert str(error) == "Metric 'revnue' is not in experiment 'checkout'. Hint: did you mean 'revenue'?"


def test_without_a_near_name_all_are_named() -> None:
    """Up to eight, then a count."""
    assert errors.did_you_mean("zzz", "abc") == "choose from 'a', 'b', 'c'."
    assert errors.did_you_mean("zzz", map(str, range(20))).endswith("and 12 more.")
    assert errors.did_you_mean("zzz", []) == "there is none yet."


def test_long_values_are_shortened() -> None:
    """A message never carries megabytes."""
    assert len(errors.shorten("x" * 10**7)) < 120
    assert errors.shorten("short") == "'short'"


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_survives_pickling(name: str) -> None:
    """Workers send them home whole."""
    cls = getattr(errors, name)
    if not (inspect.isclass(cls) and issubclass(cls, errors.ExpkitError)):
        return
    back = pickle.loads(pickle.dumps(cls("message", hint="hint")))  # noqa: S301  # our own bytes
    assert (type(back), back.message, back.hint, str(back)) == (cls, "message", "hint", "message Hint: hint")


def test_kinds_are_unique() -> None:
    """REST tells errors apart by kind."""
    found = [cls.kind for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, errors.ExpkitError)]
    assert len(found) == len(set(found))


def test_a_missing_extra_says_what_to_install() -> None:
    """The hint is a command."""
    assert "pip install 'expkit[postgres]'" in str(errors.MissingDependency.needs("psycopg", "postgres"))
