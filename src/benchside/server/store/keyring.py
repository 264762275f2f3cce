"""Data keys: AES-256 keys with ids, one ring per plane, in a file that only its owner reads.

The file is the named place for a key service later: whatever gives `DataKeys` its map of ids to keys can
be asked at start instead of reading a file; nothing else changes.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchside.protocol.errors import CallerError, UnavailableError
from benchside.server.keys.files import read_secret, write_secret

__all__ = ["DataKeys", "make_data_keys", "read_data_keys"]

_ID_BYTES = 4
_NONCE_BYTES = 12
"""Random nonces: safe for 2^32 sealings under one key (NIST SP 800-38D section 8.3); a new key is added long before."""


class DataKeys:
    """Seals and opens small values under the current key; opens what any key of the ring sealed."""

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        """`keys`: id to 32 bytes; `current`: the id that new values are sealed under."""
        if current not in keys or any(len(key) != 32 for key in keys.values()):
            raise CallerError("a ring of data keys holds 32-byte keys and the current one among them")
        self._open = {number: AESGCM(key) for number, key in keys.items()}
        self._current = current

    def seal(self, plain: bytes, place: str) -> bytes:
        """Return key id || nonce || ciphertext and tag.  `place` (table.column) must be the same when opening."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._open[self._current].encrypt(nonce, plain, place.encode())
        return self._current.to_bytes(_ID_BYTES, "big") + nonce + sealed

    def open(self, sealed: bytes, place: str) -> bytes:
        """Return the plain value; UnavailableError when its key is not in the ring or it was changed or moved."""
        key = self._open.get(int.from_bytes(sealed[:_ID_BYTES], "big"))
        if key is None:
            raise UnavailableError(f"the key that sealed a value of {place} is not in the ring")
        start = _ID_BYTES + _NONCE_BYTES
        try:
            return key.decrypt(sealed[_ID_BYTES:start], sealed[start:], place.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: cut off within its nonce
            raise UnavailableError(f"a sealed value of {place} was changed, or belongs to another place") from error


def make_data_keys(path: Path) -> None:
    """Write a ring of one fresh key to `path`, which must not exist yet."""
    ring = {"current": 1, "keys": {"1": base64.b64encode(os.urandom(32)).decode()}}
    write_secret(path, json.dumps(ring).encode())


def read_data_keys(path: Path) -> DataKeys:
    """Read the ring; UnavailableError with one sentence when it is missing, readable by others or no ring."""
    try:
        ring = json.loads(read_secret(path))
        keys = {int(number): base64.b64decode(key, validate=True) for number, key in ring["keys"].items()}
        return DataKeys(keys, int(ring["current"]))
    except (ValueError, KeyError, TypeError, AttributeError, CallerError) as error:
        raise UnavailableError(f"{path.name} is not a ring of data keys") from error
