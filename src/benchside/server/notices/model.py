"""Tables of notices: how far each journal is kept, its changes, and the conditions that are shown now."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    or_,
)
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable, RowNumber
from benchside.server.store.sealed import SealedBytes

__all__ = ["KeptChange", "KeptCondition", "NoticeCursor", "unshelved"]


class NoticeCursor(CloudTable):
    """Up to where one journal of a device is kept, and the head of its chain there."""

    __tablename__ = "notice_cursor"

    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    journal: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
    is_current: Mapped[bool] = mapped_column(Boolean)
    """The newest of the notifier's: what is active now comes from this one alone.  False for the server's own."""
    seen_utc_ms: Mapped[int] = mapped_column(BigInteger)


class KeptChange(CloudTable):
    """One change of one journal, as it was told."""

    __tablename__ = "notice_change"
    __table_args__ = (
        UniqueConstraint("device_id", "journal", "sequence", name="uq_notice_change_device_journal_sequence"),
        Index("ix_notice_change_device_number", "device_id", "number"),
        {"sqlite_autoincrement": True},  # without it the number of a newest row that was deleted is given again
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    """In the order in which they were kept; what a clock of a PC says is only shown."""
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    journal: Mapped[bytes] = mapped_column(LargeBinary(16))
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    at_utc_ms: Mapped[int] = mapped_column(BigInteger)
    kept_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    source: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(80))
    code: Mapped[str | None] = mapped_column(String(64))
    severity: Mapped[int | None] = mapped_column(Integer)
    content: Mapped[str] = mapped_column(Text)
    """Texts, values, until and count, in JSON."""
    personal: Mapped[bytes | None] = mapped_column(SealedBytes("notice_change.personal"))
    """By whom and why, in JSON."""
    head: Mapped[bytes] = mapped_column(LargeBinary(32))


class KeptCondition(CloudTable):
    """A condition with anything to say: active, not acknowledged, latched, shelved, suppressed or out of service."""

    __tablename__ = "notice_condition"
    __table_args__ = (
        UniqueConstraint("device_id", "source", "subject", "code", name="uq_notice_condition_key"),
        Index("ix_notice_condition_shown", "is_shown", "severity", "number"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    journal: Mapped[bytes] = mapped_column(LargeBinary(16))
    source: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[int] = mapped_column(Integer)
    is_shown: Mapped[bool] = mapped_column(Boolean)
    """Active, latched or not acknowledged, and in service."""
    is_active: Mapped[bool] = mapped_column(Boolean)
    is_acknowledged: Mapped[bool] = mapped_column(Boolean)
    shelved_until_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    raised_utc_ms: Mapped[int] = mapped_column(BigInteger)
    """When it was raised last, by the server's clock."""
    kept_utc_ms: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    """ConditionState in JSON, without what is personal."""
    personal: Mapped[bytes | None] = mapped_column(SealedBytes("notice_condition.personal"))


def unshelved(now_utc_ms: int) -> ColumnElement[bool]:
    """Return the clause for conditions that nobody has put aside until later than now."""
    until = KeptCondition.shelved_until_utc_ms
    return or_(until.is_(None), until <= now_utc_ms)
