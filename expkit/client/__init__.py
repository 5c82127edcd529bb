"""The same workbench over HTTP, and an assigner that needs the service only now and then."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from expkit.client.remote import RemoteWorkbench

if TYPE_CHECKING:
    from expkit.client.current import Standing
    from expkit.client.local import LocalAssigner
    from expkit.client.local_workbench import LocalWorkbench

__all__ = ["LocalAssigner", "LocalWorkbench", "RemoteWorkbench", "Standing"]

_HOMES = {"LocalAssigner": "local", "Standing": "current", "LocalWorkbench": "local_workbench"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:  # lazily: who only asks the service checks no signatures
        return getattr(import_module(f"expkit.client.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
