"""The shapes of an answer: plain, frozen, and the same after a trip through JSON."""

import dataclasses
import json
import math
import pickle
import subprocess
import sys
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from expkit.stats import Check, Estimate, Interval, NotEstimable, Summary, check_srm, compare_means, compare_proportions


class Card(BaseModel):
    answers: list[Annotated[Estimate | NotEstimable | Check, Field(discriminator="kind")]]
    summary: Summary | None = None


ANSWERS = [
    compare_means([1, 2, 3], [2, 3, 7]),
    compare_means([1, 2, 3], [2, 3, 7], alternative="greater"),
    compare_means([10, 11, 12], [2, 3, 7], alternative="less"),
    compare_means([], [1, 2]),
    compare_means([-1, 0, 1], [2, 3, 7]),
    compare_proportions(0, 10, 5, 10),
    check_srm([10, 20]),
    check_srm([10, 20, 1], [1, 1, 0]),
]


def test_json_brings_every_answer_back():
    """Also the infinite end of a one-sided interval, in JSON that any parser reads."""
    card = Card(answers=ANSWERS, summary=Summary.of([1, 2, 4], [3, 1, 2]))
    text = card.model_dump_json()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert Card.model_validate_json(text) == card
    assert Card.model_validate(card.model_dump(mode="json")) == card
    assert Card.model_validate(card.model_dump()) == card
    assert isinstance(Card.model_validate_json(text).answers[1].ci, Interval)


def test_the_schema_names_every_kind():
    """What the TypeScript client is generated from."""
    text = json.dumps(Card.model_json_schema(mode="serialization"))
    assert all(f'"{kind}"' in text for kind in ("estimate", "not_estimable", "check"))


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_hold_plain_values_only(answer):
    """No NumPy scalar, at any depth; and they survive pickling."""
    plain = {float, int, str, bool, type(None)}

    def leaves(value):
        if isinstance(value, dict | tuple | list):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from leaves(inner)
        else:
            yield type(value)

    assert set(leaves(dataclasses.asdict(answer))) <= plain
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301  # our own bytes


def test_answers_are_frozen():
    """A stored scorecard cannot be touched up."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        ANSWERS[0].p_value = 0.01


def test_no_answer_is_falsy():
    """`if estimate:` asks whether there is one; a check is true when it passes."""
    assert ANSWERS[0]
    assert not NotEstimable("because", "do this")
    assert str(NotEstimable("Because.", "do this.")) == "Because. Hint: do this."
    assert str(NotEstimable("Because.")) == "Because."
    assert check_srm([10, 10])
    assert not check_srm([1000, 10])


def test_an_interval_contains_its_ends():
    """`in` reads as one says it."""
    assert 1 in Interval(1, math.inf)
    assert 0.5 not in Interval(1, math.inf)
    assert "1" not in Interval(1, 2)


def test_importing_the_numbers_loads_nothing_heavy():
    """Neither at import nor for the common comparison."""
    code = (
        "import sys, expkit.stats as s; assert 'numpy' not in sys.modules\n"
        "s.compare_means([1, 2, 3], [2, 3, 5]); s.compare_proportions(1, 9, 4, 9); s.check_srm([900, 950])\n"
        "print([m for m in ('scipy.stats', 'scipy.optimize', 'pandas', 'statsmodels', 'pingouin') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=_root())
    assert done.stdout.strip() == "[]", done.stderr


def _root():
    import expkit

    return str(next(iter(expkit.__path__)).removesuffix("expkit"))
