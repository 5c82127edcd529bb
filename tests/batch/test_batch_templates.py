from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import notebook

from expkit.batch import Template, find_template, list_templates
from expkit.errors import InvalidDefinition, InvalidInput, NotFound, UnknownName


def parse(parameters: str) -> Template:
    return Template.parse("mine", notebook(parameters=parameters))


def test_the_shipped_template_is_found_by_its_key() -> None:
    """Title, names, types, defaults and helps come from the notebook itself."""
    found = find_template("simulate_ab")
    assert found.title == "Simulate an A/B test of an idea"
    assert [item.name for item in found.parameters] == ["idea", "baseline", "lift", "users_per_arm", "alpha", "seed"]
    assert found.parameters[3][1:4] == ("int", 20_000, "units in each arm")


def test_own_templates_join_the_shipped_ones(tmp_path: Path) -> None:
    """A folder of one's own adds templates."""
    (tmp_path / "mine.ipynb").write_text(notebook())
    assert {"mine", "simulate_ab"} <= set(list_templates(tmp_path))


def test_a_notebook_anywhere_is_given_as_a_path(tmp_path: Path) -> None:
    """Text is a key only, so that a name from the network reaches no file."""
    path = tmp_path / "idea.ipynb"
    path.write_text(notebook())
    assert find_template(path).key == "idea"
    with pytest.raises(NotFound, match=r"Path\('.*idea.ipynb'\)"):
        find_template(str(path))


def test_an_unknown_template_names_the_nearest() -> None:
    """A slip of the pen is answered with the right name."""
    with pytest.raises(NotFound, match="did you mean 'simulate_ab'"):
        find_template("simulate_abb")


def test_a_missing_file_is_told_with_what_there_is(tmp_path: Path) -> None:
    """The reason is the system's, the hint is ours."""
    with pytest.raises(NotFound, match=r"No such file.*simulate_ab"):
        find_template(tmp_path / "nowhere.ipynb")


def test_unknown_parameters_are_refused_with_the_nearest_name() -> None:
    """Nothing runs with a parameter that the template would ignore."""
    with pytest.raises(UnknownName, match=r"Trial 2: Parameter 'lfit' .*did you mean 'lift'"):
        find_template("simulate_ab").accept_all([{"lift": 0.1}, {"lfit": 0.1}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", "1"),
        ("seed", True),
        ("seed", 1.5),
        ("lift", "big"),
        ("lift", float("nan")),
        ("idea", 3),
        ("lift", None),
    ],
)
def test_wrong_types_are_refused(name: str, value: object) -> None:
    """The error names parameter, type and value."""
    with pytest.raises(InvalidInput, match=rf"Parameter '{name}' must be (int|float|str)"):
        find_template("simulate_ab").accept({name: value})


def test_a_set_that_is_no_mapping_is_refused() -> None:
    """The trial's number tells which."""
    with pytest.raises(InvalidInput, match="Trial 1: 3 is no mapping"):
        find_template("simulate_ab").accept_all([3])  # type: ignore[list-item]


def test_whole_numbers_and_numpy_values_fit() -> None:
    """An int is a float, and NumPy's scalars are numbers."""
    accepted = find_template("simulate_ab").accept({"lift": 0, "seed": np.int64(7), "baseline": np.float64(0.2)})
    assert (accepted["lift"], accepted["seed"], accepted["baseline"]) == (0.0, 7, 0.2)
    assert [type(accepted[name]) for name in ("lift", "seed", "baseline")] == [float, int, float]


def test_types_are_read_from_annotations_or_defaults() -> None:
    """Optional, containers, unions and bare assignments; magics are passed over."""
    found = parse(
        "%matplotlib inline\na: int | None = None\nb: list[int] = [1]\nc = True\nd: int | str = 1\ne = (1, 2)\nprint()"
    )
    assert [(item.name, item.type, item.optional) for item in found.parameters] == [
        ("a", "int", True),
        ("b", "list", False),
        ("c", "bool", False),
        ("d", "any", False),
        ("e", "any", False),
    ]
    assert found.accept({"a": 3, "b": (1, 2), "d": {"k": [1, None]}})["b"] == [1, 2]
    assert found.accept({})["e"] == [1, 2]
    with pytest.raises(InvalidInput, match="'d' must be any"):
        found.accept({"d": object()})


@pytest.mark.parametrize("code", ["x = = 1", "x = f()", "x, y = 1, 2", "x: int"])
def test_a_parameters_cell_that_cannot_be_read_is_told(code: str) -> None:
    """Plain values only: a form cannot show what only running would tell."""
    with pytest.raises(InvalidDefinition, match="parameters cell of template 'mine' cannot be read"):
        parse(code)


@pytest.mark.parametrize("text", ["", "[]", "{}", "no notebook"])
def test_what_is_no_notebook_is_told(text: str) -> None:
    """Any text that does not parse as a notebook."""
    with pytest.raises(InvalidDefinition, match="'odd' is not a notebook"):
        Template.parse("odd", text)


def test_exactly_one_cell_is_tagged() -> None:
    """Without the tag nobody knows what can be set."""
    with pytest.raises(InvalidDefinition, match="has 0 cells tagged"):
        Template.parse("odd", notebook().replace('"parameters"', '"other"'))


@given(st.dictionaries(st.sampled_from(["lift", "baseline"]), st.floats(allow_nan=False, allow_infinity=False)))
def test_accepting_twice_changes_nothing(values: dict[str, float]) -> None:
    """What was accepted is accepted again, and is complete."""
    found = find_template("simulate_ab")
    accepted = found.accept(values)
    assert found.accept(accepted) == accepted
    assert set(accepted) == {item.name for item in found.parameters}


def test_a_kernel_that_records_does_not_load_dask_or_sql() -> None:
    """Every trial imports `record`: it must cost next to nothing."""
    import subprocess

    code = "import sys; from expkit.batch import record; print({'dask', 'sqlalchemy', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
