"""Rows of any make become one valid table in the canonical columns, or one error that names the bad ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expkit.domain import Exposure, Outcome, Trace
from expkit.errors import InvalidInput, UnknownName
from expkit.events import KINDS, arrow_schema, to_table

EXPOSURE = {"experiment": "checkout", "variant": "control", "user_id": "u1"}
OUTCOME = {"event": "buy", "user_id": "u1"}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_an_empty_table(kind):
    """No rows give no rows, in the canonical columns."""
    assert to_table(kind, []).equals(arrow_schema(kind).empty_table())


def test_left_out_values_are_filled_in():
    """A row gets an id, the present moment and the defaults of what it leaves out."""
    first, second = to_table("outcomes", [OUTCOME, OUTCOME]).to_pylist()
    assert first["event_id"] != second["event_id"]
    assert abs(first["timestamp"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert (first["value"], first["properties"], first["session_id"]) == (1.0, "{}", None)


def test_nouns_are_rows():
    """The domain's events are taken as they are."""
    exposure = Exposure(**EXPOSURE, attributes={"country": "DE"}, timestamp=NOON, event_id="e1")
    (row,) = to_table("exposures", exposure).to_pylist()
    assert (row["event_id"], row["attributes"], row["timestamp"]) == ("e1", '{"country": "DE"}', NOON)
    assert to_table("outcomes", [Outcome(**OUTCOME)]).num_rows == 1
    assert to_table("traces", iter([Trace(model="m", user_id="u", cost=0.1)])).num_rows == 1


FRAME = {
    "event_id": ["a", "b"], "event": ["buy", "buy"], "value": [1.5, 2.0], "user_id": ["u1", None],
    "session_id": [None, "s"], "properties": ["{}", '{"a": 1}'], "timestamp": [NOON, NOON],
}  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pl.LazyFrame,
        pa.table,
        pa.RecordBatch.from_pydict,
        lambda columns: pa.table(columns).to_reader(),
        lambda columns: pl.DataFrame(columns).with_columns(pl.col("event").cast(pl.Categorical)),
        lambda columns: pd.DataFrame(columns).astype({"event": "category", "user_id": object}),
        lambda columns: pa.table(columns).to_pylist(),
    ],
)
def test_every_frame_gives_the_same_table(make):
    """pandas, polars and Arrow frames and plain rows hold the same events."""
    assert to_table("outcomes", make(FRAME)).to_pylist() == to_table("outcomes", pa.table(FRAME)).to_pylist()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (datetime(2026, 3, 1, 12), NOON),  # noqa: DTZ001  # without a zone on purpose
        (NOON.astimezone(timezone(timedelta(hours=5))), NOON),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01 14:00:00+02:00", NOON),
        ("2026-03-01T12:00:00", NOON),
        (date(2026, 3, 1), NOON.replace(hour=0)),
        (pd.Timestamp("2026-03-01T12:00:00.000000999Z"), NOON),
    ],
)
def test_times_are_utc(given, kept):
    """A time without a zone is read as UTC, one with a zone is converted, text is ISO 8601."""
    frame = pa.table({**FRAME, "timestamp": pa.array([given, given])})
    assert to_table("outcomes", [{**OUTCOME, "timestamp": given}])["timestamp"][0].as_py() == kept
    assert to_table("outcomes", frame)["timestamp"][1].as_py() == kept


