"""Table of when each device was online."""

from __future__ import annotations

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import RowNumber, SessionTable

__all__ = ["OnlineSpan"]


class OnlineSpan(SessionTable):
    """One stretch of time in which a device was connected; no end while it still is."""

    __tablename__ = "online_span"

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    device_id: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    from_utc_ms: Mapped[int] = mapped_column(BigInteger)
    seen_utc_ms: Mapped[int] = mapped_column(BigInteger)
    until_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
