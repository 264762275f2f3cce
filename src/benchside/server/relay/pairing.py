"""Pairs the two ends of a channel by their tickets and passes messages on unread, at the pace of the slower end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import picows

from benchside.protocol.errors import Refusal, RefusedError
from benchside.protocol.trust.ticket import check_ticket
from benchside.protocol.wire.channel import MAX_FRAME_BYTES, Channel, Role
from benchside.protocol.wire.relay import TICKET_WITHIN_S, RelayClose, RelayWord
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.clock import NowUtcMs
from benchside.server.relay.sockets import ResetWatch, keep_buffers_small, reset
from benchside.server.relay.used import UsedTickets
from benchside.transport.serve import Sourced

__all__ = ["MAX_RELAY_FRAME_BYTES", "PING_IDLE_S", "Relay"]

logger = logging.getLogger(__name__)

MAX_RELAY_FRAME_BYTES = MAX_FRAME_BYTES + 64 * 1024
"""What is read of one frame: somewhat more than passes, so that what is too large is mostly told so by our own code."""
PING_IDLE_S = 20.0
"""A peer that is silent for so long is pinged, and gone after as long again; main speaks every second."""
UNPAIRED_WITHIN_S = 11 * 60.0
"""The PC waits from the claim on; a code lives ten minutes and its session needs a moment more."""
MAX_CONNECTIONS = 10_000
"""What one process can hold: each idle one takes some 30 kB, 55 with TLS."""
MAX_FROM_ONE_SOURCE = 600
"""A support centre behind one address: a hundred sessions of three channels, twice while they reconnect."""
HIGH_WATER_BYTES = 256 * 1024
LOW_WATER_BYTES = 64 * 1024
"""What may wait for a slow end before its peer is read no more: with what was read by then, less than two of the
largest messages.  More would only make old pictures."""
_BINARY = picows.WSMsgType.BINARY
_CUT_AFTER_S = 2.0
"""After a close frame was queued for an end that does not read."""

Place = tuple[bytes, Channel]


class Relay:
    """Holds the ends that wait or are paired; has no database and no key but the ticket's public ones."""

    def __init__(self, ticket_keys: Sequence[bytes], name: str, now: NowUtcMs) -> None:
        self._ticket_keys = tuple(ticket_keys)
        self._name = name
        self._now = now
        self._used = UsedTickets()
        self.resets = ResetWatch()
        self._ends: set[RelayEnd] = set()
        self._from: dict[str, int] = {}
        self._places: dict[Place, dict[Role, RelayEnd]] = {}

    def make_end(self) -> RelayEnd | None:
        """Return a listener for a new connection; None when there are too many."""
        return RelayEnd(self) if len(self._ends) < MAX_CONNECTIONS else None

    def add(self, end: RelayEnd) -> bool:
        """Count a connection; False when its address has too many already."""
        here = self._from.get(end.source, 0)
        if here >= MAX_FROM_ONE_SOURCE:
            return False
        self._ends.add(end)
        self._from[end.source] = here + 1
        return True

    def admit(self, end: RelayEnd, signed: bytes) -> None:
        """Check the bearer's ticket, give it its place, and pair it when the other end is there."""
        try:
            ticket = check_ticket(signed, ticket_keys=self._ticket_keys, relay=self._name, now_utc_ms=self._now())
            self._used.use(ticket, self._now())
        except RefusedError as refused:
            logger.info("ticket refused", extra={"reason": refused.reason.value})
            end.close(_CLOSE_CODES.get(refused.reason, RelayClose.TICKET_REFUSED))
            return
        place = (ticket.request_id, ticket.channel)
        ends = self._places.setdefault(place, {})
        before = ends.get(ticket.role)
        if before is not None:
            before.close(RelayClose.REPLACED)  # and with it the end that it was paired with
            ends = self._places.setdefault(place, {})
        ends[ticket.role] = end
        end.ticket = ticket
        end.say(RelayWord.WAITING)
        other_end = ends.get(Role.PC if ticket.role is Role.CONSOLE else Role.CONSOLE)
        if other_end is not None:
            end.peer, other_end.peer = other_end, end
            end.paired()
            other_end.paired()

    def left(self, end: RelayEnd, *, abruptly: bool = False) -> None:
        """A connection is over: its other end goes too.

        After a goodbye what was said before it is still delivered; after a reset it is dropped, for a PC that
        stops resets its connections so that no picture passes any more.
        """
        if end in self._ends:
            self._ends.discard(end)
            here = self._from[end.source] - 1
            if here:
                self._from[end.source] = here
            else:
                del self._from[end.source]
        self._forget(end)
        other = end.peer
        if other is not None:
            self._part(end)
            self._forget(other)
            if abruptly:
                other.cut()
            else:
                other.close(RelayClose.PEER_LEFT)

    def end_session(self, request_id: bytes) -> None:
        """Send both ends of all of a session's channels away."""
        for end in tuple(self._ends):
            if end.ticket is not None and end.ticket.request_id == request_id:
                end.close(RelayClose.TICKET_REFUSED)

    def close_all(self) -> None:
        """Send everybody away: the relay stops."""
        for end in tuple(self._ends):
            end.close(RelayClose.GOING_AWAY)

    def _forget(self, end: RelayEnd) -> None:
        if end.ticket is None:
            return
        place = (end.ticket.request_id, end.ticket.channel)
        ends = self._places.get(place, {})
        if ends.get(end.ticket.role) is end:
            del ends[end.ticket.role]
        if not ends:
            self._places.pop(place, None)

    def _part(self, end: RelayEnd) -> None:
        if end.peer is not None:
            end.peer.peer = None
            end.peer = None


