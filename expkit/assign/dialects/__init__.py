"""How others read what we decide, and how we read theirs: payloads in and out, without any I/O."""

from __future__ import annotations

from expkit.assign.dialects.config import Config, canonical, code_digest, read_config
from expkit.assign.dialects.growthbook import features_payload

__all__ = ["Config", "canonical", "code_digest", "features_payload", "read_config"]
