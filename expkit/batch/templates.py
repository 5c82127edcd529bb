"""Templates: notebooks with one cell tagged `parameters`, whose assignments are a typed form.

Parameters are checked before anything starts. An unknown name is an error here (papermill warns).
"""

from __future__ import annotations

import ast
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from expkit.errors import InvalidDefinition, InvalidInput, NotFound, UnknownName, did_you_mean, shorten

__all__ = ["Template", "TemplateParameter", "find_template", "list_templates"]

ParameterType = Literal["int", "float", "str", "bool", "list", "dict", "any"]
_ACCEPTS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list": (list,),
    "dict": (dict,),
}


class TemplateParameter(NamedTuple):
    """One line of the parameters cell: `lift: float = 0.05  # relative change`."""

    name: str
    type: ParameterType
    default: Any
    help: str = ""
    optional: bool = False

    def accept(self, value: Any) -> Any:
        """The value as JSON holds it, or an error that names type and value."""
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, tuple):
            value = list(value)
        if value is None and (self.optional or self.default is None):
            return None
        if self.type == "any" and _is_json(value):
            return value
        fits = isinstance(value, _ACCEPTS.get(self.type, ())) and (self.type == "bool" or not isinstance(value, bool))
        if not fits or not _is_json(value):
            raise InvalidInput(
                f"Parameter {self.name!r} must be {self.type}, and {shorten(value)} is {type(value).__name__}.",
                hint=f"its default is {self.default!r}.",
            )
        return float(value) if self.type == "float" else value


class Template(NamedTuple):
    """A parameterised notebook as it was read: the same text runs, whatever happens to the file later."""

    key: str
    title: str
    source: str
    parameters: tuple[TemplateParameter, ...]

    @classmethod
    def read(cls, path: Path) -> Template:
        try:
            return cls.parse(path.stem, path.read_text(encoding="utf-8"))
        except OSError as error:
            raise NotFound(f"The template {path} cannot be read: {error.strerror}.", hint=_choices()) from None

    @classmethod
    def parse(cls, key: str, source: str) -> Template:
        try:
            cells = json.loads(source)["cells"]
        except (json.JSONDecodeError, KeyError, TypeError):
            raise InvalidDefinition(
                f"Template {key!r} is not a notebook.", hint="save it as .ipynb (format 4)."
            ) from None
        tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
        if len(tagged) != 1:
            raise InvalidDefinition(
                f"Template {key!r} has {len(tagged)} cells tagged 'parameters'.",
                hint="tag exactly one cell 'parameters'.",
            )
        return cls(key, _title(cells) or key, source, _read_parameters(key, _text(tagged[0])))

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.source.encode()).hexdigest()

    def accept(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Every parameter with its value or default; unknown names and wrong types are refused."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in parameters:
            if name not in known:
                raise UnknownName.among("parameter", str(name), known, f"template {self.key!r}")
        return {
            name: spec.accept(parameters[name]) if name in parameters else spec.default for name, spec in known.items()
        }

    def accept_all(self, parameter_sets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """One checked set for each trial; the error says which set is wrong."""
        accepted = []
        for number, parameters in enumerate(parameter_sets, start=1):
            if not isinstance(parameters, Mapping):
                raise InvalidInput(
                    f"Trial {number}: {shorten(parameters)} is no mapping.", hint="give {'name': value, ...}."
                )
            try:
                accepted.append(self.accept(parameters))
            except InvalidInput as error:
                raise type(error)(f"Trial {number}: {error.message}", hint=error.hint) from None
        return accepted


def list_templates(*folders: Path) -> dict[str, Template]:
    """Every template at hand by key: those shipped with expkit, then those of the given folders, which win."""
    paths = {path.stem: path for folder in (_shipped(), *folders) for path in sorted(folder.glob("*.ipynb"))}
    return {key: Template.read(path) for key, path in sorted(paths.items())}


def find_template(template: str | Path, *folders: Path) -> Template:
    """By key among `list_templates()`, or a notebook of one's own by `Path`.

    Text never names a file: a key that comes over the network can then not reach outside the folders.
    """
    if isinstance(template, Path):
        return Template.read(template.expanduser())
    known = list_templates(*folders)
    if template not in known:
        hint = did_you_mean(template, known)
        if template.endswith(".ipynb"):
            hint += f" A notebook of your own is given as a path: Path({template!r})."
        raise NotFound(f"There is no template {shorten(template)}.", hint=hint)
    return known[template]


@cache
def _shipped() -> Path:
    """Inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"


def _choices() -> str:
    return f"shipped templates: {', '.join(sorted(path.stem for path in _shipped().glob('*.ipynb')))}."


def _text(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _title(cells: Sequence[Mapping[str, Any]]) -> str:
    for cell in cells:
        if cell.get("cell_type") == "markdown":
            for line in _text(cell).splitlines():
                if line.startswith("# "):
                    return line[2:].strip()
    return ""


def _read_parameters(key: str, code: str) -> tuple[TemplateParameter, ...]:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines()]
    try:
        statements = ast.parse("\n".join(lines)).body
        return tuple(
            _read_parameter(item, lines) for item in statements if isinstance(item, ast.Assign | ast.AnnAssign)
        )
    except (SyntaxError, ValueError) as error:
        raise InvalidDefinition(
            f"The parameters cell of template {key!r} cannot be read: {error}.",
            hint="one assignment a line, of a plain value: lift: float = 0.05  # what it means",
        ) from None


def _read_parameter(item: ast.Assign | ast.AnnAssign, lines: Sequence[str]) -> TemplateParameter:
    target = item.target if isinstance(item, ast.AnnAssign) else item.targets[0]
    if not isinstance(target, ast.Name) or item.value is None:
        raise ValueError(f"line {item.lineno} is not name = value")
    default = ast.literal_eval(item.value)
    kind, optional = _declared(item.annotation) if isinstance(item, ast.AnnAssign) else (type(default).__name__, False)
    type_: ParameterType = kind if kind in get_args(ParameterType) else "any"  # type: ignore[assignment]
    default = list(default) if isinstance(default, tuple) else default
    return TemplateParameter(target.id, type_, default, _comment(lines[(item.end_lineno or item.lineno) - 1]), optional)


def _declared(annotation: ast.expr) -> tuple[str, bool]:
    """`float`, `list[int]`, `int | None` -> the outer type, and whether None will do."""
    text = ast.unparse(annotation)
    parts = [part.strip() for part in text.split("|")]
    optional = "None" in parts
    kinds = [part.split("[")[0] for part in parts if part != "None"]
    return (kinds[0] if len(kinds) == 1 else "any"), optional


def _comment(line: str) -> str:
    return line.rpartition("  # ")[2].strip() if "  # " in line else ""


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, str | int)