def test_text_times_with_and_without_zones_mix():
    """One column may hold both, and gaps, which mean now."""
    frame = pl.DataFrame({**FRAME, "timestamp": ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00"]})
    assert to_table("outcomes", frame)["timestamp"].to_pylist() == [NOON, NOON]
    assert to_table("outcomes", pl.DataFrame({**FRAME, "timestamp": [None, None]}))["timestamp"].null_count == 0


@pytest.mark.parametrize(
    "ids", [[7, 8], [7.0, None], pd.array([7, None], dtype="Int64"), np.array([7, 8]), [np.int64(7), "8"]]
)
def test_whole_numbers_are_ids(ids):
    """Ids that are whole numbers become text, also where pandas made them floating."""
    frame = pd.DataFrame({"event": "buy", "user_id": ids, "session_id": ["s", "s"]})
    assert to_table("outcomes", frame)["user_id"][0].as_py() == "7"


def test_uuids_and_decimals():
    """Values that plainly are text or numbers are taken as such."""
    who = UUID(int=5)
    (row,) = to_table("outcomes", [{"event": "buy", "user_id": who, "value": Decimal("2.5")}]).to_pylist()
    assert (row["user_id"], row["value"]) == (str(who), 2.5)


def test_structs_become_json_without_their_gaps():
    """A struct of Arrow or polars has all fields of all rows; those that are null were not given."""
    frame = pa.table({"event": ["a", "b"], "user_id": ["u", "v"], "properties": [{"x": 1}, {"y": "ü"}]})
    for each in (frame, pl.from_arrow(frame)):
        assert to_table("outcomes", each)["properties"].to_pylist()[1] == '{"y": "ü"}'


def test_half_a_surrogate_pair_is_refused_however_it_is_written():
    """Escaped in the JSON, too: one such event would make an experiment's log unreadable; whole pairs are text."""
    rows = [
        {"event": "buy", "user_id": "u", "properties": text} for text in ('{"x": "\\ud800"}', '{"x": "\\ud83d\\ude00"}')
    ]
    with pytest.raises(InvalidInput, match=r"1 of 2 outcomes.*row 0: properties .* is not a JSON object"):
        to_table("outcomes", rows)
    assert to_table("outcomes", rows[1:])["properties"].to_pylist() == ['{"x": "\\ud83d\\ude00"}']


def test_an_empty_id_is_no_id():
    """An empty user_id means that the session counts; an empty event_id gets a fresh one."""
    rows = [{"event": "buy", "user_id": "", "session_id": "s", "event_id": ""}] * 2
    table = to_table("outcomes", rows)
    assert table["user_id"].to_pylist() == [None, None]
    assert len(set(table["event_id"].to_pylist())) == 2


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("exposures", {"experiment": None}, "row 1: experiment is missing"),
        ("exposures", {"variant": ""}, "row 1: variant is missing"),
        ("exposures", {"variant": "no key!"}, "variant 'no key!' is no key"),
        ("exposures", {"variant": "x" * 101}, "variant has 101 characters"),
        ("exposures", {"user_id": None}, "neither user_id nor session_id"),
        ("exposures", {"user_id": "x" * 501}, "user_id has 501 characters"),
        ("exposures", {"user_id": "x" * 10_000_000}, "user_id has 10,000,000 characters"),
        ("exposures", {"user_id": True}, "user_id True is not text"),
        ("exposures", {"user_id": 1.5}, "user_id 1.5 is not text"),
        ("exposures", {"user_id": "\ud800"}, "is not text"),
        ("exposures", {"attributes": [1]}, "attributes \\[1\\] is not a JSON object"),
        ("exposures", {"attributes": "[1]"}, "is not a JSON object"),
        ("exposures", {"attributes": {"a": float("nan")}}, "is not a JSON object"),
        ("exposures", {"attributes": '{"a": NaN}'}, "is not a JSON object"),
        ("exposures", {"attributes": {"a": "x" * 70_000}}, "more than 65,536"),
        ("exposures", {"timestamp": "yesterday"}, "timestamp 'yesterday' is not a time"),
        ("exposures", {"timestamp": 1_700_000_000}, "timestamp 1700000000 is not a time"),
        ("outcomes", {"event": None}, "event is missing"),
        ("outcomes", {"value": None}, "value is missing"),
        ("outcomes", {"value": float("nan")}, "value nan is not a finite number"),
        ("outcomes", {"value": float("inf")}, "value inf is not a finite number"),
        ("outcomes", {"value": "12"}, "value '12' is not a finite number"),
        ("outcomes", {"value": 10**400}, "is not a finite number"),
        ("traces", {"latency_ms": -1}, "latency_ms -1.0 is below 0"),
        ("traces", {"model": None}, "model is missing"),
    ],
)
def test_one_bad_row_refuses_all(kind, change, message):
    """The error names the row, counted from 0, and the value."""
    good = {"exposures": EXPOSURE, "outcomes": OUTCOME, "traces": {"model": "m", "user_id": "u"}}[kind]
    with pytest.raises(InvalidInput, match=f"1 of 2 {kind} is not valid, so none was logged: .*{message}") as error:
        to_table(kind, [good, {**good, **change}])
    assert len(str(error.value)) < 600


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": [1.0, float("nan")]}, "value nan is not a finite number"),
        ({"value": ["1", "2"]}, "value '1' is not a number"),
        ({"value": [1.0, None]}, "row 1: value is missing"),
        ({"user_id": [1.5, 2.0]}, "user_id 1.5 is no whole number"),
        ({"user_id": [True, False]}, "user_id True is not text"),
        ({"event": ["buy", None]}, "row 1: event is missing"),
        ({"properties": ["{}", "{"]}, "row 1: properties '{' is not a JSON object"),
        ({"properties": [1, 2]}, "properties 1 is not a JSON object"),
        ({"timestamp": [1, 2]}, "timestamp 1 is not a time"),
        ({"timestamp": ["2026-03-01", "soon"]}, "row 1: timestamp 'soon' is not a time"),
    ],
)
def test_bad_columns_of_a_frame(change, message):
    """Frames are checked by column, and told by row all the same."""
    with pytest.raises(InvalidInput, match=message):
        to_table("outcomes", pl.DataFrame({**FRAME, **change}, strict=False))


