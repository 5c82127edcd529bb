"""The last good config on disk: written whole or not at all, and believed only with its signature."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from expkit.assign.dialects.signature import is_endorsed, verify
from expkit.errors import InvalidInput

__all__ = ["Shelf", "Snapshot", "default_folder"]

_TEXTS = ("body", "etag", "signature", "public_key")


class Snapshot(NamedTuple):
    """A config as it came, with what proves whose it is."""

    body: str
    etag: str
    signature: str
    public_key: str
    fetched_at: datetime
    endorsements: str = ""

    def checked(self, public_key: str) -> Snapshot:
        """Itself, when the holder of this key has signed it, or one whom that holder has vouched for."""
        if self.public_key != public_key and not is_endorsed(self.public_key, public_key, self.endorsements):
            raise InvalidInput(
                "The config is signed with another key than before.",
                hint="if the service has a new one, remove the cached config, or give public_key=...",
            )
        if not verify(self.public_key, self.signature, self.body.encode()):
            raise InvalidInput("The config's signature is wrong: it was changed on its way.", hint="use https.")
        return self


class Shelf:
    """One file per service."""

    def __init__(self, folder: Path, url: str) -> None:
        self.path = folder / f"config-{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"

    def read(self) -> Snapshot | None:
        """None where there is none, or none that can be read."""
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
            body, etag, signature, public_key = (str(known[name]) for name in _TEXTS)
            fetched_at = datetime.fromisoformat(known["fetched_at"]).astimezone(UTC)
            return Snapshot(body, etag, signature, public_key, fetched_at, str(known.get("endorsements", "")))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, snapshot: Snapshot) -> None:
        told = {**snapshot._asdict(), "fetched_at": snapshot.fetched_at.isoformat()}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(prefix=".config-", dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(told, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise


def default_folder() -> Path:
    """Where this system's programs keep what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "expkit"
