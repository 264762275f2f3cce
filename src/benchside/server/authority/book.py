"""The authority's folder: its key, its state, and what changes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.keys import fingerprint, load_ed25519, public_bytes
from benchside.protocol.trust.policy import sign_policy, sign_rotation
from benchside.protocol.wire.link import LINK, PolicyOffered
from benchside.protocol.wire.policy import AssociateEntry, Region, RotationPayload, SiteEntry
from benchside.server.access.moment import time_zone
from benchside.server.authority.proposal import refuse_twice
from benchside.server.authority.state import AuthorityState, read_state, write_state
from benchside.server.clock import NowUtcMs
from benchside.server.keys.files import make_folder, read_secret, write_secret

__all__ = ["AuthorityBook", "read_public_key"]

AskPassphrase = Callable[[], bytes]
"""Asks a person, or reads a file descriptor; only called when the key is encrypted."""


@dataclass(frozen=True)
class AuthorityBook:
    """An authority in its folder.  Every change raises the policy's version."""

    folder: Path
    now: NowUtcMs

    def make(self, passphrase: bytes | None) -> None:
        """Make the key and an empty state; UnavailableError when there is one already."""
        if self._state_path.exists():
            raise UnavailableError("this folder holds an authority already and is not overwritten")
        make_folder(self.folder)
        self._write_key(0, Ed25519PrivateKey.generate(), passphrase)
        write_state(self._state_path, AuthorityState(issued_utc_ms=self.now()))

    def state(self) -> AuthorityState:
        """What the folder holds."""
        return read_state(self._state_path)

    def public_key(self) -> bytes:
        """The public key in use (SubjectPublicKeyInfo)."""
        return read_public_key(self.folder / f"authority-{self.state().key}-public.pem")

    def add_ticket_key(self, spki: bytes) -> None:
        """Let the policy name a server's ticket key."""
        load_ed25519(spki)
        state = self.state()
        if spki in state.ticket_keys:
            raise UnavailableError("the policy names this ticket key already")
        self._write(state, ticket_keys=(*state.ticket_keys, spki))

    def remove_ticket_key(self, digest: bytes) -> None:
        """Let the policy name a ticket key no more."""
        state = self.state()
        left = tuple(spki for spki in state.ticket_keys if fingerprint(spki) != digest)
        if len(left) == len(state.ticket_keys):
            raise UnavailableError("the policy names no ticket key with this fingerprint")
        self._write(state, ticket_keys=left)

    def sign_in(self, entry: AssociateEntry) -> None:
        """Add an associate, or replace the entry with the same id; a key belongs to one associate only."""
        state = self.state()
        others = tuple(one for one in state.associates if one.id != entry.id)
        _refuse_unless_right(entry, others)
        self._write(state, associates=(*others, entry))

    def sign_out(self, associate_id: str) -> None:
        """Take an associate out."""
        state = self.state()
        left = tuple(one for one in state.associates if one.id != associate_id)
        if len(left) == len(state.associates):
            raise UnavailableError(f"there is no associate {associate_id!r}")
        self._write(state, associates=left)

    def add_site(self, entry: SiteEntry) -> None:
        """Let the policy say this of a site; replaces what it said before."""
        time_zone(entry.time_zone)
        state = self.state()
        self._write(state, sites=(*(one for one in state.sites if one.id != entry.id), entry))

    def remove_site(self, site_id: str) -> None:
        """Let the policy say nothing of a site: nobody can help there any more."""
        state = self.state()
        left = tuple(one for one in state.sites if one.id != site_id)
        if len(left) == len(state.sites):
            raise UnavailableError(f"there is no site {site_id!r}")
        self._write(state, sites=left)

    def take(self, associates: tuple[AssociateEntry, ...], sites: tuple[SiteEntry, ...]) -> None:
        """Let the policy name these associates and sites and no others, in one change."""
        refuse_twice(associates, sites)
        owners: dict[bytes, AssociateEntry] = {}
        for entry in associates:
            _refuse_unless_right(entry, tuple(owners[key] for key in entry.keys if key in owners))
            owners |= dict.fromkeys(entry.keys, entry)
        for site in sites:
            time_zone(site.time_zone)
        self._write(self.state(), associates=associates, sites=sites)

    def renew(self, days: int) -> None:
        """Let the policy be valid for `days` from now."""
        self._write(self.state(), days=days)

    def rotate(self, ask: AskPassphrase) -> None:
        """Make a new key and let the old one name it its successor; the old key is deleted."""
        state = self.state()
        old, passphrase = self._read_key(state.key, ask)
        new = Ed25519PrivateKey.generate()
        number = state.key + 1
        new_spki = public_bytes(new.public_key())
        statement = sign_rotation(
            RotationPayload(
                serial=number,
                old_key=fingerprint(public_bytes(old.public_key())),
                new_key=new_spki,
                issued_utc_ms=self.now(),
            ),
            old,
        )
        self._write_key(number, new, passphrase)
        self._write(state, key=number, rotations=(*state.rotations, statement))
        (self.folder / f"authority-{state.key}.pem").unlink()

    def export(self, ask: AskPassphrase, region: Region | None = None) -> bytes:
        """Return the signed policy with all rotations, as `benchside admin policy install` takes it.

        `region`: say only what the server of that region, and the PCs that it hands the policy to, need to know.
        """
        state = self.state()
        if region is not None:
            state = state.within(region)
        key, _ = self._read_key(state.key, ask)
        return LINK.encode(PolicyOffered(policy=sign_policy(state.payload(), key), rotations=state.rotations))

    @property
    def _state_path(self) -> Path:
        return self.folder / "authority.json"

    def _write(self, state: AuthorityState, **changes: object) -> None:
        changed = msgspec.structs.replace(
            state, version=state.version + 1, issued_utc_ms=max(self.now(), state.issued_utc_ms), **changes
        )
        if changed.ticket_keys:
            changed.payload()
        write_state(self._state_path, changed)

    def _write_key(self, number: int, key: Ed25519PrivateKey, passphrase: bytes | None) -> None:
        path = self.folder / f"authority-{number}.pem"
        path.unlink(missing_ok=True)  # of a rotation that was broken off before its state was written
        protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
        write_secret(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection))
        (self.folder / f"authority-{number}-public.pem").write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def _read_key(self, number: int, ask: AskPassphrase) -> tuple[Ed25519PrivateKey, bytes | None]:
        pem = read_secret(self.folder / f"authority-{number}.pem")
        passphrase = ask() if b"ENCRYPTED" in pem else None
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError) as error:
            raise UnavailableError("the passphrase is wrong, or the key's file is damaged") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UnavailableError("the authority's key file holds another kind of key")
        return key, passphrase


def _refuse_unless_right(entry: AssociateEntry, others: tuple[AssociateEntry, ...]) -> None:
    if any(set(one.keys) & set(entry.keys) for one in others):
        raise UnavailableError(f"another associate has this key already; {entry.id!r} needs one of their own")
    trained_until = max((one.expires_utc_ms for one in entry.trainings), default=0)
    if entry.expires_utc_ms > trained_until:
        raise UnavailableError(f"{entry.id!r} would be in the policy for longer than any training is valid")


def read_public_key(path: Path) -> bytes:
    """Return the Ed25519 public key in a PEM file as SubjectPublicKeyInfo; UnavailableError when it holds none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
        spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        load_ed25519(spki)
    except OSError as error:
        raise UnavailableError(f"cannot read {path.name}: {error.strerror}") from error
    except Exception as error:
        raise UnavailableError(f"{path.name} holds no Ed25519 public key in PEM") from error
    return spki
