"""What was on at an OPC UA server before: over when the server shows that it is, and not for what it leaves out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from tests.fakes.lying_opcua import Devices, alarm, lying_server
from tests.fakes.opcua import watching
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import opcua as module
from benchside.notifier.adapters import opcua_watched as watched
from benchside.notifier.adapters.lads import LADS_SOURCE
from benchside.notifier.adapters.names import alarm_subject
from benchside.protocol.wire.condition import ConditionKey

pytestmark = pytest.mark.slow

DOOR = ConditionKey("opcua.alarm", alarm_subject("cx", "Centrifuge", "DoorOpen"), "alarm")
LID = ConditionKey("opcua.cx", "Centrifuge", "lid_open")
RULES = ConditionKey("opcua.link", "cx", "rules_wrong")
UNIT = ConditionKey(LADS_SOURCE, "cx: Analyser, Pipettor", "unit_aborted")
ANALYSER = ConditionKey(LADS_SOURCE, "cx: Analyser", "health_check")
DEVICE = ConditionKey(LADS_SOURCE, "cx: Washer", "device_asleep")
START = alarm(kind=ua.NodeId(ua.ObjectIds.RefreshStartEventType))
END = alarm(kind=ua.NodeId(ua.ObjectIds.RefreshEndEventType))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(module, "MAX_WAIT_S", 0.02)
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setattr(watched, "FIRST_AGAIN_S", 0.02)
    monkeypatch.setattr(watched, "MAX_AGAIN_S", 0.04)
    monkeypatch.setattr(watched, "GONE_S", 0.1)


def ended(reporter: KeepingReporter) -> set[ConditionKey]:
    """What was told to be over, but for what an adapter says of its own contact each time."""
    return {one.key for one in reporter.signals if one.state.value == "off" and one.key.source != "opcua.link"}


async def test_an_alarm_that_was_told_and_not_remembered_is_over_after_the_refresh(tmp_path: Path) -> None:
    memory = tmp_path / "cx.active"
    server = lying_server(published=[[START, alarm(name="Other"), END]])
    async with server as running, watching(running.endpoint, standing=[DOOR, LID], memory=str(memory)) as watch:
        await watch.until(lambda reporter: ended(reporter) == {DOOR, LID})


async def test_no_alarm_is_over_before_the_server_says_so(tmp_path: Path) -> None:
    memory = tmp_path / "cx.active"
    async with lying_server(published=[[START]]) as server:
        async with watching(server.endpoint, standing=[DOOR, LID], memory=str(memory)) as watch:
            # the next one knows it, even with a notifier that lost its journal
            await watch.until(lambda _: memory.exists() and b"lid_open" in memory.read_bytes())
            assert not ended(watch.reporter)
        server.published = [[START, alarm(), END]]
        async with watching(server.endpoint, memory=str(memory)) as watch:
            await watch.until(lambda reporter: ended(reporter) == {LID})


async def test_rules_that_are_asked_for_no_more_are_not_wrong() -> None:
    async with lying_server() as server, watching(server.endpoint, standing=[RULES]) as watch:
        await watch.until(lambda reporter: ("cx", "rules_wrong", "off") in reporter.of("opcua.link"))


async def test_a_device_or_unit_that_is_there_no_more_has_no_conditions() -> None:
    devices = Devices({"Analyser": ["Mixer", "Pipettor"]})
    async with lying_server(lies={"Browse": devices.browse}) as server:
        async with watching(server.endpoint, standing=[UNIT, DEVICE, ANALYSER]) as watch:
            await watch.until(lambda reporter: bool(ended(reporter)))
            assert ended(watch.reporter) == {DEVICE}
            # a later look finds less
            devices.units["Analyser"].remove("Pipettor")
            await watch.until(lambda reporter: ended(reporter) == {DEVICE, UNIT})
            assert server.visits == 1


@pytest.mark.parametrize(
    ("node", "lie"),
    [
        ("DeviceSet", {"ContinuationPoint": b"more"}),
        ("DeviceSet", {"StatusCode": ua.StatusCode(ua.StatusCodes.BadUserAccessDenied), "References": []}),
        ("FunctionalUnitSet/Analyser", ConnectionError),
    ],
)
async def test_a_device_that_was_not_seen_is_not_gone(node: str, lie: dict[str, Any] | type[ConnectionError]) -> None:
    devices = Devices({"Analyser": ["Mixer"]}, lies={node: lie})
    async with lying_server(lies={"Browse": devices.browse}) as server:
        async with watching(server.endpoint, standing=[UNIT, DEVICE]) as watch:
            await watch.until(lambda _: server.asked.count("Browse") > 30)
            assert not ended(watch.reporter)


async def test_devices_that_nobody_wants_to_follow_are_over_at_once() -> None:
    async with lying_server() as server, watching(server.endpoint, standing=[UNIT, DOOR], lads=False) as watch:
        assert ended(watch.reporter) == {UNIT}
