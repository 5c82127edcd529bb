"""The same workbench over HTTP."""

from __future__ import annotations

from expkit.client.remote import RemoteWorkbench

__all__ = ["RemoteWorkbench"]
