"""What makes this PC a device: its keys, its description, its policy and its gates, as files of the agent.

    device.json   what the PC is, as enrolled              device.key    AES-256 key of the link
    identity.pem  RSA-4096 identity                        policy.bin    the newest policy and who signed it
    gates.json    IT review and terms                      next.key      its successor, until the server knows it only

All for the agent's account alone; the keys are sealed to the machine besides (secret.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from benchside.agent.secret import SecretFiles
from benchside.platform.files import make_private_folder, read_if_there, take_alone, write_private
from benchside.platform.sealing.contract import Sealing
from benchside.protocol.errors import PeerError, RefusedError, UnavailableError
from benchside.protocol.trust.keys import RSA_BITS
from benchside.protocol.trust.policy import AuthorityPin, Policy, read_policy
from benchside.protocol.wire.session import InstrumentInfo

__all__ = ["DeviceFile", "DeviceFolder", "Gates", "ReviewRecorded", "TermsAccepted", "make_identity"]

_S = TypeVar("_S")

MAX_POLICY_BYTES = 4 * 1024 * 1024 + 4096
MAX_SMALL_BYTES = 256 * 1024
DEVICE_KEY, NEXT_KEY, IDENTITY = "device.key", "next.key", "identity.pem"


class DeviceFile(msgspec.Struct, frozen=True, kw_only=True):
    """device.json."""

    device_id: str
    device: str
    site: str
    site_name: str
    region: str
    link_url: str
    relay: str
    relay_url: str
    phone: str
    instruments: tuple[InstrumentInfo, ...]
    authority_key: str
    rotation_serial: int = 0


class TermsAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """Who accepted which text, when (R46)."""

    version: str
    text_sha256: str
    by: str
    at_utc_ms: int


class ReviewRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """Who reviewed the IT requirements, when (R45)."""

    by: str
    at_utc_ms: int


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """gates.json: what must have happened before help can be asked for."""

    review: ReviewRecorded | None = None
    terms: TermsAccepted | None = None


class _StoredPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """policy.bin: in one file, so that a loss of power cannot part a policy from the key that signed it."""

    signed: bytes
    authority_key: bytes
    rotation_serial: int


class DeviceFolder:
    """Reads and writes the files.  UnavailableError when one is missing or spoilt, with what to do."""

    def __init__(self, folder: Path, sealing: Sealing | None = None) -> None:
        """`sealing`: how keys are sealed; by default as this machine can."""
        self.folder = folder
        self._secrets = SecretFiles(folder, sealing)

    @property
    def journal_path(self) -> Path:
        """Where the journal is."""
        return self.folder / "journal.db"

    @property
    def is_enrolled(self) -> bool:
        """True once this PC is a device."""
        return (self.folder / "device.json").exists()

    def make(self) -> None:
        """Make the folder, for its owner alone."""
        make_private_folder(self.folder)

    def take(self) -> None:
        """Be the one agent of this folder until the process ends; two would be taken for a PC and its copy."""
        if take_alone(self.folder / "agent.lock") is None:
            raise UnavailableError("another agent runs on this folder already; stop it first")

    def device(self) -> DeviceFile:
        """Return what the PC is."""
        return self._read("device.json", DeviceFile)

    def keep_device(self, device: DeviceFile) -> None:
        """Store it."""
        write_private(self.folder / "device.json", msgspec.json.format(msgspec.json.encode(device)))

    def gates(self) -> Gates:
        """Return the gates; none is open before it was recorded."""
        return self._read("gates.json", Gates) if (self.folder / "gates.json").exists() else Gates()

    def keep_gates(self, gates: Gates) -> None:
        """Store them."""
        write_private(self.folder / "gates.json", msgspec.json.format(msgspec.json.encode(gates)))

    def device_key(self) -> bytes:
        """Return the device's AES-256 key."""
        key = self._secret(DEVICE_KEY)
        if len(key) != 32:
            raise UnavailableError(f"expected a key of 32 bytes in {DEVICE_KEY}, got another file; enrol this PC again")
        return key

    def next_key(self) -> bytes | None:
        """Return the key that is to follow, while both may be good."""
        key = self._secrets.read(NEXT_KEY)
        return key if key is not None and len(key) == 32 else None

    def keep_next_key(self, key: bytes) -> None:
        """Store the key that is to follow, beside the one in use."""
        self._secrets.write(NEXT_KEY, key)

    def take_next_key(self, key: bytes) -> None:
        """The server knows only the next key now: it is the device's key."""
        self._secrets.write(DEVICE_KEY, key)
        self._secrets.remove(NEXT_KEY)

    def seal_old(self) -> None:
        """Seal keys that rest unsealed from before, where this machine can; UnavailableError."""
        self._secrets.seal_old(DEVICE_KEY, NEXT_KEY, IDENTITY)

    @property
    def sealing(self) -> str:
        """How the keys rest, in words."""
        return self._secrets.sealing.told

    def identity(self) -> rsa.RSAPrivateKey:
        """Return the device's RSA-4096 identity."""
        try:
            key = serialization.load_pem_private_key(self._secret(IDENTITY), password=None)
        except ValueError as error:
            raise UnavailableError(
                "expected a private key in identity.pem, got another file; enrol this PC again"
            ) from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise UnavailableError("expected an RSA key in identity.pem, got another; enrol this PC again")
        return key

    def keep_keys(self, device_key: bytes, identity: rsa.RSAPrivateKey) -> None:
        """Store both."""
        pem = identity.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._secrets.remove(NEXT_KEY)
        self._secrets.write(DEVICE_KEY, device_key)
        self._secrets.write(IDENTITY, pem)

    def pin(self) -> AuthorityPin:
        """Return the authority as this PC trusts it: whom the stored policy names, else the one of its enrolment."""
        stored = self._stored_policy()
        if stored is not None:
            return AuthorityPin(key=stored.authority_key, rotation_serial=stored.rotation_serial)
        device = self.device()
        return AuthorityPin(key=bytes.fromhex(device.authority_key), rotation_serial=device.rotation_serial)

    def policy(self) -> tuple[bytes, Policy] | None:
        """Return the stored policy as it travelled and as it is believed; None when there is none."""
        stored = self._stored_policy()
        if stored is None:
            return None
        try:
            return stored.signed, read_policy(stored.signed, self.pin(), at_least_version=1)
        except (PeerError, RefusedError) as error:
            raise UnavailableError(f"expected our own policy to be signed by the authority: {error}") from error

    def keep_policy(self, signed: bytes, pin: AuthorityPin) -> None:
        """Store a policy that was believed with the authority key that signed it: both or neither."""
        stored = _StoredPolicy(signed=signed, authority_key=pin.key, rotation_serial=pin.rotation_serial)
        write_private(self.folder / "policy.bin", msgspec.msgpack.encode(stored))

    def _stored_policy(self) -> _StoredPolicy | None:
        data = read_if_there(self.folder / "policy.bin", MAX_POLICY_BYTES)
        if data is None:
            return None
        try:
            return msgspec.msgpack.decode(data, type=_StoredPolicy)
        except msgspec.MsgspecError as error:
            raise UnavailableError(f"expected policy.bin in its own form, got a spoilt file: {error}") from error

    def _secret(self, name: str) -> bytes:
        secret = self._secrets.read(name)
        if secret is None:
            raise UnavailableError(f"expected {name} in the agent's folder, got none; enrol this PC first")
        return secret

    def _bytes(self, name: str, most_bytes: int) -> bytes:
        data = read_if_there(self.folder / name, most_bytes)
        if data is None:
            raise UnavailableError(f"expected {name} in the agent's folder, got none; enrol this PC first")
        return data

    def _read(self, name: str, kind: type[_S]) -> _S:
        try:
            return msgspec.json.decode(self._bytes(name, MAX_SMALL_BYTES), type=kind)
        except msgspec.MsgspecError as error:
            raise UnavailableError(f"expected {name} in its own form, got a spoilt file: {error}") from error


def make_identity() -> rsa.RSAPrivateKey:
    """Return a new RSA-4096 identity; takes up to two seconds."""
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
