"""Ed25519 signatures (RFC 8032) over what is delivered, by `cryptography`. Keys and signatures travel as base64."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

from expkit.errors import InvalidInput

__all__ = ["key_id", "new_key", "public_key", "sign", "verify"]

SIZE = 32


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


def _bytes(text: str, what: str) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != SIZE:
        raise InvalidInput(f"The {what} is not {SIZE} bytes in base64.", hint="head -c 32 /dev/urandom | base64")
    return found
