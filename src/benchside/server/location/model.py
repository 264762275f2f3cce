"""Tables of what an account was seen with, of sign-ins that wait for their link, and of the links."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["KnownLocation", "LocationLink", "NewLocation"]


class KnownLocation(CloudTable):
    """A browser or a network with which somebody confirmed a sign-in."""

    __tablename__ = "known_location"

    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """Of a browser's own token, or a keyed one of a network: neither can be read back."""
    seen_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)


class NewLocation(CloudTable):
    """Where a sign-in that was not confirmed yet came from, as the mail says it."""

    __tablename__ = "new_location"

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), ForeignKey("sign_in.token_hash", ondelete="CASCADE"), primary_key=True
    )
    network: Mapped[str] = mapped_column(SealedText("new_location.network"))
    family: Mapped[str] = mapped_column(SealedText("new_location.family"))
    """Of the browser."""


class LocationLink(CloudTable):
    """A link that went out.  It outlives its sign-in, since it also counts the mails of an account."""

    __tablename__ = "location_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    sign_in: Mapped[bytes] = mapped_column(LargeBinary(32))
    """The hash of its token; follows it when it is renewed, and is empty after "It was not me"."""
    made_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    is_spent: Mapped[bool] = mapped_column(Boolean)
