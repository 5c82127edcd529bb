"""How much memory a process may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from expkit.errors import InvalidInput
from expkit.storage.memory import _group_limits, allowed_bytes, open_duckdb


@pytest.mark.parametrize(("text", "size"), [("2GiB", 2 << 30), ("800MB", 800_000_000), ("1.5g", 1_500_000_000)])
def test_the_environment_says_it(monkeypatch: pytest.MonkeyPatch, text: str, size: int) -> None:
    """In the units that people write."""
    monkeypatch.setenv("EXPKIT_MEMORY", text)
    assert allowed_bytes() == size


@pytest.mark.parametrize("text", ["much", "2 apples", "-1GB", "0"])
def test_what_is_no_amount_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """With an example of one that is."""
    monkeypatch.setenv("EXPKIT_MEMORY", text)
    with pytest.raises(InvalidInput, match="EXPKIT_MEMORY"):
        allowed_bytes()


def test_the_least_limit_of_the_control_groups_holds(tmp_path: Path) -> None:
    """A group's own and those above it, in either version; "max" is none."""
    for path, text in {
        "app/web/memory.max": "max",
        "app/memory.max": "3000",
        "memory/memory.limit_in_bytes": "7000",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "membership").write_text("4:cpu,memory:/\n1:pids:/app\n0::/app/web\n")
    assert sorted(_group_limits(tmp_path / "membership", tmp_path)) == [3000, 7000]


def test_half_of_it_is_duckdbs(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what does not fit goes to a folder of its own, which is gone afterwards."""
    monkeypatch.setenv("EXPKIT_MEMORY", "1GiB")
    monkeypatch.delenv("TMPDIR", raising=False)
    with open_duckdb() as connection:
        limit, folder = connection.execute(
            "SELECT current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchone()
        assert limit == "512.0 MiB"
        assert Path(folder).is_dir()
    assert not Path(folder).exists()
