"""The base of every noun: frozen, strict about names, lossless in YAML and JSON, helpful when it refuses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, StringConstraints, ValidationError
from pydantic._internal._model_construction import ModelMetaclass

from expkit.domain.yaml_text import dump_yaml, load_yaml
from expkit.errors import InvalidDefinition, did_you_mean, shorten

__all__ = ["Json", "Key", "LongText", "Noun", "Text", "explain"]

MAX_JSON_CHARACTERS = 65_536
MAX_PROBLEMS = 10


def _finite_and_small(value: JsonValue) -> JsonValue:
    """Free-form JSON still has to survive a round trip and fit in a row."""
    size, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("NaN and infinity have no place in JSON; leave the value out or use null")
        if isinstance(item, dict):
            stack.extend(item.values())
            stack.extend(item)
        elif isinstance(item, list):
            stack.extend(item)
        size += len(_storable(item)) if isinstance(item, str) else 8
        if size > MAX_JSON_CHARACTERS:
            raise ValueError(f"more than {MAX_JSON_CHARACTERS:,} characters; store it elsewhere and keep a reference")
    return value


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor half of a surrogate pair, and nobody types them on purpose."""
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a NUL character or half a surrogate pair is in the text; take it out")
    return text


Json = Annotated[JsonValue, AfterValidator(_finite_and_small)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$", max_length=100)]
Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(_storable)]
LongText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_storable)]


class _Explaining(ModelMetaclass):
    """`Experiment(...)` raises expkit's error, whatever pydantic found, also from deep inside.

    A metaclass rather than `__init__`: pydantic builds nested nouns without calling the class, so that
    only the outermost call explains, with whole paths.
    """

    def __call__(cls: type[BaseModel], *args: Any, **values: Any) -> Any:  # type: ignore[misc]  # noqa: N805
        try:
            return ModelMetaclass.__call__(cls, *args, **values)
        except ValidationError as error:
            raise explain(cls, error) from None


class Noun(BaseModel, metaclass=_Explaining):
    """A frozen value. `parse`, `to_json`, `to_yaml`, `from_yaml`, `changed` are the same for all."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        ser_json_inf_nan="strings",
        validate_default=False,
        use_attribute_docstrings=True,
        str_strip_whitespace=True,
    )

    @classmethod
    def parse(cls, data: object) -> Self:
        """A noun from a mapping (a parsed REST body or YAML file), or an error that says where it is wrong."""
        if not isinstance(data, Mapping | BaseModel):
            found = "nothing" if data is None else f"a {type(data).__name__}"
            raise InvalidDefinition(
                f"{cls._label()} must be a mapping of fields, and this is {found}.",
                hint=f"start with {', '.join(cls._required()) or 'its fields'}.",
            )
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise explain(cls, error) from None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values; what was left at its default is left out, so that files stay short."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def to_json(self, *, indent: int | None = None) -> str:
        return self.model_dump_json(exclude_defaults=True, indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        import json

        try:
            data = json.loads(text)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InvalidDefinition(
                f"{cls._label()}: this is not JSON: {error}.", hint="check the text at that place."
            ) from None
        return cls.parse(data)

    def to_yaml(self) -> str:
        return dump_yaml(self.to_dict())

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Self:
        return cls.parse(load_yaml(text, cls._label()))

    def changed(self, **values: Any) -> Self:
        """A copy with other values, validated as a whole (unlike pydantic's own `model_copy`)."""
        return type(self).parse({**self.model_dump(exclude_unset=True), **values})

    @classmethod
    def _label(cls) -> str:
        return cls.__name__

    @classmethod
    def _required(cls) -> list[str]:
        return [name for name, field in cls.model_fields.items() if field.is_required()]


def explain(noun: type[BaseModel], error: ValidationError) -> InvalidDefinition:
    """Pydantic's findings as expkit tells them: path, value, what would be right."""
    found = error.errors(include_url=False)
    lines = [_problem(item) for item in found[:MAX_PROBLEMS]]
    if len(found) > MAX_PROBLEMS:
        lines.append(f"and {len(found) - MAX_PROBLEMS} more")
    hints = [hint for item in found[:MAX_PROBLEMS] if (hint := _hint(noun, item))]
    return InvalidDefinition(
        f"{noun.__name__} is not valid: {'; '.join(lines)}.",
        hint=" ".join(dict.fromkeys(hints)) or "see the field's description in the schema.",
        problems=lines,
    )


def _problem(item: Mapping[str, Any]) -> str:
    path = _path(item["loc"])
    text = str(item["msg"]).removeprefix("Value error, ")
    match item["type"]:
        case "extra_forbidden":
            return f"unknown field {shorten(path)} (value {shorten(item['input'])})"
        case "missing":
            return f"{path} is missing"
        case "value_error" if not path:
            return text
        case _:
            return f"{path}: {text[:1].lower()}{text[1:]} (value {shorten(item['input'])})"


def _hint(noun: type[BaseModel], item: Mapping[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        *parents, name = item["loc"]
        return did_you_mean(str(name), _fields_at(noun, parents))
    if item["type"] == "literal_error":
        choices = [part.strip("' ") for part in str(item["ctx"]["expected"]).replace(" or ", ", ").split(", ")]
        return did_you_mean(str(item["input"]), choices)
    if item["type"] == "string_pattern_mismatch":
        return "a key starts with a letter or digit and goes on with letters, digits, '.', '_' and '-'."
    return str(item.get("ctx", {}).get("hint", ""))


def _path(loc: Iterable[str | int]) -> str:
    """`variants[1].weight`; the names that pydantic gives to the arms of a union are left out."""
    out = ""
    for part in loc:
        if isinstance(part, int):
            out += f"[{part}]"
        elif not _is_union_tag(part):
            out += f".{part}" if out else part
    return out


def _is_union_tag(part: str) -> bool:
    return part[:1].isupper() or "[" in part or part in {"str", "dict"}


def _fields_at(noun: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    current: type[BaseModel] = noun
    for part in loc:
        if isinstance(part, int) or part not in current.model_fields:
            continue
        inner = _noun_inside(current.model_fields[part].annotation)
        if inner is None:
            return []
        current = inner
    return list(current.model_fields)


def _noun_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType, tuple, list, dict, Annotated}:
        for part in get_args(annotation):
            if found := _noun_inside(part):
                return found
    return None
