"""RSA-4096 keys, each made once for all tests of a run: making one takes a second."""

from __future__ import annotations

import fcntl
import functools
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

__all__ = ["SHARED", "rsa_key"]

SHARED = "BENCHSIDE_TESTS_SHARED"
"""Names the folder that processes of one run have in common (tests/side_by_side.py)."""


@functools.cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """One of a few keys; whoever wants another person's takes another number."""
    shared = os.environ.get(SHARED)
    if shared is None:
        return _made()
    file = Path(shared) / f"key-{number}.pem"
    with Path(shared, f"key-{number}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_bytes(_made().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _made() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=4096)
