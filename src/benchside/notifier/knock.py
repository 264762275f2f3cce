"""What other programs say to a running notifier: push a signal, look at what is shown, put out of service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchside.platform.door.here import connect_door
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.condition import Signal
from benchside.protocol.wire.notice import (
    NOTICE,
    NOTICE_VERSION,
    NoticeMessage,
    NoticeRefused,
    NoticesShown,
    NoticesWanted,
    PutOutOfService,
    SignalPushed,
    SignalTaken,
)
from benchside.transport.frames import FrameStream

__all__ = ["push", "put_out_of_service", "show"]

ANSWER_WITHIN_S = 10.0
"""The notifier answers in milliseconds, on a full or slow disk in a second; a program must not hang on us."""


async def push(path: Path, signal: Signal) -> str | None:
    """Push one signal; return why it was refused, or None.  UnavailableError where no notifier answers."""
    answer = await _ask(path, SignalPushed(version=NOTICE_VERSION, signal=signal), None)
    return answer.refused if isinstance(answer, SignalTaken) else "not_understood"


async def show(path: Path, locale: str) -> NoticesShown:
    """Return all that is shown now; UnavailableError where no notifier answers."""
    answer = await _ask(path, NoticesWanted(version=NOTICE_VERSION, locale=locale, pops_up=False), None)
    if not isinstance(answer, NoticesShown):
        raise UnavailableError("expected the notifier to show what is active, got another message")
    return answer


async def put_out_of_service(path: Path, order: PutOutOfService) -> str | None:
    """Put a condition out of service or back; return why that cannot be, or None."""
    answer = await _ask(path, NoticesWanted(version=NOTICE_VERSION, locale="en", pops_up=False), order)
    return answer.reason if isinstance(answer, NoticeRefused) else None


async def _ask(path: Path, first: NoticeMessage, second: NoticeMessage | None) -> NoticeMessage:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            stream = FrameStream(*await connect_door(path), NOTICE)
            try:
                stream.send(first)
                answer = await stream.receive()
                if second is not None and answer is not None:
                    stream.send(second)
                    answer = await stream.receive()
            finally:
                stream.abort()
    except (OSError, TimeoutError, PeerError) as error:
        raise UnavailableError(f"the notifier does not answer on {path}; is it running?") from error
    if answer is None:
        raise UnavailableError(f"the notifier on {path} let us not in; may this account push?")
    return answer
