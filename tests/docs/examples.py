"""The examples of a Markdown page: files, Python and console blocks, run in order as a reader would."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FENCE = re.compile(r"^(?P<ticks>`{3,}|:{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=ticks)\s*$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r"\A(?::[a-z]+:.*\n)*?:caption: (?P<name>\S+)\n(?::[a-z]+:.*\n)*\n?")
NOT_RUN = "no-test"


class Block(NamedTuple):
    kind: str
    text: str
    line: int
    name: str = ""


def blocks(page: Path) -> Iterator[Block]:
    """`python`, `console` and `text` blocks, and files: a code block with a caption."""
    source = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(source):
        kind, body = found["info"].strip(), found["body"]
        line = source.count("\n", 0, found.start()) + 1
        named = CAPTION.match(body)
        if kind.startswith("{code-block}") and named:
            yield Block("file", body[named.end() :], line, named["name"])
        elif kind in {"python", "console", "text"}:
            yield Block(kind, body, line)


def run_page(page: Path) -> int:
    """Run every example in the current folder; an AssertionError names page and line. Returns how many ran."""
    names: dict[str, Any] = {"__name__": "__main__"}
    printed, ran = "", 0
    for block in blocks(page):
        place = f"{page.name}:{block.line}"
        if block.kind == "file":
            Path(block.name).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            printed = _python(block, names, place)
            ran += 1
        elif block.kind == "console":
            ran += _console(block, place)
        elif printed:  # a text block right after Python that printed is what it printed
            _same(block.text, printed, place)
            printed = ""
    return ran


def _python(block: Block, names: dict[str, Any], place: str) -> str:
    out = io.StringIO()
    code = compile("\n" * block.line + block.text, place, "exec")
    with contextlib.redirect_stdout(out):
        exec(code, names)  # noqa: S102  # our own documentation
    return out.getvalue()


def _console(block: Block, place: str) -> int:
    """`$ expkit ...` lines, each with what it prints; `...` stands for anything. `NAME=value` may stand before."""
    steps = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    for step in steps:
        command, _, expected = step.partition("\n")
        words = shlex.split(command, comments=True)
        set_, words = _environment(words)
        assert words[0] == "expkit", f"{place}: only expkit commands can be run here: {command}"
        with pytest.MonkeyPatch.context() as environment:
            for name, value in set_.items():
                environment.setenv(name, value)
            code, out, err = _run(words[1:])
        assert code == 0, f"{place}: {command!r} ended with {code}: {err}"
        if expected.strip():
            _same(expected, out, place)
    return len(steps)


def _environment(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The `NAME=value` words at the beginning, and the command."""
    number = next(place for place, word in enumerate(words) if not re.match(r"[A-Z_]+=", word))
    return dict(word.split("=", 1) for word in words[:number]), words[number:]


def _run(words: list[str]) -> tuple[Any, str, str]:
    from expkit.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as done:
            return done.code or 0, out.getvalue(), err.getvalue()
    raise AssertionError("main() always exits")


def _same(expected: str, printed: str, place: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    told = f"{place} shows\n{expected}\nbut it printed\n{printed}"
    assert doctest.OutputChecker().check_output(expected.rstrip() + "\n", printed.rstrip() + "\n", flags), told
