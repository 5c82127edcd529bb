"""One raw column -> one Arrow column of the right type; values that do not fit become findings and null."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

from expkit.errors import shorten
from expkit.events.findings import Findings

__all__ = ["amounts", "jsons", "moments", "numbers", "texts"]

MAX_JSON = 65_536


def texts(name: str, raw: Any, findings: Findings) -> Any:
    """Text; whole numbers and UUIDs become text, as ids often are either."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(raw, list):
        if (alike := _alike(raw, pa.string(), {str})) is not None:
            return alike
        return _each(name, raw, _text, pa.string(), findings, "text")
    raw = _plain(raw)
    if pa.types.is_floating(raw.type):
        # a column of whole numbers with gaps is floating in pandas
        given = raw
        bad = pc.or_(pc.not_equal(pc.floor(given), given), pc.greater_equal(pc.abs(given), 2.0**53))
        findings.add(
            bad,
            lambda row: f"{name} {given[row].as_py()!r} is no whole number",
            f"give {name} as text.",
            rule=f"{name} is no whole number",
        )
        raw = pc.if_else(bad, None, given).cast(pa.int64())
    if pa.types.is_integer(raw.type) or _is_text(raw.type) or pa.types.is_null(raw.type):
        return raw.cast(pa.string())
    return _refused(name, raw, pa.string(), findings, "text")


