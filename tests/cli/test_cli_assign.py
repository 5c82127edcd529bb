"""`expkit assign`, `overrides` and `lint`: who gets what, why, and by whose hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def test_an_answer_explains_itself(run: Any, checkout: str) -> None:
    """Step by step, up to what decided."""
    done = run("assign", "--user", "u1", "-e", checkout, "--explain")
    first, *steps = done.out.splitlines()
    assert first.startswith("checkout: ")
    assert [line.split(":")[0] for line in steps] == ["  + config", "  + unit", "  + allocation"]
    told = run("assign", "--user", "u1", "-e", checkout, "--explain", "--json").json
    assert told["trace"][0]["detail"].startswith("checkout version 1, active")


def test_a_file_is_assigned_as_its_rows_are(run: Any, checkout: str, tmp_path: Path) -> None:
    """Parquet or CSV in, Parquet or CSV out, or CSV on standard output."""
    users = [f"u{number}" for number in range(20)]
    expected = [run("assign", "--user", user, "-e", checkout, "--json").json["variant"] for user in users[:3]]
    pq.write_table(pa.table({"user_id": users}), tmp_path / "in.parquet")
    out = tmp_path / "out.parquet"
    told = run("assign", str(tmp_path / "in.parquet"), "-e", checkout, "-o", str(out), "--json").json
    assert (told["rows"], sum(told["variants"].values())) == (20, 20)
    assert pq.read_table(out)["variant"].to_pylist()[:3] == expected
    (tmp_path / "in.csv").write_text("user_id\nu0\n7\n")
    shown = run("assign", str(tmp_path / "in.csv"), "-e", checkout)
    assert shown.out.splitlines()[:2] == ['"user_id","variant"', f'"u0","{expected[0]}"']
    assert run("assign", str(tmp_path / "in.csv"), "-e", checkout, "-o", str(tmp_path / "out.csv")).code == 0
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == f'"u0","{expected[0]}"'


def test_what_a_file_cannot_be(run: Any, checkout: str, tmp_path: Path) -> None:
    """Without an experiment, into an unknown kind of file, without ids."""
    (tmp_path / "in.csv").write_text("user_id\nu0\n")
    (tmp_path / "odd.csv").write_text("colour\nred\n")
    for words, told in (
        ((str(tmp_path / "in.csv"),), "name the experiment"),
        ((str(tmp_path / "in.csv"), "-e", checkout, "-o", str(tmp_path / "out.xls")), "neither Parquet nor CSV"),
        ((str(tmp_path / "odd.csv"), "-e", checkout), "neither a column user_id nor session_id"),
        ((), "give --user or --session, or a file"),
    ):
        done = run("assign", *words)
        assert done.code == 2
        assert told in done.err
    assert sorted(path.name for path in tmp_path.glob("*out*")) == []


def test_overrides_force_and_end(run: Any, checkout: str) -> None:
    """For a user, and by a code; listed, revoked, in the audit."""
    variant = run("assign", "--user", "ann", "-e", checkout, "--json").json["variant"]
    other = {"control": "treatment", "treatment": "control"}[variant]
    made = run("overrides", "add", checkout, other, "--user", "ann", "--reason", "QA", "--json").json
    assert run("assign", "--user", "ann", "-e", checkout, "--json").json["variant"] == other
    code = run("overrides", "add", checkout, other, "--hours", "1", "--json").json["code"]
    assert run("assign", "--user", "zoe", "-e", checkout, "--code", code, "--json").json["forced"] is True
    assert "?expkit=" in run("overrides", "list", checkout).out
    assert "revoked" in run("overrides", "revoke", str(made["id"])).out
    assert run("assign", "--user", "ann", "-e", checkout, "--json").json["variant"] == variant
    actions = [entry["action"] for entry in run("audit", "list", "--json").json["items"]]
    assert {"assign.override", "assign.revoke_override"} <= set(actions)


def test_a_replay_answers_as_it_was(run: Any, checkout: str) -> None:
    """Before there was an experiment there is nothing to ask."""
    done = run("assign", "--user", "ann", "-e", checkout, "--at", "2020-01-01")
    assert done.code == 2
    assert "no experiment 'checkout'" in done.err


def test_lint_tells_and_fails_on_errors(run: Any, checkout: str, tmp_path: Path) -> None:
    """Nothing found is 0, a warning is 0, an error is 2."""
    assert run("lint").out.strip() == "Nothing found."
    twin = Path("checkout.yaml").read_text().replace("key: checkout", "key: twin\nseed: checkout\nplacements: [pdp]")
    (tmp_path / "twin.yaml").write_text(twin)
    assert run("experiments", "create", "-f", str(tmp_path / "twin.yaml")).code == 0
    assert run("experiments", "start", "twin").code == 0
    done = run("lint")
    assert (done.code, "the same seed 'checkout'" in done.out) == (2, True)
    assert {finding["code"] for finding in run("lint", "--json").json["items"]} == {"hash", "unreachable"}


def test_promote_names_the_winner(run: Any, checkout: str) -> None:
    """And its share."""
    assert run("experiments", "stop", checkout, "--reason", "done").code == 0
    done = run("experiments", "promote", checkout, "--variant", "treatment", "--share", "0.25", "--json").json
    assert done["rollout"] == {"variant": "treatment", "share": 0.25, "steps": []}
    assert run("experiments", "traffic", checkout, "--coverage", "0.5").code == 0
    assert run("experiments", "show", checkout, "--json").json["rollout"]["share"] == 0.5
