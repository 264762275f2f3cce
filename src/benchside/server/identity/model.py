"""Tables of what the server remembers of a device's links, and of who came while it was held."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.store.planes import CloudTable
from benchside.server.store.sealed import SealedBytes

__all__ = ["DeviceChain", "HeldInstance"]


class DeviceChain(CloudTable):
    """One row for each device, from its first link on."""

    __tablename__ = "device_chain"

    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    kept_step: Mapped[int] = mapped_column(BigInteger)
    kept_state: Mapped[bytes] = mapped_column(SealedBytes("device_chain.kept_state"))
    offer_step: Mapped[int | None] = mapped_column(BigInteger)
    offer_state: Mapped[bytes | None] = mapped_column(SealedBytes("device_chain.offer_state"))
    hold: Mapped[str | None] = mapped_column(String(16), index=True)
    held_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    is_freed: Mapped[bool] = mapped_column(Boolean, default=False)
    freed_for: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    decisions: Mapped[int] = mapped_column(BigInteger, default=0)
    """How often a person has decided about it: links that were judged before the last time end, and come again."""
    next_key: Mapped[bytes | None] = mapped_column(SealedBytes("device_chain.next_key"))
    old_key: Mapped[bytes | None] = mapped_column(SealedBytes("device_chain.old_key"))
    """The key before the last change, only to know whoever still comes with it.  None after a release."""
    key_changed_utc_ms: Mapped[int | None] = mapped_column(BigInteger)
    is_rotation_wanted: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    sealing: Mapped[str] = mapped_column(String(200), default="")


class HeldInstance(CloudTable):
    """An agent that came while its device was held; the window on its PC shows the same number."""

    __tablename__ = "held_instance"

    device_id: Mapped[bytes] = mapped_column(ForeignKey("device.id", ondelete="CASCADE"), primary_key=True)
    instance: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    has_old_key: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    """It proved the key from before the last change."""
    first_utc_ms: Mapped[int] = mapped_column(BigInteger)
    last_utc_ms: Mapped[int] = mapped_column(BigInteger)