def numbers(name: str, raw: Any, findings: Findings) -> Any:
    """Finite floats. NaN is refused: it would silently count as something."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(raw, list):
        if (alike := _alike(raw, pa.float64(), {float, int})) is None:
            return _each(name, raw, _number, pa.float64(), findings, "a finite number")
        raw = alike
    raw = _plain(raw)
    types = pa.types
    if not (types.is_integer(raw.type) or types.is_floating(raw.type) or types.is_decimal(raw.type)
            or types.is_boolean(raw.type) or types.is_null(raw.type)):  # fmt: skip
        return _refused(name, raw, pa.float64(), findings, "a number")
    values = raw.cast(pa.float64(), safe=False)
    bad = pc.invert(pc.is_finite(values))
    findings.add(
        bad, lambda row: f"{name} {values[row].as_py()!r} is not a finite number", rule=f"{name} is not a finite number"
    )
    return values


def amounts(name: str, raw: Any, findings: Findings) -> Any:
    """Finite floats of at least 0."""
    import pyarrow.compute as pc

    values = numbers(name, raw, findings)
    findings.add(
        pc.less(values, 0.0), lambda row: f"{name} {values[row].as_py()!r} is below 0", rule=f"{name} is below 0"
    )
    return values


def moments(name: str, raw: Any, findings: Findings) -> Any:
    """UTC to the microsecond. A time without a zone is read as UTC; text is read as ISO 8601."""
    import pyarrow as pa

    utc = pa.timestamp("us", "UTC")
    if isinstance(raw, list):
        if (alike := _alike(raw, utc, {datetime})) is not None:
            return alike
        if (alike := _alike(raw, pa.string(), {str})) is None:
            return _each(name, raw, _moment, utc, findings, "a time (ISO 8601, or a datetime)")
        raw = alike
    raw = _plain(raw)
    if _is_text(raw.type):
        return _moments_of_text(name, raw, findings)
    if pa.types.is_date(raw.type):
        raw = raw.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(raw.type):
        return raw.cast(pa.timestamp("us", raw.type.tz), safe=False).cast(utc)
    if pa.types.is_null(raw.type):
        return raw.cast(utc)
    return _refused(name, raw, utc, findings, "a time")


def jsons(name: str, raw: Any, findings: Findings) -> Any:
    """JSON text of an object of bearable size, from mappings, structs or text."""
    import pyarrow.compute as pc

    texts = _jsons(name, raw, findings)
    lengths = pc.utf8_length(texts)
    findings.add(
        pc.greater(lengths, MAX_JSON),
        lambda row: f"{name} has {lengths[row].as_py():,} characters, more than {MAX_JSON:,}",
        "keep what is large elsewhere, and log where it is.",
        rule=f"{name} is larger than {MAX_JSON:,} characters",
    )
    return texts


def _jsons(name: str, raw: Any, findings: Findings) -> Any:
    import pyarrow as pa

    if isinstance(raw, list):
        if (alike := _alike(raw, pa.string(), {str})) is None:
            return _each(name, raw, _json, pa.string(), findings, "a JSON object")
        raw = alike
    raw = _plain(raw)
    if _is_text(raw.type):
        return _json_texts(name, raw, findings)
    if pa.types.is_struct(raw.type) or pa.types.is_map(raw.type) or pa.types.is_null(raw.type):
        return _each(name, raw.to_pylist(), _json_of_struct, pa.string(), findings, "a JSON object")
    return _refused(name, raw, pa.string(), findings, "a JSON object")


def _json_texts(name: str, raw: Any, findings: Findings) -> Any:
    """Each different text is looked at once: attributes repeat a lot."""
    coded = raw.combine_chunks().dictionary_encode()
    seen = coded.dictionary.to_pylist()
    good = [_fits(_json, text) for text in seen]
    if not all(good):
        bad = [row for row, code in enumerate(coded.indices.to_pylist()) if code is not None and not good[code]]
        findings.add(
            bad,
            lambda row: f"{name} {shorten(coded[row].as_py())} is not a JSON object",
            rule=f"{name} is not a JSON object",
        )
    return raw


def _moments_of_text(name: str, raw: Any, findings: Findings) -> Any:
    import pyarrow as pa

    utc = pa.timestamp("us", "UTC")
    for target in (utc, pa.timestamp("us")):
        try:
            return raw.cast(target).cast(utc)
        except pa.ArrowInvalid:  # some have a zone and some have none, or some are no time at all
            continue
    return _each(name, raw.to_pylist(), _moment, utc, findings, "a time (ISO 8601, or a datetime)")


def _plain(raw: Any) -> Any:
    """A column without its dictionary (what pandas and polars call categorical), text of one kind."""
    import pyarrow as pa

    if _is_text(raw.type):
        return raw.cast(pa.string())
    if not pa.types.is_dictionary(raw.type):
        return raw
    # by hand: Arrow cannot cast the string views in which polars keeps its categories
    kind = pa.string() if _is_text(raw.type.value_type) else raw.type.value_type
    return pa.chunked_array([chunk.dictionary.cast(kind).take(chunk.indices) for chunk in raw.chunks], kind)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _refused(name: str, raw: Any, kind: Any, findings: Findings, wanted: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    findings.add(
        pc.is_valid(raw),
        lambda row: f"{name} {shorten(raw[row].as_py())} is not {wanted}",
        rule=f"{name} is not {wanted}",
    )
    return pa.nulls(len(raw), kind)


def _alike(raw: list[Any], kind: Any, types: set[type]) -> Any | None:
    """The whole column at once, when all of its values are of these types; None when each has to be looked at."""
    import pyarrow as pa

    if not set(map(type, raw)) <= types | {NoneType}:
        return None
    try:
        return pa.chunked_array([pa.array(raw, kind)])
    except (pa.ArrowInvalid, UnicodeEncodeError, OverflowError):
        return None


def _each(name: str, raw: list[Any], convert: Callable[[Any], Any], kind: Any, findings: Findings, wanted: str) -> Any:
    """Value by value, for rows and for columns that hold Python objects."""
    import pyarrow as pa

    values, bad = [], []
    for row, value in enumerate(raw):
        try:
            values.append(None if value is None else convert(value))
        except (ValueError, TypeError, OverflowError, RecursionError):
            values.append(None)
            bad.append(row)
    findings.add(bad, lambda row: f"{name} {shorten(raw[row])} is not {wanted}", rule=f"{name} is not {wanted}")
    return pa.array(values, kind)


def _fits(convert: Callable[[Any], Any], value: Any) -> bool:
    try:
        convert(value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        if hasattr(value, "item") and not isinstance(value, float):  # a NumPy integer or string
            return _text(value.item())
        raise TypeError
    text = str(value)
    text.encode()  # half a surrogate pair cannot be stored
    return text


def _number(value: Any) -> float:
    if isinstance(value, str | bytes) or not (isinstance(value, int | float | Decimal) or hasattr(value, "item")):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise TypeError
    if hasattr(value, "to_pydatetime"):  # a pandas Timestamp, which counts nanoseconds
        value = value.to_pydatetime(warn=False)
    moment: datetime = value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _json(value: Any) -> str:
    found = _DECODER.decode(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise TypeError
    text = value if isinstance(value, str) else _ENCODER.encode(dict(found))
    text.encode()
    if text is value and "\\u" in value:  # half of a surrogate pair is no text where it is escaped, either
        _ENCODER.encode(dict(found)).encode()
    return text


def _no_constant(_: str) -> None:
    raise ValueError  # NaN and Infinity are not JSON


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _json_of_struct(value: Any) -> str:
    """A struct has all fields of all rows; those that are null here were not given."""
    return _json({key: item for key, item in dict(value).items() if item is not None})
