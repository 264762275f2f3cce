"""An OPC UA server that is still starting, or shows its LADS devices by and by: no proof that one of them is gone."""

from __future__ import annotations

from typing import Any

import pytest
from asyncua import ua
from tests.fakes.lying_opcua import Devices, lying_server
from tests.fakes.opcua import Watch, watching

from benchside.notifier.adapters import opcua as module
from benchside.notifier.adapters import opcua_watched as watched
from benchside.notifier.adapters.lads import LADS_SOURCE
from benchside.protocol.wire.condition import ConditionKey

pytestmark = pytest.mark.slow

UNIT = ConditionKey(LADS_SOURCE, "cx: Analyser, Pipettor", "unit_aborted")
ABORTED = (LADS_SOURCE, "cx: Analyser, Pipettor", "unit_aborted")
AWAY = ("opcua.link", "cx", "not_connected")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setattr(watched, "FIRST_AGAIN_S", 0.02)
    monkeypatch.setattr(watched, "MAX_AGAIN_S", 0.04)
    monkeypatch.setattr(watched, "GONE_S", 0.1)


def ended(watch: Watch) -> set[ConditionKey]:
    return {one.key for one in watch.reporter.signals if one.state.value == "off" and one.key.source == LADS_SOURCE}


def spaces(*names: str) -> Any:
    """An answer to Read: the namespaces that are there."""
    every = [f"http://opcfoundation.org/UA/{name}" for name in ("", *names)]
    return lambda _data: ua.ReadResponse(Results=[ua.DataValue(ua.Variant(every, ua.VariantType.String))])


@pytest.mark.parametrize("names", [(), ("DI/",), ("LADS/",)])
async def test_a_namespace_that_is_not_there_yet_is_no_proof(names: tuple[str, ...]) -> None:
    lies: dict[str, Any] = {"Read": spaces(*names), "Browse": Devices().browse}
    async with lying_server(lies=lies) as server, watching(server.endpoint, standing=[UNIT]) as watch:
        await watch.until(lambda _: server.asked.count("Read") > 12)
        assert not ended(watch)
        assert server.visits == 1


async def test_a_set_that_is_still_empty_is_no_proof() -> None:
    lies = {"Browse": Devices().browse}
    async with lying_server(lies=lies) as server, watching(server.endpoint, standing=[UNIT]) as watch:
        await watch.until(lambda _: server.asked.count("Browse") > 30)
        assert not ended(watch)
        assert server.visits == 1


async def test_a_device_that_comes_late_is_watched_once_and_no_contact_ends_for_it() -> None:
    devices = Devices()
    lies: dict[str, Any] = {"Browse": devices.browse}
    async with lying_server(lies=lies) as server, watching(server.endpoint, standing=[UNIT]) as watch:
        await watch.until(lambda _: server.asked.count("Browse") > 10)
        assert server.asked.count("CreateMonitoredItems") == 1, "of events"
        devices.units["Analyser"] = ["Pipettor"]
        await watch.until(lambda _: server.asked.count("CreateMonitoredItems") == 2)
        server.tell_value(server.handles[-1], ua.LocalizedText("Aborted"))
        await watch.until_active(ABORTED)
        before = server.asked.count("Browse")
        await watch.until(lambda _: server.asked.count("Browse") > before + 50)
        assert server.asked.count("CreateMonitoredItems") == 2
        assert (server.visits, ended(watch)) == (1, set())


async def test_what_is_missing_for_some_minutes_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = Devices({"Analyser": ["Mixer"]})
    monkeypatch.setattr(watched, "GONE_S", 0.5)
    async with lying_server(lies={"Browse": devices.browse}) as server:
        async with watching(server.endpoint, standing=[UNIT]) as watch:
            await watch.until(lambda _: server.asked.count("Browse") > 20)
            assert not ended(watch)
            await watch.until(lambda _: ended(watch) == {UNIT})
            assert server.visits == 1


async def test_an_answer_that_never_comes_ends_no_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "FIND_S", 0.1)
    devices = Devices({"Analyser": ["Pipettor"]})
    async with lying_server(lies={"Browse": lambda _data: None}) as server:
        async with watching(server.endpoint, standing=[UNIT]) as watch:
            await watch.until(lambda _: server.asked.count("Browse") > 3)
            assert not ended(watch)
            server.lies["Browse"] = devices.browse
            await watch.until(lambda _: len(server.handles) == 2)
            server.tell_value(server.handles[-1], ua.LocalizedText("Running"))
            await watch.until(lambda _: ended(watch) == {UNIT})
            assert AWAY not in watch.reporter.active()
            assert server.visits == 1
