"""Tables of sessions, events and the heads of the PCs' journals."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import RowNumber, SessionTable
from benchside.server.store.sealed import SealedBytes, SealedText

__all__ = ["Event", "JournalHead", "Session"]


class Session(SessionTable):
    """One session, from its request.  Copies what it needs: this plane reads nothing of the other."""

    __tablename__ = "session"
    # a customer's newest, and a PC's, however many others there are
    __table_args__ = (
        Index("ix_session_site_opened_utc_ms_id", "site", "opened_utc_ms", "id"),
        Index("ix_session_device_id_opened_utc_ms", "device_id", "opened_utc_ms"),
    )

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    device_id: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    device: Mapped[str] = mapped_column(String(200))
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    region: Mapped[str] = mapped_column(String(16))
    site: Mapped[str] = mapped_column(String(64))
    site_name: Mapped[str] = mapped_column(String(200))
    instrument_id: Mapped[str | None] = mapped_column(String(200))
    instrument_model: Mapped[str | None] = mapped_column(String(200))
    instrument_serial: Mapped[str | None] = mapped_column(String(200))
    patient_data: Mapped[bool | None] = mapped_column(Boolean)
    models: Mapped[str] = mapped_column(String(4000))
    """The models of all instruments of the PC, as a JSON list: what an associate must be allowed for."""
    technician: Mapped[str] = mapped_column(SealedText("session.technician"))
    reason: Mapped[str] = mapped_column(SealedText("session.reason"))
    associate: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    opened_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    ended_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    outcome: Mapped[str | None] = mapped_column(String(64))


class Event(SessionTable):
    """A fact.  The commitment stands for ever; erasing salt and details makes it say nothing."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("stream", "sequence"), UniqueConstraint("device_id", "pc_sequence"))

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    stream: Mapped[str] = mapped_column(String(80))
    """What the sequence counts: "session:<id>", "device:<id>", "account:<id>" or "server"."""
    sequence: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(40))
    at_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    kept_utc_ms: Mapped[int] = mapped_column(BigInteger)
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32))
    salted_details: Mapped[bytes | None] = mapped_column(SealedBytes("event.salted_details"))
    """32 bytes of salt, then the details in their canonical form.  None after erasure."""
    device_id: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    pc_sequence: Mapped[int | None] = mapped_column(BigInteger)
    pc_head: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class JournalHead(SessionTable):
    """Up to where a PC's journal is kept, and the head of its chain there."""

    __tablename__ = "journal_head"

    device_id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
