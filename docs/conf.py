"""Sphinx's settings. Nothing here or in the built pages asks another machine for anything."""

from expkit import __version__

project = "expkit"
author = "The expkit developers"
copyright = "The expkit developers"  # noqa: A001  # Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"expkit {version}"
html_show_sourcelink = False
html_copy_source = False

copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
