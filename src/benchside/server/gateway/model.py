"""Table of how far the queue and the ticket office have followed each PC's journal."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable

__all__ = ["JournalNoted"]


class JournalNoted(CloudTable):
    """Up to which entry of a PC's kept journal the queue and the office know of it."""

    __tablename__ = "journal_noted"

    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
