"""The server's data folder: where its keys and databases are, and the making of them once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.keys import RSA_BITS
from benchside.server.keys.files import make_folder, read_secret, write_secret
from benchside.server.store.keyring import DataKeys, make_data_keys, read_data_keys

__all__ = ["CloudKeys", "Folder", "SessionKeys"]


@dataclass(frozen=True)
class CloudKeys:
    """What the cloud plane holds: the key that enrolments are sealed to, its data keys, and a key for lookups."""

    enrolment: RSAPrivateKey
    data: DataKeys
    lookup: bytes


@dataclass(frozen=True)
class SessionKeys:
    """What the session plane holds: the key that signs tickets, and data keys of its own."""

    ticket: Ed25519PrivateKey
    data: DataKeys


@dataclass(frozen=True)
class Folder:
    """Paths below the folder that the operator named."""

    root: Path

    @property
    def settings(self) -> Path:
        return self.root / "server.toml"

    @property
    def cloud_keys(self) -> Path:
        return self.root / "keys" / "cloud"

    @property
    def session_keys(self) -> Path:
        return self.root / "keys" / "session"

    def database_url(self, plane: str) -> str:
        """The URL of a plane's embedded database."""
        return f"sqlite+aiosqlite:///{(self.root / f'{plane}.db').absolute()}"

    def is_initialised(self) -> bool:
        """Whether keys were made here, all of them or the first."""
        return self.cloud_keys.exists() or self.session_keys.exists()

    def make(self) -> None:
        """Make folders, keys and empty database files, closed to everybody else; UnavailableError if keys exist."""
        if self.is_initialised():
            raise UnavailableError("this folder holds a server's keys already and is not overwritten")
        for path in (self.root, self.root / "keys", self.cloud_keys, self.session_keys):
            make_folder(path)
        enrolment = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        write_secret(self.cloud_keys / "enrolment.pem", _pem(enrolment))
        make_data_keys(self.cloud_keys / "data-keys.json")
        write_secret(self.cloud_keys / "lookup.key", os.urandom(32))
        write_secret(self.session_keys / "ticket.pem", _pem(Ed25519PrivateKey.generate()))
        make_data_keys(self.session_keys / "data-keys.json")
        for plane in ("cloud", "session"):
            (self.root / f"{plane}.db").touch(mode=0o600)

    def read_cloud_keys(self) -> CloudKeys:
        """Read the cloud plane's keys; UnavailableError with one sentence when something is wrong with them."""
        enrolment = _private(self.cloud_keys / "enrolment.pem")
        if not isinstance(enrolment, RSAPrivateKey) or enrolment.key_size != RSA_BITS:
            raise UnavailableError("enrolment.pem holds no RSA-4096 key")
        lookup = read_secret(self.cloud_keys / "lookup.key")
        if len(lookup) != 32:
            raise UnavailableError("lookup.key does not hold 32 bytes")
        return CloudKeys(enrolment, read_data_keys(self.cloud_keys / "data-keys.json"), lookup)

    def read_session_keys(self) -> SessionKeys:
        """Read the session plane's keys; UnavailableError with one sentence when something is wrong with them."""
        ticket = _private(self.session_keys / "ticket.pem")
        if not isinstance(ticket, Ed25519PrivateKey):
            raise UnavailableError("ticket.pem holds no Ed25519 key")
        return SessionKeys(ticket, read_data_keys(self.session_keys / "data-keys.json"))


def _pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _private(path: Path) -> object:
    try:
        # our own file, which nobody else could write: checking RSA-4096 again would take 0.3 s of each command
        return serialization.load_pem_private_key(read_secret(path), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        raise UnavailableError(f"{path.name} holds no private key in PEM") from error
