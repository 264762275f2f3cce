"""The OPC UA adapter with a server that is not ours: node-opcua with its alarms and the LADS nodeset."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from asyncua import Client
from tests.fakes.opcua import OpcUaServer, running_server, watching, write_certificate

from benchside.notifier.adapters import opcua_watched as watched
from benchside.notifier.adapters.names import alarm_subject
from benchside.notifier.adapters.opcua_states import Found
from benchside.protocol.wire.condition import ConditionKey, Severity, SignalState

# one server for all: it takes seconds to read its nodesets
pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

DOOR = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "DoorOpen"), "alarm")
HEAT = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "Overheat"), "alarm")
UNIT = ("opcua.lads", "cx: Analyser, Pipettor", "unit_aborted")
AWAY = ("opcua.link", "cx", "not_connected")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpcUaServer]:
    async with running_server(tmp_path_factory.mktemp("opcua")) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def server(running: OpcUaServer) -> OpcUaServer:
    """The server, with nothing active."""
    for alarm in ("DoorOpen", "Overheat", "LowSheath"):
        await running.order(f"clear {alarm}")
    return running


async def test_alarms_and_states(server: OpcUaServer) -> None:
    await server.order("raise DoorOpen 700 Eva Roth, born 1950")
    async with watching(server.endpoint) as watch:
        # what was active before we came
        await watch.until_active(DOOR)
        await server.order("raise Overheat 900 hot")
        await server.order("raise LowSheath 100 low")
        await watch.until_active(DOOR, HEAT, ("opcua.alarm", alarm_subject("cx", "Fluidics …", "LowSheath"), "alarm"))
        told = {one.key.subject: one.severity for one in watch.reporter.signals if one.key.source == "opcua.alarm"}
        assert list(told.values()) == [Severity.SERIOUS, Severity.CRITICAL, Severity.INFO]
        await server.order("clear LowSheath")
        # inactive and not acknowledged: over, for us
        await server.order("retain Overheat")
        await watch.until_active(DOOR)
        await server.order("acknowledge DoorOpen")
        await watch.until(lambda reporter: reporter.signals[-1].values == {"acknowledged": True})
        await server.order("clear DoorOpen")
        await watch.until_active()
        for order, code in (("unit Aborted", "unit_aborted"), ("unit Clearing", "unit_aborted")):
            await server.order(order)
            await watch.until_active(("opcua.lads", "cx: Analyser, Pipettor", code))
        await server.order("unit Running")
        await server.order("health 3")
        await server.order("device Shutdown")
        await watch.until_active(
            ("opcua.lads", "cx: Analyser", "health_off_spec"), ("opcua.lads", "cx: Analyser", "device_shut_down")
        )
        await server.order("health 0")
        await server.order("device Operate")
        await watch.until_active()
        assert "Roth" not in repr(watch.reporter.signals)


async def test_a_server_that_goes_and_comes_again(server: OpcUaServer, tmp_path: Path) -> None:
    memory = str(tmp_path / "cx.active")
    await server.order("raise DoorOpen 700 x")
    await server.order("raise Overheat 700 x")
    async with watching(server.endpoint, memory=memory) as watch:
        await watch.until_active(DOOR, HEAT)
        await server.kill()
        await watch.until_active(DOOR, HEAT, AWAY)
        await server.start()
        await server.order("raise Overheat 700 x")
        await watch.until_active(HEAT)
        await watch.until(lambda _: Path(memory).exists() and b"DoorOpen" not in Path(memory).read_bytes())
    # ours is away, and Overheat ends meanwhile
    await server.order("clear Overheat")
    async with watching(server.endpoint, memory=memory) as watch:
        await watch.until(lambda reporter: (*HEAT[1:], "off") in reporter.of("opcua.alarm"))


async def test_a_device_that_a_starting_server_finds_late(server: OpcUaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "FIRST_AGAIN_S", 0.1)
    monkeypatch.setattr(watched, "MAX_AGAIN_S", 0.2)
    monkeypatch.setattr(watched, "GONE_S", 0.5)
    looks = 0
    find_states = watched.find_states

    async def find(client: Client, name: str) -> Found:
        nonlocal looks
        looks += 1
        return await find_states(client, name)

    monkeypatch.setattr(watched, "find_states", find)
    await server.order("unplug")
    async with watching(server.endpoint, standing=[ConditionKey(*UNIT)]) as watch:
        await watch.until(lambda _: looks > 5)
        assert not watch.reporter.of("opcua.lads")
        await server.order("watched 1")
        # under ids of its own each time
        for state in ("Aborted", "Clearing"):
            await server.order("plug")
            await server.order(f"unit {state}")
            await watch.until(lambda reporter: (*UNIT[1:], "on") in reporter.of("opcua.lads"))
            watch.reporter.signals.clear()
            now = looks
            await watch.until(lambda _, now=now: looks > now + 3)  # type: ignore[misc]
            await server.order("watched 4")
            await server.order("unplug")
            await watch.until(lambda _, now=looks: looks > now + 1)  # type: ignore[misc]
            assert not watch.reporter.of("opcua.lads")
        await server.order("plug")
        await watch.until(lambda reporter: (*UNIT[1:], "off") in reporter.of("opcua.lads"))
        assert AWAY not in watch.reporter.active()


async def test_rules_name_alarms_and_allow_their_messages(server: OpcUaServer, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[alarm]]\nsource = "Centrifuge"\ncondition = "DoorOpen"\ncode = "door_open"\nsubject = "Centrifuge"\n'
        'messages = ["Door opened while running"]\n'
    )
    async with watching(server.endpoint, rules=str(rules)) as watch:
        for text, told in (("Door opened while running", True), ("Sample of Eva Roth", False)):
            await server.order(f"raise DoorOpen 400 {text}")
            await watch.until_active(("opcua.cx", "Centrifuge", "door_open"))
            await watch.until(lambda reporter, told=told: ("message" in reporter.signals[-1].values) is told)  # type: ignore[misc]
            await server.order("clear DoorOpen")
            await watch.until_active()


async def test_a_flood_is_left_out_and_ends_in_how_things_are(server: OpcUaServer) -> None:
    async with watching(server.endpoint) as watch:
        await server.order("raise Overheat 700 x")
        await watch.until_active(HEAT)
        for _ in range(4):
            await server.order("flood DoorOpen 1000")
        await watch.until(lambda reporter: ("opcua.link", "cx", "too_many") in reporter.active())
        assert sum(one.key.code == "alarm" for one in watch.reporter.signals) < 2000


async def test_signed_and_encrypted_with_a_pinned_certificate(server: OpcUaServer, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path / "own")
    stranger, _ = write_certificate(tmp_path / "stranger")
    password = tmp_path / "password"
    password.write_text("only for tests\n")
    safe: dict[str, object] = {
        "security": "sign_and_encrypt", "certificate": str(certificate), "key": str(key),
        "user": "watcher", "password_file": str(password),
    }  # fmt: skip
    await server.order("raise DoorOpen 700 x")
    async with watching(server.endpoint, server_certificate=str(server.certificate), **safe) as watch:
        await watch.until_active(DOOR)
    password.write_text("wrong\n")
    async with watching(server.endpoint, server_certificate=str(server.certificate), **safe) as watch:
        await watch.until(lambda reporter: ("opcua.link", "cx", "refused") in reporter.active())
    async with watching(server.endpoint, server_certificate=str(stranger), **safe) as watch:
        await watch.until(lambda reporter: AWAY in reporter.active())
        assert not [one for one in watch.reporter.signals if one.state is SignalState.ON and one.key.code == "alarm"]


async def test_own_files_that_are_wrong_are_said_and_nobody_is_dialled(server: OpcUaServer, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path / "own")
    key.write_text("no key\n")
    safe: dict[str, object] = {"security": "sign_and_encrypt", "certificate": str(certificate), "key": str(key)}
    async with watching(server.endpoint, server_certificate=str(server.certificate), **safe) as watch:
        await watch.until(lambda reporter: ("opcua.link", "cx", "settings_wrong") in reporter.active())
        assert {one[2] for one in watch.reporter.active()} == {"settings_wrong"}
