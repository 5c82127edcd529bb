"""The examples in the docstrings, and the room's list of names."""

import doctest
import importlib
import pkgutil

import pytest

import expkit.stats

MODULES = [f"expkit.stats.{module.name}" for module in pkgutil.iter_modules(expkit.stats.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_say_what_happens(name):
    """Each is run as written."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_room_names_what_it_gives():
    """Sorted by kind, all there, and each callable has a docstring."""
    names = expkit.stats.__all__
    assert len(set(names)) == len(names)
    functions = [name for name in names if name.islower()]
    assert functions == sorted(functions)
    assert all(getattr(expkit.stats, name).__doc__ for name in functions)