def test_many_bad_rows_are_counted_and_a_few_shown():
    """The message stays short whatever was sent."""
    rows = [{**OUTCOME, "value": -float("inf")}] * 1000
    with pytest.raises(InvalidInput, match=r"1,000 of 1,000 outcomes are not valid.*row 4: .*and 995 more rows"):
        to_table("outcomes", rows)


def test_a_misspelt_column_names_the_nearest():
    """Unknown columns are refused, in rows and in frames."""
    with pytest.raises(UnknownName, match=r"'usr_id' is not in row 1 of the exposures.*did you mean 'user_id'"):
        to_table("exposures", [EXPOSURE, {**EXPOSURE, "usr_id": 1}])
    with pytest.raises(UnknownName, match="did you mean 'value'"):
        to_table("outcomes", pd.DataFrame({**FRAME, "valeu": 1}))


def test_a_missing_column_is_told_as_such():
    """Not as a thousand bad rows."""
    with pytest.raises(InvalidInput, match="Exposures need the column 'variant', and no row has it"):
        to_table("exposures", pa.table({"experiment": ["a"], "user_id": ["u"]}))
    with pytest.raises(InvalidInput, match="Outcomes need user_id or session_id"):
        to_table("outcomes", [{"event": "a"}])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,b", "cannot be read from 'a,b'"),
        (5, "cannot be read from 5"),
        ([1], "Row 0 of the exposures is 1"),
        ([Outcome(**OUTCOME)], "Row 0 of the exposures is a Outcome"),
        (pd.DataFrame([["a", "b"]], columns=["event", "event"]), "stands twice"),
    ],
)
def test_what_is_no_rows_is_refused(rows, message):
    """Anything that holds no rows says so."""
    with pytest.raises(InvalidInput, match=message):
        to_table("exposures", rows)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(texts, texts, st.floats(allow_nan=False, allow_infinity=False), st.datetimes())))
def test_rows_and_frames_agree(rows):
    """Whatever the values, rows and a polars frame of them give the same table."""
    names = ("event_id", "event", "value", "timestamp")
    dicts = [{**dict(zip(names, row, strict=True)), "user_id": "u"} for row in rows]
    frame = pl.DataFrame(dicts, schema={**dict.fromkeys(names, pl.String), "value": pl.Float64,
                                        "timestamp": pl.Datetime("us"), "user_id": pl.String})  # fmt: skip
    assert to_table("outcomes", dicts).equals(to_table("outcomes", frame).combine_chunks())
