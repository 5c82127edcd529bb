"""Ed25519 signatures (RFC 8032) over what is delivered, by `cryptography`. Keys and signatures travel as base64.

A new key is vouched for by those before it: whoever knows one of them can believe it without having met it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable

from expkit.errors import InvalidInput

__all__ = ["endorsements", "is_endorsed", "key_id", "new_key", "public_key", "sign", "verify"]

SIZE = 32
_SUCCESSOR = b"expkit: this key may sign in my stead: "  # so that no other signature can be taken for this one


def new_key() -> str:
    """A private key: 32 random bytes."""
    return base64.b64encode(secrets.token_bytes(SIZE)).decode()


def public_key(private: str) -> str:
    """What others check signatures with."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(_bytes(private, "signing key"))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def key_id(public: str) -> str:
    """A short name for a public key, to compare by eye."""
    return hashlib.sha256(_bytes(public, "public key")).hexdigest()[:16]


def sign(private: str, body: bytes) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(_bytes(private, "signing key"))
    return base64.b64encode(key.sign(body)).decode()


def verify(public: str, signature: str, body: bytes) -> bool:
    """Whether the holder of the private key has signed exactly these bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(_bytes(public, "public key"))
    try:
        key.verify(base64.b64decode(signature, validate=True), body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def endorsements(private: str, before: Iterable[str]) -> str:
    """What earlier keys say of this one: `public key, blank, signature` of each, with commas between."""
    told = _SUCCESSOR + public_key(private).encode()
    return ", ".join(f"{public_key(old)} {sign(old, told)}" for old in before)


def is_endorsed(public: str, known: str, given: str) -> bool:
    """Whether the holder of a known key has vouched for this one."""
    pairs = (part.strip().partition(" ") for part in given.split(","))
    return any(old == known and verify(known, signed, _SUCCESSOR + public.encode()) for old, _, signed in pairs)


def _bytes(text: str, what: str) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != SIZE:
        raise InvalidInput(f"The {what} is not {SIZE} bytes in base64.", hint="head -c 32 /dev/urandom | base64")
    return found
