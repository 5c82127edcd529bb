"""The service inside Jupyter Server, and the way to start JupyterLab with it."""

from __future__ import annotations

from expkit.lab.extension import ExpkitApp
from expkit.lab.launch import lab_command, launch_lab

__all__ = ["ExpkitApp", "lab_command", "launch_lab"]
