"""Keeps what the rule of `chain.py` decides of each device, its next key, and who came while it was held."""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from benchside.protocol.errors import PeerError, PeerFault, UnavailableError
from benchside.protocol.trust.device import (
    LinkNonces,
    LinkState,
    first_state,
    show_number,
)
from benchside.protocol.trust.rotation import next_key_proof_agent
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.link import LinkHello
from benchside.server.audit.kind import OPERATOR, ServerKind, device_stream
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Chain, Hold, hold, judge, keep, release
from benchside.server.identity.hello import KeyProved, said_by, who_proves
from benchside.server.identity.model import DeviceChain, HeldInstance
from benchside.server.store.database import Database

__all__ = ["Attention", "DeviceKeeper", "HeldDevice", "Judged", "KeyProved"]

MAX_INSTANCES = 16
"""Remembered of one device while it is held, those that came last; a copy that starts again need not say the same."""


@dataclass(frozen=True)
class Judged:
    """What a hello led to.  `offer`: the next state of the chain; None: the device, or this one of it, is held."""

    offer: LinkState | None
    decisions: int
    """How often a person had decided when it was judged: any later decision overrules it."""


@dataclass(frozen=True)
class Attention:
    """What an operator wants of a device, perhaps in another process."""

    device_id: bytes
    decisions: int
    is_held: bool
    is_rotation_wanted: bool
    is_settled: bool = False
    """It is neither held nor let go on in the one that was chosen, which has its new key: nobody waits any more."""


@dataclass(frozen=True)
class HeldDevice:
    """A device's standing, to be shown."""

    hold: Hold | None
    held_utc_ms: int | None
    instances: tuple[bytes, ...]
    """Those that came with its key and were not let in, since it is held or since a person chose another."""
    with_old_key: tuple[bytes, ...]
    """Those that came with the key from before the last change."""
    key_changed_utc_ms: int | None
    sealing: str


