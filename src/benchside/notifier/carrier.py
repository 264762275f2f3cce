"""The way to the server, through the agent's door: what is carried, how far the server has it, advisories.

The journal is the queue: nothing is kept in memory but one batch, however long the server is away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from benchside.notifier.journal import Journal
from benchside.notifier.words import Words
from benchside.platform.door.here import connect_door
from benchside.protocol.errors import CallerError, PeerError, UnavailableError
from benchside.protocol.flow.pace import Pace
from benchside.protocol.wire.carrier import (
    AdvisoryOffered,
    AdvisoryWithdrawn,
    CarrierShown,
    CarrierWanted,
    NoticesAsked,
    NoticesKept,
    NoticesReported,
    pack_batch,
)
from benchside.protocol.wire.condition import MAX_BATCH, ConditionChange, ConditionKey, NoticeBatch, Signal, SignalState
from benchside.protocol.wire.desk import DESK, DESK_VERSION, DeskAlive, DeskMessage
from benchside.transport.backoff import Backoff
from benchside.transport.frames import FrameStream

__all__ = ["Around", "Carrier", "advisory_key"]

log = logging.getLogger(__name__)

FIRST_WAIT_S = 0.5
MAX_WAIT_S = 30.0
"""The agent is on this PC: looking for it twice a minute costs nothing."""
ALIVE_EVERY_S = 10.0
"""The agent takes 60 s of silence for a notifier that hangs (agent/notices.py)."""
ASK_AGAIN_S = 30.0
"""A batch that the server did not keep, for whatever reason, is offered again after this."""
MAX_ADVISORIES = 50
"""More that hold at once are no advice."""
SAID_IN_TEN_S = 3 * MAX_ADVISORIES
"""What a server may say that is news: all advisories at each reconnect and once more when we ask it for our place,
which do not come more often."""
ADVISORIES = "advisories"
CONTRADICTED = "advisories_contradicted"
OFFERED_WRONG_MS = 300_000
"""An advisory that the server offers, and that is over by our clock for so long: the clock is wrong.  A clock that
follows another is off by less, and is believed."""
BELIEVED_MS = 30 * 86_400_000
"""How long the server's word counts against such a clock, by the same clock, which is ahead but runs: it says so anew
at each reconnect, and a PC that has none for a month may well have one that is over."""
SAID_ANEW_MS = 86_400_000
"""The moment of that word on disk is at most so old: a line that comes and goes is no write each time."""
KEPT = "kept"
SET_BACK = ConditionKey("benchside.notifier", "journal", "set_back")


class Around(Protocol):
    """What the carrier tells the notifier."""

    def agent_said(self, *, is_online: bool | None, is_assay_running: bool) -> None:
        """The agent is there, or (None) is not; whether it reaches the server; whether a run is flagged."""

    def signals_came(self, signals: tuple[Signal, ...]) -> None:
        """Take signals."""


def advisory_key(advisory: bytes) -> ConditionKey:
    """Return the condition that an advisory of the vendor's is on this PC."""
    return ConditionKey("vendor", advisory.hex(), "advisory")


