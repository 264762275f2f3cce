"""Keeps the channels of one session open: `main` first, then one for each grant, again after each drop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Protocol

from benchside.host.channel import Opened, PairedLink, RelayDialler, open_epoch
from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.pace import Pace
from benchside.protocol.flow.session import Phase
from benchside.protocol.trust.schedule import GrantSecret, SessionKeys
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.channel import Channel
from benchside.transport.backoff import Backoff

__all__ = ["CHANNEL_OF", "LineEvents", "Lines"]

log = logging.getLogger(__name__)

CHANNEL_OF = {Capability.VIEW: Channel.VIEW, Capability.CONTROL: Channel.CONTROL}
_CAPABILITY_OF = {channel: capability for capability, channel in CHANNEL_OF.items()}
PAIR_WITHIN_S = 20.0
"""How long a channel waits for its other end before it tries with a fresh ticket."""
FIRST_WAIT_S = 0.1
MAX_WAIT_S = 3.0
"""Twenty tries in the minute that a lost line has; the technician is waiting."""
MAIN_WITHIN_S = 10.0
MAX_ON_MAIN = 80
"""Two a second keep the line alive, after a hang of ten seconds twice as many come at once; the rest are questions.
Each question is written down, so an associate who floods would fill the disk."""


class LineEvents(Protocol):
    """What the session decides about its lines."""

    @property
    def phase(self) -> Phase:
        """How far the session has come."""

    async def receive(self, paired: PairedLink) -> Opened | None:
        """Somebody is at `main` and there are no keys yet: the handshake.  None when it came to nothing."""

    def check_ticket(self, ticket: bytes, channel: Channel, server_ahead_ms: int) -> None:
        """Raise unless the console's ticket admits it to this channel now."""

    def main_opened(self) -> None:
        """`main` is open again; nothing has come on it yet."""

    def main_stood(self) -> None:
        """`main` is back: a record came that only the console can have sealed."""

    def main_said(self, plain: bytes) -> None:
        """A message on `main`; PeerError when it breaks the rules."""

    def main_fell(self) -> None:
        """`main` is gone."""

    def channel_stood(self, grant: ConsentGrant, opened: Opened) -> Callable[[bytes], None]:
        """A grant's channel is open; return what takes its messages."""

    def channel_fell(self, capability: Capability) -> None:
        """A grant's channel is gone."""

    def record_forged(self, channel: Channel, fault: PeerFault) -> None:
        """A record did not open."""

    def console_broke_rule(self, error: PeerError) -> None:
        """What did open breaks the protocol."""

    def task_failed(self, name: str, error: BaseException) -> None:
        """A bug of ours."""


