"""The audit's hash chain: each entry carries the hash of the one before, so that no edit goes unseen.

What it can know. An entry that was edited no longer matches its own hash; one that was deleted or moved breaks
its neighbour's link. Whoever can write the table can also cut off its end, or rewrite it whole with fresh
hashes: that is found by a checkpoint kept elsewhere (number and hash of an entry), or by the seal, a keyed
digest (HMAC-SHA-256, RFC 2104) of the newest entry that nobody without the key can make. A checkpoint taken under
the key carries its seal, so that it proves itself wherever it was kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring as _quoted
from typing import Any, NamedTuple

__all__ = [
    "GENESIS",
    "AuditEntry",
    "Checkpoint",
    "Finding",
    "Verdict",
    "digest",
    "digest_as_stored",
    "seal",
    "verify_chain",
]

GENESIS = "0" * 64
MAX_FINDINGS = 20
_read = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class AuditEntry(NamedTuple):
    """Who did what to what, before and after, why, and where it stands in the chain."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    correlation_id: str
    previous: str
    hash: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, lossless."""
        return {**self._asdict(), "at": _instant(self.at)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AuditEntry:
        return cls(**{**data, "at": datetime.fromisoformat(data["at"])})


class Checkpoint(NamedTuple):
    """The chain's end at some time, to be kept where the database's writers cannot reach it."""

    id: int
    hash: str
    seal: str = ""
    """Made with the signing key, where there was one: nobody without it can make another checkpoint."""

    def forged(self, key: str) -> bool:
        """Whether its seal is not what the key would have made; without a key or a seal nothing can be said."""
        return bool(key and self.seal) and not hmac.compare_digest(self.seal.encode(), seal(key, self).encode())


class Finding(NamedTuple):
    """One thing that is wrong, and where."""

    id: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok` when nothing is wrong. `unknown` says what could not be checked, and what would be needed for it."""

    entries: int
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]
    end: Checkpoint

    @property
    def ok(self) -> bool:
        return not self.findings


def digest(entry: AuditEntry) -> str:
    """SHA-256 of all that the entry says, its number and the previous hash included."""
    body = [
        entry.id, _instant(entry.at), entry.actor, entry.action, entry.subject, entry.before, entry.after,
        entry.reason, entry.correlation_id, entry.previous,
    ]  # fmt: skip
    return hashlib.sha256(_encode(body).encode()).hexdigest()


def digest_as_stored(entry: AuditEntry) -> str:
    """The same for an entry whose `before` and `after` are still the database's JSON text; empty for what is none.

    Texts that stand as `digest` writes them, and nearly all do, need no parsing: verification is twice as fast.
    """
    before: Any = entry.before
    after: Any = entry.after
    words = map(_quoted, (_instant(entry.at), entry.actor, entry.action, entry.subject))
    last = map(_quoted, (entry.reason, entry.correlation_id, entry.previous))
    text = f"[{entry.id},{','.join(words)},{before or 'null'},{after or 'null'},{','.join(last)}]"
    found = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    try:
        # a JSON value says itself where it ends: with `before` whole, no text was shifted into `after`
        if found == entry.hash and (not before or _read(before)[1] == len(before)):
            return found
        parsed = entry._replace(before=before and json.loads(before), after=after and json.loads(after))
        return digest(parsed)
    except ValueError:  # no JSON any more, or no text that could have been hashed
        return ""


def seal(key: str, end: Checkpoint) -> str:
    """The keyed digest of the chain's end."""
    return hmac.new(key.encode(), f"{end.id}:{end.hash}".encode(), hashlib.sha256).hexdigest()


def verify_chain(
    entries: Iterable[AuditEntry],
    *,
    checkpoint: Checkpoint | None = None,
    recorded_end: Checkpoint | None = None,
    key: str = "",
    sealed: bool = False,
    found_seal: str | None = None,
    end_missing: bool = False,
    digest_of: Callable[[AuditEntry], str] = digest,
) -> Verdict:
    """Walk the chain once, in order, and name every entry that does not fit.

    With the `key`, a checkpoint has to be the key's own; `sealed` says that the database's end is held against it,
    which has `found_seal`.
    """
    findings: list[Finding] = []
    if checkpoint is not None and checkpoint.forged(key):
        findings.append(Finding(checkpoint.id, "is not what the checkpoint's seal was made for: it was forged"))
    end, count, seen = Checkpoint(0, GENESIS), 0, GENESIS if checkpoint and checkpoint.id == 0 else ""
    for entry in entries:
        count += 1
        findings.extend(_faults(entry, end, digest_of))
        if checkpoint is not None and entry.id == checkpoint.id:
            seen = entry.hash
        end = Checkpoint(entry.id, entry.hash)
        if len(findings) >= MAX_FINDINGS:
            break
    else:
        findings.extend(_faults_of_the_end(end, checkpoint, seen, recorded_end))
    if sealed and found_seal is not None and (fault := _seal_fault(found_seal, key, recorded_end or end)):
        findings.append(Finding(end.id, fault))
    if end_missing:
        findings.append(Finding(end.id, "is not recorded as the end: the table audit_end was emptied"))
    return Verdict(count, tuple(findings[:MAX_FINDINGS]), _unknown(checkpoint, sealed, key), end)


def _seal_fault(found: str, key: str, end: Checkpoint) -> str:
    if end.id == 0 or hmac.compare_digest(found.encode(), seal(key, end).encode()):
        return ""
    if not found:
        return "has no seal: a process without the signing key wrote it, or somebody took the seal away"
    return "is not what the seal was made for: the end was cut off or the chain rewritten"


def _faults_of_the_end(
    end: Checkpoint, checkpoint: Checkpoint | None, seen: str, recorded_end: Checkpoint | None
) -> list[Finding]:
    faults = []
    if checkpoint is not None and not seen:
        faults.append(Finding(checkpoint.id, "was seen by the checkpoint and is missing: the end was cut off"))
    elif checkpoint is not None and seen != checkpoint.hash:
        faults.append(Finding(checkpoint.id, "is not the entry that the checkpoint saw: the chain was rewritten"))
    if recorded_end is not None and recorded_end[:2] != end[:2]:
        faults.append(
            Finding(recorded_end.id, "is recorded as the end, and the chain ends otherwise: its end was cut off")
        )
    return faults


def _unknown(checkpoint: Checkpoint | None, sealed: bool, key: str) -> tuple[str, ...]:
    if sealed:
        return ()
    bare = "Whether the checkpoint is the one that was taken: it has no seal of the key."
    unsealed = (bare,) if checkpoint is not None and key and not checkpoint.seal else ()
    after = f" after entry {checkpoint.id}" if checkpoint else ""
    what = f"Whether somebody who may write the database cut off the chain's end or rewrote it{after}"
    return (*unsealed, f"{what}: that takes a newer checkpoint kept elsewhere, or a signing key (EXPKIT_AUDIT_KEY).")


def _faults(entry: AuditEntry, before: Checkpoint, digest_of: Callable[[AuditEntry], str]) -> list[Finding]:
    faults = []
    if entry.id != before.id + 1:
        gap = f"{before.id + 1}" if entry.id == before.id + 2 else f"{before.id + 1} to {entry.id - 1}"
        faults.append(Finding(before.id + 1, f"is missing (deleted: {gap})"))
    elif entry.previous != before.hash:
        faults.append(Finding(entry.id, "does not follow its predecessor: one of them was replaced or moved"))
    if digest_of(entry) != entry.hash:
        faults.append(Finding(entry.id, "does not match its own hash: it was edited"))
    return faults


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
