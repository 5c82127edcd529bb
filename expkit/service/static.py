"""`/static/bokeh/...`: BokehJS from the installed package, so that figures need nothing from outside."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from expkit.errors import NotFound, did_you_mean

__all__ = ["BOKEH_FILES", "router"]

router = APIRouter(prefix="/static", tags=["static"])

BOKEH_FILES = frozenset(
    {"bokeh.min.js", "bokeh-widgets.min.js", "bokeh-tables.min.js", "bokeh-api.min.js", "bokeh-gl.min.js",
     "bokeh-mathjax.min.js"}
)  # fmt: skip


@router.get("/bokeh/{file}", response_class=FileResponse)
def get_bokeh_file(file: str) -> FileResponse:
    """BokehJS of the installed version."""
    if file not in BOKEH_FILES:
        raise NotFound(f"There is no BokehJS file {file[:100]!r}.", hint=did_you_mean(file, BOKEH_FILES))
    return FileResponse(_folder() / file, media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})


def _folder() -> Path:
    spec = find_spec("bokeh")  # importing it would take a second
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("BokehJS is not installed here.", hint="pip install bokeh")
    return Path(spec.submodule_search_locations[0]) / "server" / "static" / "js"
