"""`expkit analyze KEY --by ...`: effects by segment on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import expkit


def logged(home: Path) -> None:
    with expkit.open(home) as wb:
        wb.create({"key": "banner", "name": "Banner", "hypothesis": "h", "metrics": ["click", "buy"],
                   "variants": [{"key": "control"}, {"key": "treatment"}]})  # fmt: skip
        wb.start("banner")
        wb.log_exposures([
            {"experiment": "banner", "variant": "treatment" if i % 2 else "control", "user_id": f"u{i}",
             "attributes": {"device": "phone" if i % 3 else "desktop", "age": i % 60}}
            for i in range(900)
        ])  # fmt: skip
        wb.log_outcomes([{"event": "click", "user_id": f"u{i}"} for i in range(0, 900, 4)])


def test_segments_on_the_command_line(run: Any, home: Path) -> None:
    """By one attribute, within another one, in bins; it takes no look."""
    logged(home)
    done = run("analyze", "banner", "--by", "device")
    assert done.code == 0
    assert "Click of treatment by device" in done.out
    assert "Exploratory: no verdict rests on segments." in done.out
    words = ("--by", "age", "--bin", "age=30", "--within", "device=phone", "-m", "buy", "-m", "click", "--json")
    (found,) = run("analyze", "banner", *words).json["items"]
    assert [segment["value"] for segment in found["segments"]] == ["below 30", "30 and above"]
    assert [one["metric"] for one in found["differences"]] == ["buy", "click"]
    assert found["within"] == {"device": "phone"}
    lacking = run("analyze", "banner", "--by", "age", "--within", "plan", "--values", "2", "--json").json["items"][0]
    assert [segment["what"] for segment in lacking["segments"]] == ["value", "value", "other"]
    assert run("analyze", "banner", "--latest").code != 0  # nothing was kept


def test_every_look_on_the_command_line(run: Any, home: Path) -> None:
    """One table for each metric, or those that are named."""
    logged(home)
    assert run("analyze", "banner", "--looks").out.strip() == "Nobody has looked yet."
    run("analyze", "banner")
    run("analyze", "banner")
    done = run("analyze", "banner", "--looks")
    assert done.out.startswith("Click of treatment")
    assert "p, any look" in done.out
    (series,) = run("analyze", "banner", "--looks", "--json").json["items"]
    assert [point["look"] for point in series["points"]] == [1, 2]
    assert run("analyze", "banner", "--looks", "-m", "buy", "--json").json["items"] == []
    assert "--looks is for experiments" in run("analyze", "units.csv", "-m", "x", "--looks").err


def test_what_it_is_worth_on_the_command_line(run: Any, home: Path) -> None:
    """In sentences, or as numbers."""
    logged(home)
    run("analyze", "banner")
    words = ("experiments", "worth", "banner", "--value", "3", "--traffic", "1000", "--build", "10", "--unit", "EUR")
    assert "Shipping treatment to 1,000 units over 365 days brings" in run(*words).out
    assert run(*words, "--json").json["cost"] == 10
    assert "did you mean" in run("experiments", "worth", "banner", "-m", "clik").err


def test_wrong_segments_are_named(run: Any, home: Path) -> None:
    """With a hint, and no traceback."""
    logged(home)
    for words, told in (
        (("banner", "--by", "age", "--bin", "age=young"), "has no numbers"),
        (("banner", "--by", "age", "--bin", "ages=1"), "did you mean 'age'"),
        (("banner", "--within", "device=phone"), "go with it"),
        (("units.csv", "--by", "device", "-m", "x"), "--by is for experiments"),
        (("bannr", "--by", "device"), "bannr"),
    ):
        done = run("analyze", *words)
        assert (done.code != 0, done.out) == (True, "")
        assert told in done.err
