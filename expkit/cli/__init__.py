"""The `expkit` command. Commands import what they need when they run, so that `expkit --help` is quick."""

from __future__ import annotations

from expkit.cli.main import app, main

__all__ = ["app", "main"]
