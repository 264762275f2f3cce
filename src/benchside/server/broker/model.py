"""Tables of requests for help, and of second associates' agreements to their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["Agreement", "Request"]


class Request(CloudTable):
    """One technician's call for help.  Its id is the PC's, and also the session's."""

    __tablename__ = "request"

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id"), index=True)
    technician: Mapped[str] = mapped_column(SealedText("request.technician"))
    reason: Mapped[str] = mapped_column(SealedText("request.reason"))
    condition: Mapped[str | None] = mapped_column(SealedText("request.condition"))
    """What is wrong there, where help is asked for with a notice: ConditionTold in JSON."""
    instrument: Mapped[str] = mapped_column(String(200))
    queued_utc_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Fingerprint of the key with which it was claimed: what a second associate agrees to."""
    ended_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[str | None] = mapped_column(String(64))
    reported_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the hospital's IT was told of it, or there was nothing to tell."""


class Agreement(CloudTable):
    """A second associate's signed agreement to one session; a newer one replaces it."""

    __tablename__ = "agreement"

    request_id: Mapped[bytes] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    second: Mapped[str] = mapped_column(String(64))
    key_spki: Mapped[bytes] = mapped_column(LargeBinary(600))
    issued_utc_ms: Mapped[int] = mapped_column(BigInteger)
    signature: Mapped[bytes] = mapped_column(LargeBinary(512))
