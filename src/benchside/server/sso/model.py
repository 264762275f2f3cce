"""Tables of people as the provider knows them, and of their sessions there."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["ProviderIdentity", "ProviderSession"]


class ProviderIdentity(CloudTable):
    """Whom a provider means by a subject.  Bound at the first sign-in and never moved to another account."""

    __tablename__ = "provider_identity"

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)


class ProviderSession(CloudTable):
    """Which session at the provider a sign-in came from, and with what one may ask whether it still holds."""

    __tablename__ = "provider_session"

    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), ForeignKey("sign_in.token_hash", ondelete="CASCADE"), primary_key=True
    )
    sid: Mapped[str | None] = mapped_column(String(255), index=True)
    refresh_token: Mapped[str | None] = mapped_column(SealedText("provider_session.refresh_token"))
    checked_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
