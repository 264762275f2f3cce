"""Tables of people as the provider knows them, of their sessions there, and of its log-outs."""

from __future__ import annotations

import secrets

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedText

__all__ = ["ProviderIdentity", "ProviderLogout", "ProviderSession"]


class ProviderIdentity(CloudTable):
    """Whom a provider means by a subject.  Bound at the first sign-in and never moved to another account."""

    __tablename__ = "provider_identity"

    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), unique=True)


class ProviderSession(CloudTable):
    """Which session at the provider a sign-in came from, and with what one may ask whether it still holds."""

    __tablename__ = "provider_session"

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True, default=lambda: secrets.token_bytes(16))
    """Stays when another sign-in takes the place of this one, also while the provider is being asked."""
    token_hash: Mapped[bytes] = mapped_column(
        LargeBinary(32), ForeignKey("sign_in.token_hash", ondelete="CASCADE"), unique=True
    )
    sid: Mapped[str | None] = mapped_column(String(255), index=True)
    refresh_token: Mapped[str | None] = mapped_column(SealedText("provider_session.refresh_token"))
    checked_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
    """When the provider was last asked, whatever it said."""


class ProviderLogout(CloudTable):
    """A log-out that the provider told of, kept for those who are on their way back from there."""

    __tablename__ = "provider_logout"

    token_id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """Of the logout token's own id."""
    sid: Mapped[str | None] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))
    heard_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)
