"""A variant: one treatment as designed, with the params that the product reads."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from expkit.domain.noun import Json, Key, LongText, Noun, Text

__all__ = ["Diversity", "Parameter", "PriceBand", "RecommenderVariant", "Variant"]


class Parameter(Noun):
    """The type of one param, shared by all variants of an experiment."""

    type: Literal["boolean", "integer", "number", "string", "list", "object"]
    default: Json = None
    """What units without a variant get."""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Json, ...] = ()
    description: Text = ""

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        if self.default is not None and (fault := self.fault(self.default)):
            raise ValueError(f"the default {fault}")
        return self

    def fault(self, value: Any) -> str:
        """Why a value does not fit, or an empty string."""
        kinds: dict[str, tuple[type, ...]] = {
            "boolean": (bool,), "integer": (int,), "number": (int, float),
            "string": (str,), "list": (list, tuple), "object": (dict,),
        }  # fmt: skip
        if not isinstance(value, kinds[self.type]) or (isinstance(value, bool) and self.type != "boolean"):
            return f"is {value!r}, not a {self.type}"
        if isinstance(value, int | float) and self.minimum is not None and value < self.minimum:
            return f"is {value!r}, below the minimum {self.minimum:g}"
        if isinstance(value, int | float) and self.maximum is not None and value > self.maximum:
            return f"is {value!r}, above the maximum {self.maximum:g}"
        if self.choices and value not in self.choices:
            return f"is {value!r}, not one of {', '.join(map(repr, self.choices))}"
        return ""


class PriceBand(Noun):
    """How far a recommended item's price may be from the anchor's: `lower=0.8, upper=1.25` is a tight band."""

    lower: float = Field(default=0.0, ge=0)
    upper: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.upper is not None and self.upper < self.lower:
            raise ValueError(f"the price band's upper end {self.upper:g} lies below its lower end {self.lower:g}")
        return self


class Diversity(Noun):
    """At most so many items of one brand or colour in a list."""

    max_per_brand: int | None = Field(default=None, ge=1)
    max_per_color: int | None = Field(default=None, ge=1)


class RecommenderVariant(Noun):
    """What a recommendation experiment may change: model, weights, candidates, re-ranking, constraints."""

    model_version: Text = ""
    feature_weights: dict[Text, float] = {}
    candidate_set: Literal["", "same_category", "cross_category", "all"] = ""
    reranking: dict[Text, float] = {}
    """Weights of the re-ranking step: `{"price": 0.2, "style": 0.6}`."""
    price_band: PriceBand | None = None
    diversity: Diversity | None = None
    personalisation: Literal["", "user", "item", "none"] = ""

    def params(self) -> dict[str, Any]:
        """Flat names, as a recommender reads them: `rerank_weight_price`."""
        flat = self.model_dump(mode="json", exclude_defaults=True, exclude={"feature_weights", "reranking"})
        flat |= {f"feature_weight_{name}": weight for name, weight in self.feature_weights.items()}
        return flat | {f"rerank_weight_{name}": weight for name, weight in self.reranking.items()}


class Variant(Noun):
    """One treatment. Weights of an experiment's variants add up to 1; leave them all out for equal shares."""

    key: Key
    name: Text = ""
    description: LongText = ""
    weight: Annotated[float, Field(ge=0, le=1)] | None = None
    params: dict[str, Json] = {}
    recommender: RecommenderVariant | None = None

    @property
    def title(self) -> str:
        return self.name or self.key

    @property
    def delivered(self) -> dict[str, Any]:
        """The params that a unit in this variant gets: the recommender's, with `params` on top."""
        base = self.recommender.params() if self.recommender else {}
        return {**base, **self.params}
