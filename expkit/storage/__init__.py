"""The ground: one SQL engine, one unit of work in which a change and its audit entry commit together."""

from __future__ import annotations

from expkit.storage.audit import audit_end, read_audit, stream_audit, verify_audit
from expkit.storage.chain import AuditEntry, Checkpoint, Finding, Verdict, verify_chain
from expkit.storage.metadata import Moment, metadata
from expkit.storage.store import Store, Work

__all__ = [
    "AuditEntry",
    "Checkpoint",
    "Finding",
    "Moment",
    "Store",
    "Verdict",
    "Work",
    "audit_end",
    "metadata",
    "read_audit",
    "stream_audit",
    "verify_audit",
    "verify_chain",
]
