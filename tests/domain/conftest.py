"""One small valid definition, as a mapping that tests bend."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def definition() -> dict[str, Any]:
    return {
        "key": "checkout",
        "name": "One-page checkout",
        "hypothesis": "If checkout is one page, then more visitors buy, because fewer get lost",
        "variants": [{"key": "control"}, {"key": "treatment"}],
        "metrics": ["conversion"],
    }
