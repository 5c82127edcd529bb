"""The doors for machines: one ASGI app with every handler, and `serve` to run it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from expkit.service.app import create_app
    from expkit.service.auth import Authenticate, Principal, host_auth, token_auth
    from expkit.service.problems import Problem, problem, unexpected
    from expkit.service.serving import listen, serve

__all__ = [
    "Authenticate",
    "Principal",
    "Problem",
    "create_app",
    "host_auth",
    "listen",
    "problem",
    "serve",
    "token_auth",
    "unexpected",
]

_HOMES = {
    "app": {"create_app"},
    "auth": {"Authenticate", "Principal", "host_auth", "token_auth"},
    "problems": {"Problem", "problem", "unexpected"},
    "serving": {"listen", "serve"},
}


def __getattr__(name: str) -> Any:
    # lazily, because Jupyter Server asks for a problem document long before anybody asks for FastAPI
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"expkit.service.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