class Lines:
    """Owns connections, keys and their tasks."""

    def __init__(self, dialler: RelayDialler, events: LineEvents) -> None:
        self._dialler = dialler
        self._events = events
        self._keys: SessionKeys | None = None
        self._secrets: dict[Capability, GrantSecret] = {}
        self._open: dict[Channel, Opened] = {}
        self._epochs: dict[Channel, int] = dict.fromkeys(Channel, 0)
        self._tasks: dict[Channel, asyncio.Task[None]] = {}
        self._pace = Pace(most=MAX_ON_MAIN, within_s=MAIN_WITHIN_S)
        self._is_main_proved = True

    def start(self) -> None:
        """Wait on `main` from now on."""
        self._task(Channel.MAIN, self._keep_main())

    def take_keys(self, keys: SessionKeys, main: Opened) -> None:
        """The handshake's fruit: the session's keys and `main` in its first epoch."""
        self._keys = keys
        self._open[Channel.MAIN] = main

    def open_grant(self, grant: ConsentGrant, secret: bytes) -> None:
        """Open the grant's channel and keep it open until `drop_grant`."""
        known = GrantSecret(capability=grant.capability, grant=grant.grant, secret=secret)
        self._secrets[grant.capability] = known
        self._task(CHANNEL_OF[grant.capability], self._keep_channel(grant))

    def drop_grant(self, capability: Capability, between: Callable[[], None]) -> None:
        """Destroy the grant's keys, then do `between`, then let the network know."""
        channel = CHANNEL_OF[capability]
        opened, secret = self._open.pop(channel, None), self._secrets.pop(capability, None)
        if opened is not None:
            opened.forget()
        if secret is not None:
            secret.forget()
        between()
        if opened is not None:
            opened.link.abort()
        task = self._tasks.pop(channel, None)
        if task is not None:
            task.cancel()

    def send_main(self, plain: bytes) -> None:
        """Say it on `main`; dropped while the line is lost."""
        main = self._open.get(Channel.MAIN)
        if main is not None:
            main.send(plain)

    def lose_all(self) -> None:
        """Forget the keys of every open epoch; the tasks try to come back."""
        for channel in tuple(self._open):
            self._lose(channel)

    def end(self, farewell: bytes, between: Callable[[], None]) -> None:
        """Seal the farewell, destroy every key, do `between`, and only then tell the network."""
        main = self._open.get(Channel.MAIN)
        sealed = None if main is None or main.is_forgotten else main.seal(farewell)
        opened = list(self._open.values())
        self._open.clear()
        for channel in opened:
            channel.forget()
        for secret in self._secrets.values():
            secret.forget()
        self._secrets.clear()
        if self._keys is not None:
            self._keys.forget()
        between()
        if main is not None and sealed is not None:
            main.link.send(sealed)
        for channel in opened:
            if channel is main:
                channel.link.close()
            else:
                channel.link.abort()
        for task in self._tasks.values():
            task.cancel()

    async def _keep_main(self) -> None:
        """Keep `main` open, or ready to be opened, until the session is over."""
        backoff = Backoff(first_s=FIRST_WAIT_S, most_s=MAX_WAIT_S)
        while self._events.phase is not Phase.OVER:
            try:
                paired = await self._dialler.pair(Channel.MAIN, PAIR_WITHIN_S if self._keys is not None else None)
                opened = await self._open_main(paired)
                if opened is not None:
                    await opened.serve(lambda plain: self._take_main(plain, backoff))
            except (UnavailableError, RefusedError, PeerError, TimeoutError) as error:
                self._note_fault(Channel.MAIN, error)
            self._lose(Channel.MAIN)
            await asyncio.sleep(backoff.next_s())

    def _take_main(self, plain: bytes, backoff: Backoff) -> None:
        if not self._is_main_proved:
            # an opening is not authentic, and a relay could replay a ticket: only a record shows who is there
            self._is_main_proved = True
            backoff.reset()
            self._events.main_stood()
        self._pace.count(asyncio.get_running_loop().time())
        self._events.main_said(plain)

    async def _open_main(self, paired: PairedLink) -> Opened | None:
        if self._keys is None:
            self._is_main_proved = True
            return await self._events.receive(paired)
        self._is_main_proved = False
        opened = await self._open_epoch(paired, Channel.MAIN, self._keys.main)
        self._events.main_opened()
        return opened

    async def _keep_channel(self, grant: ConsentGrant) -> None:
        """Keep a grant's channel open while the grant and the line stand."""
        channel = CHANNEL_OF[grant.capability]
        backoff = Backoff(first_s=FIRST_WAIT_S, most_s=MAX_WAIT_S)
        while (secret := self._secrets.get(grant.capability)) is not None:
            if self._events.phase is not Phase.LIVE:
                await asyncio.sleep(FIRST_WAIT_S)
                continue
            try:
                paired = await self._dialler.pair(channel, PAIR_WITHIN_S)
                opened = await self._open_epoch(paired, channel, secret)
                await opened.serve(_resetting(backoff, self._events.channel_stood(grant, opened)))
            except (UnavailableError, RefusedError, PeerError, TimeoutError) as error:
                self._note_fault(channel, error)
            self._lose(channel)
            await asyncio.sleep(backoff.next_s())

    async def _open_epoch(self, paired: PairedLink, channel: Channel, secret: GrantSecret) -> Opened:
        if self._keys is None:
            raise RefusedError(Refusal.DENIED, f"expected a session before {channel}, got none")
        self._epochs[channel] += 1
        epoch = self._epochs[channel]
        try:
            opened = await open_epoch(
                paired, channel, self._keys, secret, epoch=epoch, check_ticket=self._events.check_ticket
            )
        except BaseException:
            paired.link.abort()
            raise
        self._open[channel] = opened
        return opened

    def _lose(self, channel: Channel) -> None:
        """A channel's connection ended: forget its keys, then say so."""
        opened = self._open.pop(channel, None)
        if opened is None:
            return
        opened.forget()
        opened.link.abort()
        if channel is Channel.MAIN:
            self._events.main_fell()
        else:
            self._events.channel_fell(_CAPABILITY_OF[channel])

    def _note_fault(self, channel: Channel, error: Exception) -> None:
        """Log it, and let what a hostile peer did have its consequence."""
        log.info("channel ended", extra={"channel": channel.value, "cause": str(error), "kind": type(error).__name__})
        if not isinstance(error, PeerError) or self._keys is None:
            return
        if error.fault in (PeerFault.NOT_AUTHENTIC, PeerFault.TOO_LARGE):
            self._events.record_forged(channel, error.fault)
        elif channel in self._open:
            # sealed with the session's own keys, so it was the console and not somebody on the way
            self._events.console_broke_rule(error)

    def _task(self, channel: Channel, coroutine: Coroutine[None, None, None]) -> None:
        old = self._tasks.pop(channel, None)
        if old is not None:
            old.cancel()
        task = asyncio.get_running_loop().create_task(coroutine, name=f"{channel} channel")
        task.add_done_callback(self._task_done)
        self._tasks[channel] = task

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._events.task_failed(task.get_name(), error)


def _resetting(backoff: Backoff, take: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Return `take`, which counts the first record that opens as a success of the dialling."""

    def first(plain: bytes) -> None:
        backoff.reset()
        take(plain)

    return first
