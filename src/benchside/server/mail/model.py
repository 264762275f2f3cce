"""The table of mail that has still to go out."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable, RowNumber
from benchside.server.store.sealed import SealedText

__all__ = ["Mail"]


class Mail(CloudTable):
    """One mail to one person.  The row is gone once the mail server has it."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200))
    """The same at each try, so that whoever gets the mail twice sees it once."""
    template: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(SealedText("mail.recipient"))
    subject: Mapped[str] = mapped_column(SealedText("mail.subject"))
    body: Mapped[str] = mapped_column(SealedText("mail.body"))
    put_utc_ms: Mapped[int] = mapped_column(BigInteger)
    due_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    ends_utc_ms: Mapped[int] = mapped_column(BigInteger)
    """Then it helps nobody any more."""
    tries: Mapped[int] = mapped_column(Integer)