class DeviceKeeper:
    """One transaction for each step, with the event in the log first."""

    def __init__(self, database: Database, ledger: Ledger, now: NowUtcMs) -> None:
        self._database = database
        self._ledger = ledger
        self._now = now

    async def who(self, hello: LinkHello, nonces: LinkNonces) -> KeyProved | None:
        """Return which of the device's keys the hello proves; None for none, an unknown and a revoked device alike."""
        async with self._database.read() as rows:
            device = await rows.get(Device, hello.device_id)
            chain = await rows.get(DeviceChain, hello.device_id)
        return who_proves(device, chain, hello, nonces)

    async def would_welcome(self, hello: LinkHello, nonces: LinkNonces, proved: KeyProved) -> bool:
        """Whether `welcome` would offer something now; nothing is changed."""
        async with self._database.read() as rows:
            row = await rows.get(DeviceChain, hello.device_id)
        if proved.is_old:
            return False
        chain = Chain(kept=first_state(proved.key)) if row is None else _chain(row)
        return judge(chain, said_by(hello, nonces, proved), bytes(32))[1]

    async def is_device(self, device_id: bytes) -> bool:
        """Whether it is enrolled and not revoked."""
        async with self._database.read() as rows:
            device = await rows.get(Device, device_id)
            return device is not None and device.revoked_utc_ms is None

    async def revoked(self) -> list[bytes]:
        """The ids of all devices that are revoked."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(Device.id).where(Device.revoked_utc_ms.is_not(None))))

    async def is_held(self, device_id: bytes) -> bool:
        """Whether nothing of this device is served."""
        async with self._database.read() as rows:
            row = await rows.get(DeviceChain, device_id)
            return row is not None and row.hold is not None

    async def welcome(self, hello: LinkHello, nonces: LinkNonces, proved: KeyProved) -> Judged:
        """Judge the hello.

        UnavailableError when the key that it proved was changed meanwhile: then it says nothing of its PC any more.
        """
        stream, said = device_stream(hello.device_id), said_by(hello, nonces, proved)
        async with self._database.write() as rows:
            row = await _row(rows, hello.device_id)
            if who_proves(await rows.get(Device, hello.device_id), row, hello, nonces) != proved:
                # else one that was not chosen, and comes while the chosen one's key is changed, would have both held
                raise UnavailableError("expected a key that stays while its hello is judged, got a change of it")
            if proved.is_next:
                await self._change_key(rows, row, proved.key)
            before = _chain(row)
            if proved.is_old:
                chain, is_welcome = hold(before, Hold.OLD_KEY), False
            else:
                chain, is_welcome = judge(before, said, os.urandom(32))
            if chain.hold is not before.hold and chain.hold is not None:
                await self._ledger.record(stream, ServerKind.DEVICE_HELD, EventDetails(cause=chain.hold.value))
                row.held_utc_ms = self._now()
            _write(row, chain)
            if not is_welcome:
                await self._note_instance(rows, hello.device_id, hello.instance, has_old_key=proved.is_old)
        return Judged(chain.offer if is_welcome else None, row.decisions)

    async def kept(self, device_id: bytes, offered: LinkState) -> None:
        """The PC has stored what its link offered; PeerError when that is worth nothing any more."""
        async with self._database.write() as rows:
            row = await _row(rows, device_id)
            _write(row, keep(_chain(row), offered))

    async def hold(self, device_id: bytes, cause: Hold, instance: bytes | None, decisions: int | None = None) -> None:
        """Hold a device: no request, no ticket, no session of it until a person decides.

        `instance`: whom to note; None: `welcome` does it.  `decisions`: how many there were when the cause was looked
        for; one that came meanwhile answers it.
        """
        async with self._database.write() as rows:
            row = await _row(rows, device_id)
            if decisions not in (None, row.decisions):
                return
            if row.hold is None:
                await self._ledger.record(
                    device_stream(device_id), ServerKind.DEVICE_HELD, EventDetails(cause=cause.value)
                )
                row.held_utc_ms = self._now()
                _write(row, hold(_chain(row), cause))
            if instance is not None:
                await self._note_instance(rows, device_id, instance, has_old_key=False)

    async def release(
        self, device_id: bytes, instance: bytes | None, *, with_old_key: bool = False, by: str = OPERATOR
    ) -> None:
        """A person has decided: let one of it go on, and have its key changed, so that no other can ever again.

        `with_old_key`: the one of this number that has the key from before the last change, because its disk is older
        than that; the present key is worth nothing from here on.  UnavailableError when there is nothing to decide, or
        when it must be said which one and was not.
        """
        async with self._database.write() as rows:
            row = await _row(rows, device_id)
            came = await _instances(rows, device_id)
            if row.hold is None and not row.is_freed and not came:
                raise UnavailableError("this device is not held")
            if instance is None and row.hold is None and came:
                # a person has chosen one already, and does not take it back without a word
                numbers = ", ".join(show_number(one.instance) for one in came)
                raise UnavailableError(f"came since one was chosen: {numbers}; say --number, as its window shows it")
            instance = _chosen(came, instance, with_old_key=with_old_key) or row.freed_for
            scope = show_number(instance) if instance else None
            details = EventDetails(associate=by, cause=row.hold, scope=scope)
            await self._ledger.record(device_stream(device_id), ServerKind.DEVICE_RELEASED, details)
            _write(row, release(_chain(row), instance))
            row.decisions += 1
            if with_old_key:
                await self._take_old_key(rows, row)
            row.held_utc_ms, row.is_rotation_wanted, row.old_key, row.next_key = None, True, None, None
            await rows.execute(delete(HeldInstance).where(HeldInstance.device_id == device_id))

    async def want_rotation(self, device_id: bytes, *, by: str = OPERATOR) -> None:
        """Have the device's key changed at the next occasion."""
        await self._ledger.record(device_stream(device_id), ServerKind.ROTATION_WANTED, EventDetails(associate=by))
        async with self._database.write() as rows:
            (await _row(rows, device_id)).is_rotation_wanted = True

    async def keep_next(self, device_id: bytes, key: bytes, decisions: int) -> None:
        """Store the next key beside the one in use.

        `decisions`: as its link was judged.  UnavailableError when the device was held or decided about since then.
        """
        async with self._database.write() as rows:
            row = await _row(rows, device_id)
            _refuse_overruled(row, decisions)
            row.next_key = key

    async def prove_next(self, device_id: bytes, nonces: LinkNonces, proof: bytes, decisions: int) -> bytes:
        """The PC has stored its next key: it is the key from here on, and is returned; PeerError for a wrong proof.

        UnavailableError as `keep_next`.
        """
        async with self._database.write() as rows:
            row = await _row(rows, device_id)
            _refuse_overruled(row, decisions)
            key = row.next_key
            if key is None or not hmac.compare_digest(proof, next_key_proof_agent(key, nonces)):
                raise PeerError(PeerFault.NOT_AUTHENTIC, "expected the proof of the next key, got another")
            await self._change_key(rows, row, key)
        return key

    async def attention(self) -> Sequence[Attention]:
        """All devices of which an operator, or the rule, wants something."""
        async with self._database.read() as rows:
            # these columns alone: the keys in the others are sealed, and this is asked each second
            row = DeviceChain
            is_held = row.hold.is_not(None)
            is_settled = and_(row.hold.is_(None), row.freed_for.is_(None), ~row.is_freed)
            columns = (row.device_id, row.decisions, is_held, row.is_rotation_wanted, is_settled)
            wanted = or_(is_held, row.is_rotation_wanted, row.decisions > 0)
            return [Attention(*one) for one in await rows.execute(select(*columns).where(wanted))]

    async def decisions_of(self, device_id: bytes) -> int:
        """How often a person has released it."""
        async with self._database.read() as rows:
            row = await rows.get(DeviceChain, device_id)
            return row.decisions if row else 0

    async def note_sealing(self, device_id: bytes, sealing: str) -> None:
        """Keep how the PC says that its keys rest."""
        async with self._database.write() as rows:
            (await _row(rows, device_id)).sealing = sealing

    async def shown(self, device_id: bytes) -> HeldDevice:
        """Return how a device stands."""
        async with self._database.read() as rows:
            row = await rows.get(DeviceChain, device_id)
            if row is None:
                return HeldDevice(None, None, (), (), None, "")
            came = await _instances(rows, device_id)
            return HeldDevice(
                None if row.hold is None else Hold(row.hold),
                row.held_utc_ms,
                tuple(one.instance for one in came if not one.has_old_key),
                tuple(one.instance for one in came if one.has_old_key),
                row.key_changed_utc_ms,
                row.sealing,
            )

    async def held(self) -> list[bytes]:
        """The ids of all devices that are held."""
        async with self._database.read() as rows:
            return list(await rows.scalars(select(DeviceChain.device_id).where(DeviceChain.hold.is_not(None))))

    async def kept_out(self) -> set[bytes]:
        """The ids of all devices that are held, or of which another came since a person chose one."""
        held = select(DeviceChain.device_id).where(DeviceChain.hold.is_not(None))
        async with self._database.read() as rows:
            return set(await rows.scalars(held.union(select(HeldInstance.device_id))))

    async def _change_key(self, rows: AsyncSession, row: DeviceChain, key: bytes) -> None:
        device = await rows.get_one(Device, row.device_id)
        await self._ledger.record(device_stream(row.device_id), ServerKind.DEVICE_KEY_CHANGED, EventDetails())
        # after a release the old key may be a copy's: whoever has it is a stranger from here on, and holds up nobody
        row.old_key = None if row.freed_for is not None else device.device_key
        device.device_key, row.next_key, row.is_freed, row.freed_for = key, None, False, None
        row.key_changed_utc_ms, row.is_rotation_wanted = self._now(), False
        came = HeldInstance.device_id == row.device_id
        if row.hold is None:
            await rows.execute(delete(HeldInstance).where(came))
            return
        # who decides must hear of all that came: the key that they proved is the old one from here on
        await rows.execute(delete(HeldInstance).where(came, HeldInstance.has_old_key))
        await rows.execute(update(HeldInstance).where(came).values(has_old_key=True))

    async def _take_old_key(self, rows: AsyncSession, row: DeviceChain) -> None:
        if row.old_key is None:
            raise UnavailableError("its key is not known any more; it has to be enrolled again")
        await self._ledger.record(device_stream(row.device_id), ServerKind.DEVICE_KEY_CHANGED, EventDetails())
        (await rows.get_one(Device, row.device_id)).device_key, row.key_changed_utc_ms = row.old_key, self._now()

    async def _note_instance(self, rows: AsyncSession, device_id: bytes, instance: bytes, *, has_old_key: bool) -> None:
        now = self._now()
        # by the key as well: an instance is no secret, and whoever has the old key must not come as another
        row = await rows.get(HeldInstance, (device_id, instance, has_old_key))
        if row is not None:
            row.last_utc_ms = now
            return
        count = select(func.count()).select_from(HeldInstance).where(HeldInstance.device_id == device_id)
        if (await rows.scalar(count) or 0) >= MAX_INSTANCES:
            # or a copy that starts again and again would leave no room for the one that is to be named
            seen = select(HeldInstance).where(HeldInstance.device_id == device_id)
            oldest = await rows.scalar(seen.order_by(HeldInstance.last_utc_ms, HeldInstance.first_utc_ms).limit(1))
            await rows.delete(oldest)
        rows.add(
            HeldInstance(
                device_id=device_id,
                instance=instance,
                first_utc_ms=now,
                last_utc_ms=now,
                has_old_key=has_old_key,
            )
        )


