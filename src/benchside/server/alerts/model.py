"""Tables of alerts: the channels with their rules, what waits for each, and how far changes were looked at."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable, RowNumber
from benchside.server.store.sealed import SealedText

__all__ = ["AlertChannel", "AlertItem", "AlertMark"]


class AlertChannel(CloudTable):
    """Where alerts go, and which."""

    __tablename__ = "alert_channel"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    target: Mapped[str] = mapped_column(SealedText("alert_channel.target"))
    """An Apprise URL, or mailto:ADDRESS.  Holds secrets: it is written and never shown."""
    severity: Mapped[int] = mapped_column(Integer)
    sites: Mapped[str] = mapped_column(Text)
    """A list in JSON; all when it is empty.  So are the models."""
    models: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    repeat_min: Mapped[int] = mapped_column(Integer)
    """Said again while nobody acknowledges it; 0: never."""
    is_on: Mapped[bool] = mapped_column(Boolean)
    next_utc_ms: Mapped[int] = mapped_column(BigInteger)
    """Nothing goes out before: the minute of a group, a pause after a failure, or the lease of a try."""
    tries: Mapped[int] = mapped_column(Integer)
    given_up_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the last message was given up; none since then has gone out."""
    why: Mapped[str | None] = mapped_column(String(20))
    """Why the last try failed, a fixed word; None once one has gone out."""
    sent_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the last message went out."""
    tried_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When somebody last asked for a trial message."""


class AlertItem(CloudTable):
    """A condition that a channel has to tell of, or has told of and may repeat."""

    __tablename__ = "alert_item"
    __table_args__ = (
        UniqueConstraint("channel", "device_id", "source", "subject", "code", name="uq_alert_item_condition"),
    )

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(ForeignKey("alert_channel.id", ondelete="CASCADE"))
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(64))
    severity: Mapped[int] = mapped_column(Integer)
    texts: Mapped[str] = mapped_column(Text)
    change: Mapped[int] = mapped_column(BigInteger)
    """The number of the change that it stands for; another one while a message is on its way is told anew."""
    is_waiting: Mapped[bool] = mapped_column(Boolean, index=True)
    told_utc_ms: Mapped[int | None] = mapped_column(BigInteger)


class AlertMark(CloudTable):
    """Up to which change the rules were asked; one row."""

    __tablename__ = "alert_mark"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
