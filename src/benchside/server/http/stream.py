"""The live queue: a snapshot, then each change, as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import msgspec
from fastapi import Request
from fastapi.responses import StreamingResponse

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.access.model import Person
from benchside.server.accounts.sign_ins import SignedIn
from benchside.server.broker.machine import OPEN, RequestState
from benchside.server.bus.contract import (
    ConditionChanged,
    News,
    PolicyChanged,
    RequestChanged,
    SignInEnded,
    Subscription,
)
from benchside.server.http.context import Services, services_of, signed_in, token_of
from benchside.server.http.fleet_feed import FleetFeed
from benchside.server.http.session_routes import open_requests
from benchside.server.http.views import can_see_request, show_request

__all__ = ["Closing", "stream"]

HEARTBEAT_S = 15.0
"""Shorter than what proxies let a silent response live."""
MAX_NEWS_WAITING = 100
"""Beyond, a new snapshot is shorter than the changes."""
MAX_FLEET_NEWS_WAITING = 1_000
"""A network that fails changes hundreds of conditions at once, and the whole fleet is longer than those."""
MAX_STREAMS_OF_ACCOUNT = 20
"""Tabs of one person."""


class Closing:
    """Tells the streams that the server stops, which would otherwise wait for them."""

    def __init__(self) -> None:
        self.event = asyncio.Event()


async def stream(request: Request, fleet: bool = False) -> StreamingResponse:
    """Changes as they happen, until the sign-in ends; with `fleet` also those of conditions."""
    services, who = services_of(request), signed_in(request)
    if services.consoles.count(who.account) >= MAX_STREAMS_OF_ACCOUNT:
        raise RefusedError(Refusal.WAIT, "expected fewer streams of one account", wait_s=5)
    closing: Closing = request.app.state.closing
    content = _events(services, who, token_of(request), closing, FleetFeed(services) if fleet else None)
    return StreamingResponse(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(
    services: Services, who: SignedIn, token: str, closing: Closing, feed: FleetFeed | None
) -> AsyncIterator[bytes]:
    def wants(news: News) -> bool:
        if isinstance(news, SignInEnded):
            return news.token_hash == who.token_hash
        if isinstance(news, ConditionChanged):
            return feed is not None
        return isinstance(news, RequestChanged | PolicyChanged)

    news = services.bus.subscribe(wants, limit=MAX_NEWS_WAITING if feed is None else MAX_FLEET_NEWS_WAITING)
    services.consoles.opened(who.account)
    try:
        writer = _Writer(services, Person(who.account, who.key), who)
        yield await writer.snapshot()
        looked_at = time.monotonic()
        while True:
            if feed is not None and (due := await feed.due(writer.person, time.monotonic())):
                yield b"".join(writer.event(name, data) for name, data in due)
            wait_s = HEARTBEAT_S if feed is None else feed.wait_s(time.monotonic(), HEARTBEAT_S)
            got = await _next(news, closing, wait_s)
            if closing.event.is_set() or isinstance(got, SignInEnded):
                return
            if time.monotonic() - looked_at >= HEARTBEAT_S:  # also where news never pause
                looked_at = time.monotonic()
                if await writer.is_over(token):
                    return
            if news.has_overflowed or isinstance(got, PolicyChanged):
                news.clear_overflow()
                if feed is not None:
                    feed.begin_again()
                yield await writer.snapshot()
            elif isinstance(got, ConditionChanged):
                if feed is not None:
                    feed.take(got)
            elif isinstance(got, RequestChanged):
                yield await writer.change(got.request_id)
            elif feed is None or not feed.is_waiting:
                yield b": alive\n\n"
    finally:
        news.close()
        services.consoles.closed(who.account)


async def _next(news: Subscription, closing: Closing, wait_s: float) -> News | None:
    waiting = asyncio.ensure_future(news.next(wait_s))
    stopping = asyncio.ensure_future(closing.event.wait())
    try:
        await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        waiting.cancel()
        stopping.cancel()


class _Writer:
    """Turns changes into events for one person, and remembers what the person was shown."""

    def __init__(self, services: Services, person: Person, who: SignedIn) -> None:
        self._services = services
        self.person = person
        self._who = who
        self._number = 0
        self._shown: set[str] = set()
        self._mine: dict[bytes, RequestState] = {}

    async def snapshot(self) -> bytes:
        """Everything that the person may see now."""
        await self._follow_key()
        whole = await open_requests(self._services, self.person)
        self._shown = {one.id for one in whole.requests}
        self._mine = {bytes.fromhex(one.id): RequestState(one.state) for one in whole.requests if one.claimed_by_me}
        return self.event("snapshot", whole.model_dump())

    async def change(self, request_id: bytes) -> bytes:
        """One request as it is now, or that it is gone; and the person's own session's state when it changed."""
        await self._follow_key()
        out = b""
        facts = await self._services.broker.facts(request_id)
        if facts is not None and (facts.claimed_by == self.person.account or request_id in self._mine):
            if self._mine.get(request_id) is not facts.state:
                out += self.event("session", {"request_id": request_id.hex(), "state": facts.state.value})
            if facts.state in OPEN and facts.claimed_by == self.person.account:
                self._mine[request_id] = facts.state
            else:
                self._mine.pop(request_id, None)
        if facts is not None and facts.state in OPEN and can_see_request(self._services, self.person, facts):
            self._shown.add(facts.id.hex())
            shown = await show_request(self._services, self.person, facts)
            return out + self.event("request", shown.model_dump())
        if request_id.hex() in self._shown:
            self._shown.discard(request_id.hex())
            out += self.event("gone", {"id": request_id.hex()})
        return out

    async def is_over(self, token: str) -> bool:
        """Whether the sign-in has ended; a running session keeps it alive, a forgotten tab does not."""
        if await self._services.sign_ins.check(token) is None:
            return True
        if RequestState.IN_SESSION in self._mine.values():
            await self._services.sign_ins.touch(self._who)
        return False

    async def _follow_key(self) -> None:
        # the browser's key may have been registered after the stream began
        key = await self._services.accounts.key_of(self.person.account)
        if key != self.person.key:
            self.person = Person(self.person.account, key)

    def event(self, name: str, data: object) -> bytes:
        """One event as it travels."""
        self._number += 1
        return f"id: {self._number}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"
