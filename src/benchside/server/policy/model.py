"""Tables of the installed policies and of the authority's rotations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable

__all__ = ["InstalledPolicy", "InstalledRotation", "PinnedAuthority"]


class PinnedAuthority(CloudTable):
    """The authority's public key that the server was initialised with; one row."""

    __tablename__ = "authority"

    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    spki: Mapped[bytes] = mapped_column(LargeBinary(600))


class InstalledPolicy(CloudTable):
    """A signed policy whose signature was checked; the highest version counts."""

    __tablename__ = "policy"

    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    signed: Mapped[bytes] = mapped_column(LargeBinary)
    installed_utc_ms: Mapped[int] = mapped_column(BigInteger)


class InstalledRotation(CloudTable):
    """The authority's signed hand-over to a new key."""

    __tablename__ = "rotation"

    serial: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    signed: Mapped[bytes] = mapped_column(LargeBinary)
