"""An OPC UA server that lies in every way that we know: the adapter says so, keeps little, and tells the next truth."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from tests.fakes.lying_opcua import ALARM_FIELDS, alarm, lying_server
from tests.fakes.opcua import watching
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import opcua as module
from benchside.notifier.adapters.names import alarm_subject
from benchside.notifier.adapters.opcua_guard import BURST_BYTES, LEAST_COST_BYTES, MAX_HELD_BYTES
from benchside.notifier.adapters.opcua_states import MAX_CHILDREN

pytestmark = pytest.mark.slow

AWAY = ("opcua.link", "cx", "not_connected")
DOOR = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "DoorOpen"), "alarm")
HEAT = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "Overheat"), "alarm")
MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(module, "MAX_WAIT_S", 0.02)
    monkeypatch.setattr(module, "LOOK_S", 0.02)


def was_away(reporter: KeepingReporter) -> bool:
    """It has said so; it may be there again by now."""
    return ("cx", "not_connected", "on") in reporter.of("opcua.link")


def published(values: bytes) -> bytes:
    """An answer to Publish whose one event has these bytes in place of its fields."""
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId = 9
    mark = ua.EventFieldList(ClientHandle=0x5A5A5A5A, EventFields=[])
    answer.Parameters.NotificationMessage.NotificationData = [ua.EventNotificationList(Events=[mark])]
    data = struct_to_binary(answer)
    at = data.index(struct.pack("<I", 0x5A5A5A5A)) + 4
    # the length of the extension object that holds it stands before: type id (4), encoding (1), length (4), count (4)
    start = at - 4 - 4 - 4
    (length,) = struct.unpack_from("<i", data, start)
    return data[:start] + struct.pack("<i", length + len(values) - 4) + data[start + 4 : at] + values + data[at + 4 :]


NULLS = struct.pack("<i", 1) + bytes([0x80]) + struct.pack("<i", 2**31 - 1)
NESTED = struct.pack("<i", 1) + b"\x18" * 5000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"ACKF\xff\xff\xff\x7f" + b"x" * 65536,
        b"MSGC\x08\x00\x00\x00",
        b"ERRF",
    ],
)
async def test_no_opc_ua_at_all(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchside.notifier.adapters.opcua_contact.ANSWER_S", 0.2)
    tracemalloc.start()
    try:
        async with lying_server(raw=raw) as server, watching(server.endpoint) as watch:
            await watch.until(lambda _: server.visits > 2)
            await watch.until(was_away)
        assert tracemalloc.get_traced_memory()[1] < 32 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": ua.Variant(float("nan"), ua.VariantType.Double)},
        {"severity": ua.Variant("high", ua.VariantType.String)},
        {"severity": ua.Variant(None)},
        {"severity": ua.Variant([700] * 100, ua.VariantType.UInt16)},
        {"message": ua.Variant(7, ua.VariantType.Int32)},
        {"acknowledged": ua.Variant("yes", ua.VariantType.String)},
        {"enabled": ua.Variant(7, ua.VariantType.Int32)},
        {"branch": ua.Variant("none", ua.VariantType.String)},
        {"kind": ua.Variant(b"\xff", ua.VariantType.ByteString)},
        {"message": ua.LocalizedText("Eva Roth " * 2000)},
    ],
)
async def test_wrong_types_cost_details_alone(changes: dict[str, Any]) -> None:
    async with lying_server(published=[[alarm(**changes)]]) as server, watching(server.endpoint) as watch:
        await watch.until(lambda reporter: DOOR in reporter.active())
        assert AWAY not in watch.reporter.active()
        assert "Roth" not in repr(watch.reporter.signals)


@pytest.mark.parametrize(
    "lie",
    [
        alarm(source=ua.Variant(3, ua.VariantType.Int32), name=ua.Variant(None)),
        alarm(source="x" * 20_000, name="\u202e\x00" * 5000),
        alarm(condition=ua.Variant("door", ua.VariantType.String)),
        alarm(condition=ua.NodeId("y" * 20_000, 1), name="Other"),
        alarm(active=ua.Variant([True], ua.VariantType.Boolean), retain=ua.Variant("no", ua.VariantType.String)),
        ua.EventFieldList(ClientHandle=1, EventFields=[]),
        ua.EventFieldList(ClientHandle=1, EventFields=[ua.Variant(None)] * ALARM_FIELDS),
        ua.EventFieldList(ClientHandle=1, EventFields=[ua.Variant(1)] * 500),
    ],
)
async def test_a_lie_and_then_the_truth(lie: ua.EventFieldList) -> None:
    truth = alarm(condition=ua.NodeId("heat", 1), name="Overheat")
    async with lying_server(published=[[lie, truth]]) as server, watching(server.endpoint) as watch:
        await watch.until(lambda reporter: HEAT in reporter.active())
        assert AWAY not in watch.reporter.active()
        assert all(len(one.key.subject) <= 80 for one in watch.reporter.signals)


@pytest.mark.parametrize(
    "bytes_",
    [published(NULLS), published(NESTED), b"", b"\x00" * 100, b"\xff" * 100],
    ids=["an array of nothing", "nested", "empty", "zeros", "ones"],
)
async def test_bytes_that_are_no_answer(bytes_: bytes) -> None:
    tracemalloc.start()
    try:
        async with lying_server(published=[bytes_, [alarm()]]) as server, watching(server.endpoint) as watch:
            await watch.until(lambda reporter: DOOR in reporter.active())
        assert tracemalloc.get_traced_memory()[1] < 32 * MEGABYTE
    finally:
        tracemalloc.stop()


async def test_more_bytes_than_an_answer_has() -> None:
    huge = [alarm(message=ua.LocalizedText("x" * MAX_HELD_BYTES))]
    async with lying_server(published=[huge, [alarm()]]) as server, watching(server.endpoint) as watch:
        await watch.until(was_away)
        await watch.until(lambda reporter: DOOR in reporter.active())
        assert server.visits >= 2


async def test_answers_as_fast_as_they_are_asked_for() -> None:
    def publish(_data: object) -> Any:
        answer = ua.PublishResponse()
        answer.Parameters.SubscriptionId = 9
        return answer

    async with lying_server(lies={"Publish": publish}) as server, watching(server.endpoint) as watch:
        await watch.until(was_away)
        assert server.asked.count("Publish") < 3 * BURST_BYTES / LEAST_COST_BYTES


async def test_browsing_without_an_end() -> None:
    endless = [
        ua.ReferenceDescription(NodeId=ua.NodeId(n, 2), BrowseName=ua.QualifiedName(name, space))
        for name, space in (("DeviceSet", 1), ("FunctionalUnitSet", 2), ("FunctionalUnitState", 2), ("CurrentState", 0))
        for n in range(100)
    ]

    def browse(_data: object) -> Any:
        return ua.BrowseResponse(Results=[ua.BrowseResult(ContinuationPoint=b"more", References=endless)])

    lies = {"Browse": browse}
    async with lying_server(published=[[alarm()]], lies=lies) as server, watching(server.endpoint) as watch:
        await watch.until(lambda reporter: DOOR in reporter.active())
        await watch.until(lambda _: "Browse" in server.asked)
        assert server.asked.count("Browse") < MAX_CHILDREN**2
        assert "BrowseNext" not in server.asked


async def test_who_falls_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async with lying_server(published=[[alarm()]]) as server, watching(server.endpoint, lads=False) as watch:
        await watch.until(lambda reporter: DOOR in reporter.active())
        assert not was_away(watch.reporter)
        # from here on: a busy machine takes longer than that to connect
        monkeypatch.setattr(module, "SILENCE_S", 0.2)
        await watch.until(was_away)
        assert DOOR in watch.reporter.active()
        await watch.until(lambda _: server.visits > 1)


async def test_a_refresh_that_is_refused_is_said() -> None:
    def call(_data: object) -> Any:
        return ua.CallResponse(Results=[ua.CallMethodResult(ua.StatusCode(ua.StatusCodes.BadMethodInvalid))])

    lies = {"Call": call}
    async with lying_server(published=[[alarm()]], lies=lies) as server, watching(server.endpoint) as watch:
        await watch.until(lambda reporter: {DOOR, ("opcua.link", "cx", "no_refresh")} <= reporter.active())
