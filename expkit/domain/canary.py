"""A canary: two versions of what is deployed, told apart by what their model calls say of themselves."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from expkit.domain.noun import Noun, Text

__all__ = ["CALL_METRICS", "Canary", "Told"]

Told = Literal["version", "model", "prompt"]
"""What of a call tells two apart."""
CALL_METRICS = ("trace.error", "trace.quality", "trace.cost", "trace.latency")
"""What two of them are compared by, per call."""


class Canary(Noun):
    """Calls of `treatment` against calls of `control`, whoever splits the traffic."""

    by: Told = "version"
    control: Annotated[Text, Field(min_length=1)]
    treatment: Annotated[Text, Field(min_length=1)]

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.control == self.treatment:
            raise ValueError(f"a canary compares two, and both are {self.control!r}")
        return self
