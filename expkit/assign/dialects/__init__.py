"""How others read what we decide, and how we read theirs: payloads in and out, without any I/O."""

from __future__ import annotations

from collections.abc import Callable

from expkit.assign.dialects.config import Config, canonical, code_digest, read_config
from expkit.assign.dialects.foreign import Imported
from expkit.assign.dialects.from_eppo import read_eppo
from expkit.assign.dialects.from_growthbook import read_growthbook
from expkit.assign.dialects.from_unleash import read_unleash
from expkit.assign.dialects.growthbook import features_payload

__all__ = ["DIALECTS", "Config", "Imported", "canonical", "code_digest", "features_payload", "read_config"]

DIALECTS: dict[str, Callable[[object], list[Imported]]] = {
    "growthbook": read_growthbook,
    "eppo": read_eppo,
    "unleash": read_unleash,
}
"""Whose definitions can be read, from parsed JSON."""
