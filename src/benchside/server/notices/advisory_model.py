"""Tables of advisories: what the vendor wants read at PCs, and who has acknowledged it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["Advisory", "AdvisoryAnswer", "AdvisoryReached"]


class Advisory(CloudTable):
    """One advisory, to the PCs of some sites and models."""

    __tablename__ = "advisory"

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    severity: Mapped[int] = mapped_column(Integer)
    texts: Mapped[str] = mapped_column(Text)
    """A sentence for each language, in JSON; so is the advice."""
    advice: Mapped[str] = mapped_column(Text)
    sites: Mapped[str] = mapped_column(Text)
    """A list in JSON; all when it is empty.  So are the models."""
    models: Mapped[str] = mapped_column(Text)
    until_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    made_utc_ms: Mapped[int] = mapped_column(BigInteger)
    made_by: Mapped[str] = mapped_column(String(64))
    withdrawn_utc_ms: Mapped[int | None] = mapped_column(BigInteger)


class AdvisoryAnswer(CloudTable):
    """A person at a PC has acknowledged it."""

    __tablename__ = "advisory_answer"

    advisory_id: Mapped[bytes] = mapped_column(ForeignKey("advisory.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    acknowledged_utc_ms: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str | None] = mapped_column(SealedText("advisory_answer.by"))


class AdvisoryReached(CloudTable):
    """A PC's notifier has it, and shows it."""

    __tablename__ = "advisory_reached"

    advisory_id: Mapped[bytes] = mapped_column(ForeignKey("advisory.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    reached_utc_ms: Mapped[int] = mapped_column(BigInteger)