_CLOSE_CODES = {Refusal.TICKET_USED: RelayClose.TICKET_USED, Refusal.WAIT: RelayClose.TOO_MANY}


class RelayEnd(Sourced):
    """One connection: first its ticket, then messages for the other end."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._transport: picows.WSTransport | None = None
        self._parts = bytearray()
        self._is_partial = False
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.source = ""
        self.ticket: TicketPayload | None = None
        self.peer: RelayEnd | None = None

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        self.source = self.find_source(transport)
        keep_buffers_small(transport)
        transport.underlying_transport.set_write_buffer_limits(HIGH_WATER_BYTES, LOW_WATER_BYTES)
        if not self._relay.add(self):
            self.close(RelayClose.TOO_MANY)
            return
        self._arm(TICKET_WITHIN_S, RelayClose.NO_TICKET)

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        kind = frame.msg_type
        if kind is _BINARY and frame.fin and not self._is_partial and not frame.rsv1:
            # what happens ten thousand times a second
            peer = self.peer
            if peer is not None and frame.payload_size <= MAX_FRAME_BYTES and not self._closed:
                peer.forward(frame.get_payload_as_memoryview())
            else:
                self._message(frame.get_payload_as_bytes())
        elif self._closed:
            return
        elif kind == picows.WSMsgType.CLOSE:
            self.close(1000)
        elif kind == picows.WSMsgType.PING:
            if transport.underlying_transport.get_write_buffer_size() == 0:
                transport.send_pong(frame.get_payload_as_bytes())  # a flood of pings fills no queue
        elif kind in (picows.WSMsgType.BINARY, picows.WSMsgType.CONTINUATION) and not frame.rsv1:
            self._part_of_message(frame)
        elif kind != picows.WSMsgType.PONG:
            self.close(RelayClose.MALFORMED)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        was_closed, self._closed = self._closed, True
        self._disarm()
        self._relay.resets.remove(transport)
        self._relay.left(self, abruptly=not was_closed)

    def pause_writing(self) -> None:
        """This end is slow: read nothing more for it."""
        if self.peer is not None:
            self.peer.read(False)

    def resume_writing(self) -> None:
        """This end has caught up."""
        if self.peer is not None:
            self.peer.read(True)

    def read(self, on: bool) -> None:
        """Read from this end, or leave what it sends in the kernel's buffers, so that it has to wait."""
        if self._transport is None or self._closed:
            return
        if on:
            self._relay.resets.remove(self._transport)
            self._transport.underlying_transport.resume_reading()
        else:
            self._transport.underlying_transport.pause_reading()
            self._relay.resets.add(self._transport, self._was_reset)

    def forward(self, message: bytes | memoryview) -> None:
        """Send a message of the other end."""
        if self._transport is not None and not self._closed:
            self._transport.send(_BINARY, message)

    def say(self, word: RelayWord) -> None:
        """Send one of the relay's own words."""
        if word is RelayWord.WAITING:
            self._arm(UNPAIRED_WITHIN_S, RelayClose.PEER_LEFT)
        if self._transport is not None and not self._closed:
            self._transport.send(picows.WSMsgType.TEXT, word.value)

    def paired(self) -> None:
        """The other end is there."""
        self._disarm()
        self.say(RelayWord.PAIRED)

    def close(self, code: int) -> None:
        """Say goodbye with `code` and end the connection, by force if this end does not read."""
        if self._closed or self._transport is None:
            return
        self._closed = True
        self._disarm()
        transport = self._transport
        transport.send_close(int(code))  # type: ignore[arg-type]  # codes of our own range are plain numbers
        transport.disconnect()
        asyncio.get_running_loop().call_later(_CUT_AFTER_S, reset, transport)
        self._relay.left(self)

    def cut(self) -> None:
        """End the connection at once, dropping what was not sent, also what the kernel still holds."""
        if self._closed or self._transport is None:
            return
        self._closed = True
        self._disarm()
        reset(self._transport)
        self._relay.left(self)

    def _was_reset(self) -> None:
        """This end was reset while it was not read."""
        self._closed = True
        self._disarm()
        if self._transport is not None:
            reset(self._transport)
        self._relay.left(self, abruptly=True)

    def _message(self, message: bytes) -> None:
        if self._closed:
            return
        if len(message) > MAX_FRAME_BYTES:
            self.close(RelayClose.TOO_LARGE)
        elif self.peer is not None:
            self.peer.forward(message)
        elif self.ticket is None:
            self._disarm()
            self._relay.admit(self, message)
        else:
            self.close(RelayClose.MALFORMED)  # nobody may speak before the other end is there

    def _part_of_message(self, frame: picows.WSFrame) -> None:
        # browsers cut large messages into frames; the ends get each message whole
        is_first = frame.msg_type == picows.WSMsgType.BINARY
        if is_first == self._is_partial:
            self.close(RelayClose.MALFORMED)
            return
        if len(self._parts) + frame.payload_size > MAX_FRAME_BYTES:
            self.close(RelayClose.TOO_LARGE)
            return
        self._parts += frame.get_payload_as_memoryview()
        self._is_partial = not frame.fin
        if frame.fin:
            whole = bytes(self._parts)
            self._parts.clear()
            self._message(whole)

    def _arm(self, seconds: float, code: RelayClose) -> None:
        self._disarm()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.close, code)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
