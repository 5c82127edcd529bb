from __future__ import annotations

import subprocess
import sys

import pytest

import expkit.view


def test_gives_what_it_names() -> None:
    """Every name in `__all__` is there, in order; others are not."""
    assert expkit.view.__all__ == sorted(expkit.view.__all__)
    assert all(callable(getattr(expkit.view, name)) for name in expkit.view.__all__)
    assert set(expkit.view.__all__) <= set(dir(expkit.view))
    with pytest.raises(AttributeError, match="nothing_here"):
        expkit.view.nothing_here  # noqa: B018


def test_importing_it_is_light() -> None:
    """Neither the room nor the terminal's table loads Bokeh, Panel, pandas or widgets."""
    code = (
        "import sys, expkit.view, expkit.view.text, expkit.view.table, expkit.report;"
        "print(*{name.split('.')[0] for name in sys.modules} & {'bokeh','panel','pandas','ipywidgets','scipy'})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_nouns_show_themselves_in_ipython() -> None:
    """With the formatters registered, IPython shows HTML and the terminal's table; escaped."""
    code = """
import sys; sys.path.insert(0, 'tests/view')
from IPython.core.interactiveshell import InteractiveShell
from expkit.view import register_formatters
from expkit.domain import Experiment
from expkit.stats import compare_proportions
assert register_formatters() is False
shell = InteractiveShell.instance()
assert register_formatters() is True
experiment = Experiment(key='a', name='<b>x', hypothesis='If a, then b.', metrics=['buy'],
                        variants=[{'key': 'control'}, {'key': 'treatment'}])
shown, _ = shell.display_formatter.format(experiment)
assert '&lt;b&gt;x' in shown['text/html'] and '<b>x' not in shown['text/html']
shown, _ = shell.display_formatter.format(compare_proportions(100, 1000, 130, 1000))
assert '30.0%' in shown['text/html'], shown
"""
    subprocess.run([sys.executable, "-c", code], check=True)
