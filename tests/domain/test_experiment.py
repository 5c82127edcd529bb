"""The experiment: what suffices, what is derived, what is refused and how."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.domain import Experiment, Metric, Variant, schema
from expkit.errors import ExpkitError, InvalidDefinition


def test_five_fields_suffice(definition: dict[str, Any]) -> None:
    """Key, name, hypothesis, variants and metrics; weights are shared equally, the first metric is primary."""
    experiment = Experiment(**definition)
    assert experiment.shares == {"control": 0.5, "treatment": 0.5}
    assert experiment.primary_metric == Metric(key="conversion", kind="conversion")
    assert (experiment.status, experiment.coverage, experiment.hash_seed) == ("draft", 1.0, "checkout")


def test_control_is_the_reference(definition: dict[str, Any]) -> None:
    """The variant named control, wherever it stands; else the first."""
    assert Experiment(**{**definition, "variants": [{"key": "b"}, {"key": "control"}]}).control.key == "control"
    assert Experiment(**{**definition, "variants": [{"key": "a"}, {"key": "b"}]}).control.key == "a"
    assert [v.key for v in Experiment(**{**definition, "variants": [{"key": "a"}, {"key": "b"}]}).treatments] == ["b"]


def test_nouns_are_frozen(definition: dict[str, Any]) -> None:
    """A value never changes under its reader; `changed` gives a validated copy."""
    experiment = Experiment(**definition)
    with pytest.raises(ValueError, match="frozen"):
        experiment.name = "other"  # type: ignore[misc]
    assert experiment.changed(coverage=0.5).coverage == 0.5
    with pytest.raises(InvalidDefinition, match="coverage"):
        experiment.changed(coverage=5)


def test_the_structured_hypothesis_reads_as_a_sentence(definition: dict[str, Any]) -> None:
    """If, then, because; with a prediction that calibration is measured against."""
    parts = {"if": "it is one page", "then": "more buy", "prediction": {"metric": "conversion", "lift": 0.05}}
    experiment = Experiment(**{**definition, "hypothesis": parts})
    assert str(experiment.hypothesis) == "If it is one page, then more buy."
    assert experiment.to_dict()["hypothesis"]["if"] == "it is one page"


def test_a_recommender_variant_delivers_flat_params() -> None:
    """Spec 004's params: the model's version and one param per re-ranking weight, with `params` on top."""
    variant = Variant.parse({
        "key": "treatment_a",
        "recommender": {"model_version": "v3", "reranking": {"price": 0.2, "style": 0.6}, "price_band": {"upper": 1.2}},
        "params": {"rerank_weight_style": 0.7},
    })  # fmt: skip
    assert variant.delivered == {
        "model_version": "v3", "rerank_weight_price": 0.2, "rerank_weight_style": 0.7, "price_band": {"upper": 1.2},
    }  # fmt: skip


def test_default_params_come_from_the_parameters_then_from_control(definition: dict[str, Any]) -> None:
    """Units without a variant get a declared default, else what control gets."""
    variants = [{"key": "control", "params": {"a": 1, "b": 2}}, {"key": "t", "params": {"a": 3}}]
    assert Experiment(**{**definition, "variants": variants}).default_params == {"a": 1, "b": 2}
    typed = {"a": {"type": "integer", "default": 9}, "b": {"type": "integer"}}
    assert Experiment(**{**definition, "variants": variants, "parameters": typed}).default_params == {"a": 9, "b": 2}


BAD = [
    ({"coverag": 0.5}, r"unknown field 'coverag'.*did you mean 'coverage'"),
    ({"variants": [{"key": "a", "wight": 1}, {"key": "b"}]}, r"variants\[0\]\.wight.*did you mean 'weight'"),
    (
        {"variants": [{"key": "a", "weight": 0.4}, {"key": "b", "weight": 0.5}]},
        r"add up to 0\.9, not 1.*0\.4444, 0\.5556",
    ),
    (
        {"variants": [{"key": "a", "weight": 0.4}, {"key": "b"}]},
        r"some variants have a weight and some have none \(b\)",
    ),
    ({"variants": [{"key": "a"}, {"key": "a"}]}, r"variant 'a' stands twice"),
    ({"variants": [{"key": "a"}]}, r"variants: .*at least 2"),
    ({"variants": [{"key": "a", "weight": 0}, {"key": "b", "weight": 0}]}, r"add up to 0"),
    ({"metrics": ["m", "m"]}, r"metric 'm' stands twice"),
    ({"metrics": []}, r"metrics: .*at least 1"),
    ({"metrics": [{"key": "m", "denominator": "n"}]}, r"only a ratio has a denominator"),
    ({"key": "assign"}, r"'assign' is a route of the service; try 'assign-1'"),
    ({"key": "a b"}, r"key: .*Hint: a key starts with a letter"),
    ({"name": "x" * 10_000_000}, r"name: .*500 characters.*10,000,000 characters"),
    ({"coverage": float("nan")}, r"coverage: .*finite"),
    ({"coverage": 1.5}, r"coverage: .*less than or equal to 1"),
    ({"type": "featur"}, r"type: .*did you mean 'feature'"),
    ({"plan": {"alpha": 2, "correctio": "x"}}, r"plan\.alpha.*'plan\.correctio'.*did you mean 'correction'"),
    ({"guardrails": [{"metric": "e"}]}, r"guardrail 'e' has no bound"),
    ({"guardrails": [{"metric": {"key": "conversion", "kind": "count"}, "limit": 1}]}, r"defined twice, differently"),
    ({"schedule": {"start": "2026-02-01", "end": "2026-01-01"}}, r"would end .* before it starts"),
    ({"schedule": {"timezone": "Europe/Berln"}}, r"did you mean 'Europe/Berlin'"),
    ({"hypothesis": {"if": "x"}}, r"say what you expect"),
    (
        {
            "parameters": {"colour": {"type": "string"}},
            "variants": [{"key": "a", "params": {"color": "x"}}, {"key": "b"}],
        },
        r"unknown param 'color'; did you mean 'colour'",
    ),
    (
        {
            "parameters": {"n": {"type": "integer", "maximum": 3}},
            "variants": [{"key": "a", "params": {"n": 4}}, {"key": "b"}],
        },
        r"param 'n' is 4, above the maximum 3",
    ),
    ({"parameters": {"n": {"type": "boolean", "default": 1}}}, r"the default is 1, not a boolean"),
    ({"variants": [{"key": "a", "params": {"x": float("inf")}}, {"key": "b"}]}, r"finite|NaN and infinity"),
    ({"name": "a\x00b"}, r"name: a NUL character"),
    ({"description": "a\ud800b"}, r"description: "),
    ({"variants": [{"key": "a", "params": {"x": "y\x00"}}, {"key": "b"}]}, r"a NUL character"),
    ({"variants": [{"key": "a", "params": {"x": "y" * 70_000}}, {"key": "b"}]}, r"more than 65,536 characters"),
]


@pytest.mark.parametrize(("bend", "message"), BAD)
def test_a_bad_definition_is_refused_with_path_and_way_out(
    definition: dict[str, Any], bend: dict[str, Any], message: str
) -> None:
    """Every refusal names the path, the value and the nearest valid name, and stays short."""
    with pytest.raises(InvalidDefinition, match=message) as caught:
        Experiment(**{**definition, **bend})
    assert len(str(caught.value)) < 1500
    with pytest.raises(InvalidDefinition, match=message):
        Experiment.parse({**definition, **bend})


def test_missing_fields_are_all_named() -> None:
    """One error for all that is missing."""
    with pytest.raises(InvalidDefinition, match="name is missing; hypothesis is missing; variants is missing"):
        Experiment(key="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("text", ["- 1", "", "just text", "42"])
def test_a_file_that_is_no_mapping_says_how_to_start(text: str) -> None:
    """A list, an empty file or a word where a mapping should be."""
    with pytest.raises(InvalidDefinition, match=r"must be a mapping.*start with key, name"):
        Experiment.from_yaml(text)


def test_yaml_refuses_a_key_that_stands_twice() -> None:
    """Plain YAML would silently keep the last one."""
    with pytest.raises(InvalidDefinition, match=r"line 2.*'key' stands twice"):
        Experiment.from_yaml("key: a\nkey: b\n")


@pytest.mark.parametrize("text", ["a: [", "a: \t- b", b"\xff\xfe\x00", "!!python/object:os.system x"])
def test_unreadable_yaml_is_one_clear_error(text: str | bytes) -> None:
    """Syntax, encoding and unknown tags: an error of ours, never a traceback from the parser."""
    with pytest.raises(ExpkitError, match="An experiment"):
        Experiment.from_yaml(text)


def test_unreadable_json_says_where() -> None:
    """The place in the text is named."""
    with pytest.raises(InvalidDefinition, match="line 1 column 2"):
        Experiment.from_json("{nope")


def test_the_schema_describes_every_field() -> None:
    """Editors check YAML files against it."""
    published = schema()
    assert published["$schema"].endswith("2020-12/schema")
    assert set(published["properties"]) == set(Experiment.model_fields)
    assert {"type": "string", "minLength": 1, "maxLength": 500} in published["$defs"]["Guardrail"]["anyOf"]
    json.dumps(published)


names = st.from_regex(r"[a-z][a-z0-9_\-]{0,12}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
values = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), texts)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    keys = draw(st.lists(names, min_size=2, max_size=4, unique=True))
    metrics = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    return Experiment.parse(
        {
            "key": f"x-{draw(names)}",
            "name": "N" + draw(texts),
            "hypothesis": "H" + draw(texts),
            "description": draw(texts),
            "variants": [{"key": key, "params": draw(st.dictionaries(names, values, max_size=3))} for key in keys],
            "metrics": metrics,
            "coverage": draw(st.floats(0, 1)),
            "tags": draw(st.lists(texts, max_size=3)),
            "rice": draw(
                st.none()
                | st.fixed_dictionaries(
                    {"impact": st.floats(0, 9), "confidence": st.floats(0, 1), "effort": st.floats(1, 9)}
                )
            ),
        }
    )


@given(experiments())
def test_yaml_and_json_are_lossless(experiment: Experiment) -> None:
    """What is written comes back equal, whatever characters and numbers are in it."""
    assert Experiment.from_yaml(experiment.to_yaml()) == experiment
    assert Experiment.from_json(experiment.to_json()) == experiment
    assert Experiment.parse(experiment.model_dump(mode="json")) == experiment


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=12))
def test_weights_that_are_off_are_told_with_ones_that_do(weights: list[float]) -> None:
    """The proportions that the error names can be typed in as they stand."""
    values = {"key": "k", "name": "n", "hypothesis": "h", "metrics": ["m"]}

    def made(own: list[float]) -> Experiment:
        return Experiment.parse({**values, "variants": [{"key": f"v{i}", "weight": w} for i, w in enumerate(own)]})

    try:
        made(weights)
    except InvalidDefinition as error:
        told = re.search(r"in these proportions: ([\d., e-]+) \(", str(error))
        assert told
        assert made([float(part) for part in told[1].split(",")])
