"""`python -m expkit.service.openapi [path]` writes the OpenAPI document; the committed copy may not drift from it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from expkit.service.app import describe_app
from expkit.service.description import document

__all__ = ["main", "text"]


def text() -> str:
    """The document, always in the same order."""
    return json.dumps(document(describe_app()), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the document to a path, or print it."""
    given = sys.argv[1:] if arguments is None else arguments
    if given:
        Path(given[0]).write_text(text(), encoding="utf-8")
    else:
        sys.stdout.write(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
