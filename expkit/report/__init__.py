"""Results as documents to keep and send."""

from __future__ import annotations

from expkit.report.html import scorecard_html

__all__ = ["scorecard_html"]