async def _row(rows: AsyncSession, device_id: bytes) -> DeviceChain:
    row = await rows.get(DeviceChain, device_id, with_for_update=True)
    if row is None:
        first = first_state((await rows.get_one(Device, device_id)).device_key)
        row = DeviceChain(
            device_id=device_id,
            kept_step=first.step,
            kept_state=first.value,
            is_freed=False,
            decisions=0,
            is_rotation_wanted=False,
            sealing="",
        )
        rows.add(row)
        await rows.flush()
    return row


async def _instances(rows: AsyncSession, device_id: bytes) -> list[HeldInstance]:
    found = select(HeldInstance).where(HeldInstance.device_id == device_id)
    return list(await rows.scalars(found.order_by(HeldInstance.first_utc_ms)))


def _refuse_overruled(row: DeviceChain, decisions: int) -> None:
    # else the key of one that was not chosen would be the device's, and the chosen one a stranger for good
    if row.hold is not None or row.decisions != decisions:
        raise UnavailableError("expected a device as it was welcomed, got one that was held or decided about since")


def _chosen(came: Sequence[HeldInstance], begins: bytes | None, *, with_old_key: bool) -> bytes | None:
    """The one whose number begins so, or without a number the only one that came; None: nobody came yet."""
    if begins is not None:
        found = [one.instance for one in came if one.instance.startswith(begins) and one.has_old_key is with_old_key]
        if len(found) != 1:
            why = "several have this number; revoke it" if found else "there is no such number among those that came"
            raise UnavailableError(f"{why}; see `device list`")
        return found[0]
    asked = [one for one in came if one.has_old_key] if with_old_key else came
    numbers = ", ".join(show_number(one.instance) for one in asked)
    if len(asked) > 1:
        raise UnavailableError(f"several came: {numbers}; say which with --number, as its window shows it")
    if with_old_key:
        if not asked:
            raise UnavailableError("none came with the key from before; see `device list`")
        # one alone is named all the same: its key takes the place of the present one for good
        raise UnavailableError(f"{numbers} has the key from before; say --number, as its window shows it")
    if came and came[0].has_old_key:
        # without a word the one with the present key goes on, which perhaps is off now
        number = show_number(came[0].instance)
        raise UnavailableError(f"{number} has the key from before; say --number and --old-key if it may go on")
    return came[0].instance if came else None  # not whoever comes first: it may be one that nobody has seen yet


def _chain(row: DeviceChain) -> Chain:
    offer = None
    if row.offer_step is not None and row.offer_state is not None:
        offer = LinkState(row.offer_step, row.offer_state)
    return Chain(
        kept=LinkState(row.kept_step, row.kept_state),
        offer=offer,
        hold=None if row.hold is None else Hold(row.hold),
        is_freed=row.is_freed,
        freed_for=row.freed_for,
    )


def _write(row: DeviceChain, chain: Chain) -> None:
    row.kept_step, row.kept_state = chain.kept.step, chain.kept.value
    row.offer_step = None if chain.offer is None else chain.offer.step
    row.offer_state = None if chain.offer is None else chain.offer.value
    row.hold = None if chain.hold is None else chain.hold.value
    row.is_freed, row.freed_for = chain.is_freed, chain.freed_for
