"""Table of requests for help."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["Request"]


class Request(CloudTable):
    """One technician's call for help.  Its id is the PC's, and also the session's."""

    __tablename__ = "request"

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id"), index=True)
    technician: Mapped[str] = mapped_column(SealedText("request.technician"))
    reason: Mapped[str] = mapped_column(SealedText("request.reason"))
    instrument: Mapped[str] = mapped_column(String(200))
    queued_utc_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16), index=True)
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    ended_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[str | None] = mapped_column(String(64))
