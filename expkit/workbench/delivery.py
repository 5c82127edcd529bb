"""The verbs of delivery: the signed snapshot that clients evaluate by themselves."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from expkit import registry
from expkit.assign.dialects import Config, canonical, features_payload
from expkit.assign.dialects.signature import endorsements, key_id, new_key, public_key, sign
from expkit.errors import StorageUnavailable
from expkit.registry.decisions import current_phases, last_decision
from expkit.settings import Settings
from expkit.workbench.desk import Desk

__all__ = ["Bundle", "DeliveryVerbs"]

KEY_FILE = "signing.key"


class Bundle(NamedTuple):
    """A config as it is delivered: its bytes, what names them, and who vouches for them."""

    config: Config
    body: bytes
    etag: str
    """The same for the same bytes, and for no others; with its quotes, as HTTP writes it."""
    signature: str
    """Ed25519 over `body`, in base64."""
    public_key: str
    seen: int
    """Up to which revision nothing has decided otherwise."""
    endorsements: str = ""
    """What the keys before this one say of it."""

    @property
    def key_id(self) -> str:
        return key_id(self.public_key)


class DeliveryVerbs(Desk):
    def config(self, known: Bundle | None = None) -> Bundle:
        """Everything that decides over assignments, signed; `known` itself when nothing has changed since."""
        with self._read() as connection:
            revision = registry.revision(connection)
            if known is not None and known.seen <= revision and not registry.touched_since(connection, known.seen):
                return known if known.seen == revision else known._replace(seen=revision)
            now = datetime.now(UTC)
            config = Config.of(
                registry.every(connection),
                revision=last_decision(connection),
                at=now,
                phases=current_phases(connection),
                groups=registry.groups(connection),
                holdouts=registry.holdouts(connection),
                overrides=registry.overrides(connection, at=now),
            )
        return _signed(config, _private_keys(self.settings), revision)

    def features(self, *, at: datetime | None = None) -> dict[str, Any]:
        """The payload of GrowthBook's SDKs, as it is now."""
        return features_payload(self.config().config, at or datetime.now(UTC))


def _signed(config: Config, keys: Sequence[str], seen: int) -> Bundle:
    body, key = canonical(config), keys[0]
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Bundle(config, body, etag, sign(key, body), public_key(key), seen, endorsements(key, keys[1:]))


def _private_keys(settings: Settings) -> Sequence[str]:
    """The settings' own, else those in the home folder, of which whoever comes first makes one. The first signs, the
    others vouch for it.
    """
    if keys := settings.signing_key.replace(",", " ").split():
        return keys
    path = settings.home / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        return path.read_text().split() or [""]
    except OSError as error:
        raise StorageUnavailable(
            f"The signing key {path} cannot be used: {error.strerror}.", hint="set EXPKIT_SIGNING_KEY instead."
        ) from None


def _make(path: Path) -> None:
    """Whole or not at all, and only once, however many start together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{base64.b32encode(os.urandom(5)).decode()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(new_key() + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
