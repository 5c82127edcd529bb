"""`python -m expkit` is the `expkit` command."""

from __future__ import annotations

from expkit.cli import main

if __name__ == "__main__":
    main()
