"""Tables of people, groups and trainings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.enrolment.model import Customer
from benchside.server.store.planes import CloudTable

__all__ = ["Group", "Membership", "Person", "TrainingRecord"]


class Person(CloudTable):
    """Somebody of the vendor's, or a customer's security officer.  `id` is the account that they sign in with."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    organisation: Mapped[str] = mapped_column(String(80))
    role: Mapped[str | None] = mapped_column(String(16))
    """An AssociateRole of the policy; nothing for who does not help."""
    is_administrator: Mapped[bool] = mapped_column(Boolean, server_default=false())
    officer_of: Mapped[str | None] = mapped_column(ForeignKey(Customer.id))
    """The customer whose security officer this is."""
    until_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    """When they leave, where that is known."""
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=true())


class Group(CloudTable):
    """People who look after the same models at the same sites of the same customers."""

    __tablename__ = "staff_group"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    customers: Mapped[str] = mapped_column(Text)
    """These three are lists in JSON, as the policy's scopes have them; `*` is all."""
    sites: Mapped[str] = mapped_column(Text)
    models: Mapped[str] = mapped_column(Text)


class Membership(CloudTable):
    """Who is in which group."""

    __tablename__ = "membership"

    group: Mapped[str] = mapped_column(ForeignKey("staff_group.id", ondelete="CASCADE"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)


class TrainingRecord(CloudTable):
    """A course on a privacy law that somebody has passed, and until when it counts."""

    __tablename__ = "training"

    person: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    course: Mapped[str] = mapped_column(String(64), primary_key=True)
    law: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_utc_ms: Mapped[int] = mapped_column(BigInteger)