class Carrier:
    """Owns the connection to the agent; `run` keeps it for as long as the notifier lives."""

    def __init__(
        self, agent: Path, journal: Journal, words: Words, around: Around,
        utc_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:  # fmt: skip
        self._agent = agent
        self._journal = journal
        self._words = words
        self._around = around
        self._utc_ms = utc_ms
        self._stream: FrameStream[DeskMessage] | None = None
        self._is_online = False
        self._sent = 0
        """Up to where the batch that is on its way goes; 0: none is, or we do not know where the server is."""
        self._knows = False
        self._again: asyncio.TimerHandle | None = None
        self._pace = Pace(most=SAID_IN_TEN_S, within_s=10.0)
        self._advisories = _read_advisories(journal)
        self._holds: dict[bytes, bool] = {}
        """What was said of each last; those whose time is over are kept, for the clock may be wrong about that."""
        self._contradicted = _read_contradicted(journal)
        """Those that were offered when our clock had them over, with what it said then: one that is ahead would end
        them at each look, and each reconnect begin them anew, without the acknowledgement."""
        for advisory in self._advisories.values():
            words.advise(advisory.id.hex(), advisory.texts, advisory.advice)
        self.kept = min(int.from_bytes(journal.fact(KEPT) or b"", "big"), journal.last_sequence())
        """Up to where the server has the journal, as far as it said."""

    @property
    def unsent(self) -> int:
        """How many changes the server does not have yet."""
        return max(0, self._journal.last_sequence() - self.kept)

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        backoff = Backoff(first_s=FIRST_WAIT_S, most_s=MAX_WAIT_S)
        while True:
            try:
                stream = FrameStream(*await connect_door(self._agent), DESK)
                await self._keep(stream, backoff)
            except (OSError, PeerError, UnavailableError, CallerError) as error:
                log.debug("way to the agent ended", extra={"cause": str(error)})
            finally:
                self._drop()
            # not where we are ending ourselves: that says nothing of the agent
            self._around.agent_said(is_online=None, is_assay_running=False)
            await asyncio.sleep(backoff.next_s())

    def changed(self) -> None:
        """The journal has grown."""
        self._report()

    def look(self, utc_ms: int) -> None:
        """End advisories whose time is over, and bring them back where the clock was wrong about it."""
        for advisory in self._advisories.values():
            holds = self._holds_at(advisory, utc_ms)
            if self._holds.get(advisory.id) is not holds:
                self._say(advisory, holds)

    async def _keep(self, stream: FrameStream[DeskMessage], backoff: Backoff) -> None:
        stream.send(CarrierWanted(version=DESK_VERSION))
        beating = asyncio.create_task(_beat(stream), name="carrier beats")
        try:
            while (message := await stream.receive()) is not None:
                self._stream = stream
                backoff.reset()
                self._take(message)
        finally:
            beating.cancel()
            stream.abort()

    def _take(self, message: DeskMessage) -> None:
        """PeerError for a server that floods: each of its words may be a write to the disk."""
        if not self._is_awaited(message):
            self._pace.count(asyncio.get_running_loop().time())
        match message:
            case CarrierShown():
                came_online = message.is_online and not self._is_online
                self._is_online = message.is_online
                self._around.agent_said(is_online=message.is_online, is_assay_running=message.is_assay_running)
                if came_online:
                    self._ask()
            case NoticesKept():
                self._kept(message)
            case AdvisoryOffered():
                self._offer(message)
            case AdvisoryWithdrawn():
                self._withdraw(message.id)
            case _:
                log.info("agent said what has no meaning here", extra={"message": type(message).__name__})

    def _is_awaited(self, message: DeskMessage) -> bool:
        """Return whether it is the agent's own word, an answer that brings us on, as fast as we ask, or no news."""
        if isinstance(message, NoticesKept):
            return not self._knows or (self._sent > 0 and message.sequence > self.kept)
        if isinstance(message, AdvisoryWithdrawn):  # all of a year come again at each reconnect, and cost nothing here
            return message.id not in self._advisories
        return isinstance(message, CarrierShown)

    def _drop(self) -> None:
        self._stream, self._is_online, self._sent, self._knows = None, False, 0, False
        self._cancel_again()

    # -- the journal ------------------------------------------------------------------------------

    def _ask(self) -> None:
        self._cancel_again()
        self._sent, self._knows = 0, False
        if self._stream is not None:
            self._stream.send(NoticesAsked(journal=self._journal.id))

    def _kept(self, message: NoticesKept) -> None:
        """A server that says less than before has lost some: it gets them again, as far as they are here."""
        if message.journal != self._journal.id:
            return
        if not self._knows and self._was_set_back(message):
            self._begin_another(message.sequence)
            return
        was_sent, self._sent, self._knows = self._sent, 0, True
        kept = min(message.sequence, self._journal.last_sequence())
        if kept != self.kept:
            self.kept = kept
            try:
                self._journal.keep_fact(KEPT, kept.to_bytes(8, "big"))
            except UnavailableError as error:
                log.info("place of the server's copy was not kept", extra={"cause": str(error)})
        self._cancel_again()
        if was_sent and kept < was_sent:
            self._again = asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._ask)
            self._knows = False
            return
        self._report()

    def _was_set_back(self, message: NoticesKept) -> bool:
        """Whether the server has entries that are not ours: this disk is an older one, and was written to since.

        What is written before it is told is never behind what was told.
        """
        if message.sequence > self._journal.last_sequence():
            return True
        own = self._journal.at(message.sequence)
        return own is not None and message.head is not None and own.head != message.head

    def _begin_another(self, sequence: int) -> None:
        """Tell all of it anew under another id; what was told since the older image would else be told by nobody."""
        self._pace.count(asyncio.get_running_loop().time())
        self._cancel_again()
        own = self._journal.at(sequence)
        if own is not None and self._stream is not None:  # by which the server sees the break, and tells of it itself
            proof = pack_batch(NoticeBatch(journal=self._journal.id, changes=(own,)))
            self._stream.send(NoticesReported(batch=proof))
        try:
            self._journal.begin_another()
            self._journal.keep_fact(KEPT, bytes(8))
        except UnavailableError as error:
            log.error("journal that was set back goes on as it was", extra={"cause": str(error)})
        self.kept, self._sent = 0, 0
        self._around.signals_came((Signal(SET_BACK, SignalState.PULSE),))
        # not at once: a server that says so again and again gets a journal twice a minute and no more
        self._again = asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._ask)

    def _report(self) -> None:
        if self._stream is None or not self._is_online or not self._knows or self._sent:
            return
        try:
            changes = self._journal.after(self.kept, MAX_BATCH)
        except UnavailableError as error:
            log.error("journal cannot be carried", extra={"cause": str(error)})
            return
        if not changes:
            return
        batch, last = _packed(self._journal.id, changes)
        self._sent = last
        self._stream.send(NoticesReported(batch=batch))
        self._cancel_again()
        self._again = asyncio.get_running_loop().call_later(ASK_AGAIN_S, self._ask)

    def _cancel_again(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None

    # -- advisories -------------------------------------------------------------------------------

    def _offer(self, advisory: AdvisoryOffered) -> None:
        if advisory.id not in self._advisories and len(self._advisories) >= MAX_ADVISORIES and not self._make_room():
            log.warning("expected fewer advisories at once, got one more")
            return
        if self._advisories.get(advisory.id) != advisory:
            self._advisories[advisory.id] = advisory
            self._keep_advisories()
        self._words.advise(advisory.id.hex(), advisory.texts, advisory.advice)
        utc_ms = self._utc_ms()
        if utc_ms - advisory.until_utc_ms >= OFFERED_WRONG_MS:
            self._contradict(advisory.id, utc_ms)
        self._say(advisory, self._holds_at(advisory, utc_ms))

    def _contradict(self, advisory: bytes, utc_ms: int) -> None:
        said_utc_ms = self._contradicted.get(advisory)
        if said_utc_ms is None or abs(utc_ms - said_utc_ms) >= SAID_ANEW_MS:
            self._contradicted[advisory] = utc_ms
            self._keep_contradicted()

    def _holds_at(self, advisory: AdvisoryOffered, utc_ms: int) -> bool:
        """Return whether it holds by the clock, or by the server's word against that; and forget a word that is spent.

        It is when the clock was set right, and when it is far from where it was then: set, or the word is old.
        """
        is_in_time = advisory.until_utc_ms > utc_ms
        said_utc_ms = self._contradicted.get(advisory.id)
        if said_utc_ms is None:
            return is_in_time
        if not is_in_time and abs(utc_ms - said_utc_ms) <= BELIEVED_MS:
            return True
        del self._contradicted[advisory.id]
        self._keep_contradicted()
        return is_in_time

    def _say(self, advisory: AdvisoryOffered, holds: bool) -> None:
        self._holds[advisory.id] = holds
        key = advisory_key(advisory.id)
        signal = Signal(key, SignalState.ON, severity=advisory.severity) if holds else Signal(key, SignalState.OFF)
        self._around.signals_came((signal,))

    def _make_room(self) -> bool:
        """Forget the one that is over for longest."""
        over = [one for one in self._advisories.values() if self._holds.get(one.id) is False]
        if over:
            self._withdraw(min(over, key=lambda one: one.until_utc_ms).id)
        return bool(over)

    def _withdraw(self, advisory: bytes) -> None:
        if self._advisories.pop(advisory, None) is None:
            return
        self._holds.pop(advisory, None)
        self._keep_advisories()
        if self._contradicted.pop(advisory, None) is not None:
            self._keep_contradicted()
        self._words.forget_advice(advisory.hex())
        self._around.signals_came((Signal(advisory_key(advisory), SignalState.OFF),))

    def _keep_advisories(self) -> None:
        self._keep_fact(ADVISORIES, list(self._advisories.values()))

    def _keep_contradicted(self) -> None:
        self._keep_fact(CONTRADICTED, self._contradicted)

    def _keep_fact(self, name: str, value: object) -> None:
        try:
            self._journal.keep_fact(name, msgspec.msgpack.encode(value))
        except UnavailableError as error:
            log.error("advisories were not kept", extra={"cause": str(error)})


def _packed(journal: bytes, changes: list[ConditionChange]) -> tuple[bytes, int]:
    """Return as many of `changes` as may travel together, and the number of the last; one alone always may."""
    while True:
        try:
            return pack_batch(NoticeBatch(journal=journal, changes=tuple(changes))), changes[-1].sequence
        except CallerError:
            if len(changes) == 1:
                raise
            changes = changes[: len(changes) // 2]


async def _beat(stream: FrameStream[DeskMessage]) -> None:
    while True:
        await asyncio.sleep(ALIVE_EVERY_S)
        stream.send(DeskAlive())


def _read_advisories(journal: Journal) -> dict[bytes, AdvisoryOffered]:
    try:
        read = msgspec.msgpack.decode(journal.fact(ADVISORIES) or b"\x90", type=list[AdvisoryOffered])
    except msgspec.MsgspecError as error:
        log.error("advisories cannot be read", extra={"cause": str(error)})
        return {}
    return {advisory.id: advisory for advisory in read}


def _read_contradicted(journal: Journal) -> dict[bytes, int]:
    try:
        return msgspec.msgpack.decode(journal.fact(CONTRADICTED) or b"\x80", type=dict[bytes, int])
    except msgspec.MsgspecError as error:
        log.error("what was said against the clock cannot be read", extra={"cause": str(error)})
        return {}
