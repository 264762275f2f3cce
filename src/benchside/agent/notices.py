"""The notifier's way to the server: passes messages on between the two, and looks into none of them.

Nothing waits here: while the server is away the notifier's journal is the queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from msgspec.structs import replace

from benchside.agent.identity import DeviceFile
from benchside.protocol.wire import carrier as wire
from benchside.protocol.wire.desk import DeskAlive, DeskMessage
from benchside.protocol.wire.link import LinkMessage
from benchside.transport.frames import FrameStream

__all__ = ["GONE_AFTER_S", "SILENT_AFTER_S", "Notices"]

log = logging.getLogger(__name__)

GONE_AFTER_S = 60.0
"""A notifier that was updated or crashed is back before anybody needs to hear of it."""
SILENT_AFTER_S = 60.0
"""It beats every 10 s."""


class Notices:
    """At most one notifier, and the link."""

    def __init__(self, send: Callable[[LinkMessage], None], is_online: Callable[[], bool]) -> None:
        """`send`: over the link, dropped while there is none; `is_online`: whether there is, and we are served."""
        self._send = send
        self._is_online = is_online
        self._stream: FrameStream[DeskMessage] | None = None
        self._told: bool | None = None
        self._gone_at: float | None = None
        self._shown: wire.CarrierShown | None = None

    async def serve(self, stream: FrameStream[DeskMessage]) -> None:
        """Carry for a notifier that has come in, until it goes, is silent, or another one comes."""
        if self._stream is not None:
            self._stream.abort()
        self._stream, self._gone_at, self._shown = stream, None, None
        try:
            while True:
                async with asyncio.timeout(SILENT_AFTER_S):
                    message = await stream.receive()
                match message:
                    case None:
                        return
                    case DeskAlive():
                        pass
                    case wire.NoticesAsked() | wire.NoticesReported():
                        if self._is_online():
                            self._send(message)
                    case _:
                        log.warning("notifier said what a desk says", extra={"message": type(message).__name__})
                        return
        finally:
            if self._stream is stream:
                self._stream, self._gone_at = None, asyncio.get_running_loop().time()

    def link_said(self, message: LinkMessage) -> bool:
        """Pass what is the notifier's on to it; False: it is not the notifier's."""
        match message:
            case wire.NoticesKept() | wire.AdvisoryOffered() | wire.AdvisoryWithdrawn():
                if self._stream is not None:
                    self._stream.send(message)
                return True
            case _:
                return False

    def link_down(self) -> None:
        """The next server must hear again whether there is a notifier; and the notifier, that it is another."""
        self._told = None
        if self._stream is not None and self._shown is not None:
            self._shown = replace(self._shown, is_online=False)
            self._stream.send(self._shown)

    def look(self, device: DeviceFile, *, is_assay_running: bool, now: float) -> None:
        """Tell each side what changed on the other; called a few times a second."""
        shown = wire.CarrierShown(
            is_online=self._is_online(),
            is_assay_running=is_assay_running,
            site=device.site_name,
            device=device.device,
            instruments=device.instruments,
        )
        if self._stream is not None and shown != self._shown:
            self._shown = shown
            self._stream.send(shown)
        if self._stream is not None:
            self._tell(is_well=True)
        elif self._gone_at is None:
            self._gone_at = now  # none has come since we began
        elif now - self._gone_at >= GONE_AFTER_S:
            self._tell(is_well=False)

    def _tell(self, *, is_well: bool) -> None:
        if self._is_online() and is_well != self._told:
            self._told = is_well
            self._send(wire.WatchTold(is_well=is_well))
