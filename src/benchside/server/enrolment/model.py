"""Tables of customers, sites, enrolment tokens, known models, devices and instruments."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedBytes, SealedText

__all__ = ["Customer", "Device", "Instrument", "KnownModel", "Site", "Token"]


class Customer(CloudTable):
    """A hospital or a chain of laboratories: whose sites they are, and whom its IT is told by mail."""

    __tablename__ = "customer"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    it_mail: Mapped[str | None] = mapped_column(SealedText("customer.it_mail"))
    """Gets a mail for each session; nobody when empty."""
    mail_language: Mapped[str] = mapped_column(String(8), server_default="en")


class Site(CloudTable):
    """A lab.  Its region is the server's and never changes."""

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    customer: Mapped[str | None] = mapped_column(ForeignKey("customer.id"))
    """Whose it is; nobody may help at a site of nobody."""
    customer_since_utc_ms: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """From when on it is; 0: it has had no other.  Whose it was before is in FormerTerm."""
    laws: Mapped[str] = mapped_column(String(400), server_default="")
    """The privacy laws that hold there, with commas between."""
    time_zone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    rules: Mapped[str] = mapped_column(Text, server_default="{}")
    """SiteRules of the policy, in JSON."""
    silent_after_min: Mapped[int] = mapped_column(Integer, server_default="15")
    """A PC that is not connected for longer is told of as silent; 0: never."""
    created_utc_ms: Mapped[int] = mapped_column(BigInteger)


class FormerTerm(CloudTable):
    """A time in which a site was another customer's: what happened then stays theirs to read."""

    __tablename__ = "former_term"

    site: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    until_utc_ms: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    from_utc_ms: Mapped[int] = mapped_column(BigInteger)
    customer: Mapped[str] = mapped_column(String(64), index=True)


class Token(CloudTable):
    """A one-time enrolment token.  Only a hash of its secret rests here."""

    __tablename__ = "enrolment_token"

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    created_utc_ms: Mapped[int] = mapped_column(BigInteger)
    expires_utc_ms: Mapped[int] = mapped_column(BigInteger)
    used_utc_ms: Mapped[int | None] = mapped_column(BigInteger)


class KnownModel(CloudTable):
    """A model of instrument that the operator knows.  One that is not here counts as holding patient data."""

    __tablename__ = "known_model"

    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    patient_data: Mapped[bool] = mapped_column(Boolean)


class Device(CloudTable):
    """An enrolled PC."""

    __tablename__ = "device"

    id: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    region: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    device_key: Mapped[bytes] = mapped_column(SealedBytes("device.device_key"))
    identity_spki: Mapped[bytes] = mapped_column(LargeBinary(600))
    identity_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    registrant: Mapped[str] = mapped_column(SealedText("device.registrant"))
    registrant_email: Mapped[str] = mapped_column(SealedText("device.registrant_email"))
    enrolled_utc_ms: Mapped[int] = mapped_column(BigInteger)
    revoked_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    software: Mapped[str | None] = mapped_column(String(200))
    policy_version: Mapped[int] = mapped_column(BigInteger, default=0)
    it_review_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    terms_version: Mapped[str | None] = mapped_column(String(200))
    instruments: Mapped[list[Instrument]] = relationship(
        order_by="Instrument.position", cascade="all, delete-orphan", lazy="selectin"
    )


class Instrument(CloudTable):
    """One instrument of a PC; `patient_data` is what counts, not what the PC said."""

    __tablename__ = "instrument"

    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(String(200))
    serial: Mapped[str] = mapped_column(String(200))
    patient_data: Mapped[bool] = mapped_column(Boolean)
