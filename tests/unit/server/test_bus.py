"""The bus in memory: order, bounds and overflow."""

from __future__ import annotations

from benchside.server.bus.contract import PolicyChanged, RequestChanged
from benchside.server.bus.memory import MemoryBus


async def test_news_come_in_order_to_those_who_want_them() -> None:
    bus = MemoryBus()
    requests = bus.subscribe(lambda one: isinstance(one, RequestChanged), limit=5)
    everything = bus.subscribe(lambda one: True, limit=5)
    for news in (RequestChanged(b"1"), PolicyChanged(2), RequestChanged(b"3")):
        bus.publish(news)
    assert [await requests.next(0) for _ in range(3)] == [RequestChanged(b"1"), RequestChanged(b"3"), None]
    assert [await everything.next(0) for _ in range(2)] == [RequestChanged(b"1"), PolicyChanged(2)]


async def test_a_slow_listener_overflows_alone_and_starts_afresh() -> None:
    bus = MemoryBus()
    slow, quick = bus.subscribe(lambda one: True, limit=2), bus.subscribe(lambda one: True, limit=9)
    for version in range(4):
        bus.publish(PolicyChanged(version))
    assert slow.has_overflowed
    assert not quick.has_overflowed
    slow.clear_overflow()
    assert await slow.next(0) is None
    bus.publish(PolicyChanged(9))
    assert await slow.next(0) == PolicyChanged(9)
    slow.close()
    bus.publish(PolicyChanged(10))
    assert await slow.next(0) is None
