"""Tables of accounts and sign-ins."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedBytes, SealedText

__all__ = ["Account", "SignIn"]


class Account(CloudTable):
    """Somebody who may sign in.  `id` is also the associate's id in the policy."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    """argon2id in its own text form, with its salt and cost (RFC 9106); empty for who signs in at the provider."""
    must_change: Mapped[bool] = mapped_column(Boolean)
    factor: Mapped[bytes | None] = mapped_column(SealedBytes("account.factor"))
    """The secret of the second factor; none at a provider's account, and until the first sign-in set one up."""
    factor_offered: Mapped[bytes | None] = mapped_column(SealedBytes("account.factor_offered"))
    """One that was shown and whose first code has not come yet."""
    factor_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Of the last code that was taken: none is taken twice."""
    disabled: Mapped[bool] = mapped_column(Boolean)
    created_utc_ms: Mapped[int] = mapped_column(BigInteger)
    key_spki: Mapped[bytes | None] = mapped_column(LargeBinary(600))
    key_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    key_set_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str | None] = mapped_column(SealedText("account.address"))
    """Where the links for a new location go: from an operator, or from the provider that vouches for it."""
    denied_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When the person said of a sign-in that it was not theirs; until the operator does something about it."""


class SignIn(CloudTable):
    """A browser that is signed in.  Only a hash of its token rests here."""

    __tablename__ = "sign_in"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    opened_utc_ms: Mapped[int] = mapped_column(BigInteger)
    used_utc_ms: Mapped[int] = mapped_column(BigInteger)
    proved_utc_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """When the person last proved who they are."""
    needs_location: Mapped[bool] = mapped_column(Boolean, server_default=false())
    """It came from a new browser or network, and the link from e-mail was not used yet."""
