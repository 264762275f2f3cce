"""Looking for LADS devices: what is found, and whether it is all that the server has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from asyncua import Client, ua
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import opcua as module
from benchside.notifier.adapters.lads import StateKind
from benchside.notifier.adapters.opcua import OpcUaAdapter
from benchside.notifier.adapters.opcua_contact import Contact, OpcUaSettings
from benchside.notifier.adapters.opcua_states import (
    DI,
    LADS,
    MAX_CHILDREN,
    MAX_NAMESPACES,
    MAX_STATES,
    Found,
    StateNode,
    find_states,
)

OBJECTS = ua.ObjectIds.ObjectsFolder
BAD = ua.StatusCode(ua.StatusCodes.BadNodeIdUnknown)
BASE = "http://opcfoundation.org/UA/"
UNIT = [(2, "FunctionalUnitState", "machine")]


@dataclass
class Server:
    """A client of a server with the device A and its units U and V.  `nodes`: what is inside of each node.

    `changes`: to the answer about a node.
    """

    spaces: object = field(default_factory=lambda: [BASE, DI, LADS])
    nodes: dict[object, list[tuple[int, str | None, str]]] = field(
        default_factory=lambda: {
            OBJECTS: [(0, "Server", "server"), (1, "DeviceSet", "set")],
            "set": [(3, "A", "a")],
            "a": [(1, "DeviceHealth", "health"), (2, "DeviceState", "machine"), (2, "FunctionalUnitSet", "units")],
            "units": [(3, "U", "u"), (3, "V", "v")],
            "u": UNIT,
            "v": [],
            "machine": [(0, "CurrentState", "state")],
        }
    )
    changes: dict[object, dict[str, Any]] = field(default_factory=dict)

    @property
    def uaclient(self) -> Server:
        return self

    def get_node(self, _node: ua.NodeId) -> Server:
        return self

    async def read_value(self) -> object:
        return self.spaces

    async def browse(self, asked: ua.BrowseParameters) -> list[ua.BrowseResult]:
        node = asked.NodesToBrowse[0].NodeId.Identifier
        if "none" in self.changes.get(node, {}):
            return []
        inside = [
            ua.ReferenceDescription(NodeId=ua.NodeId(to, 3), BrowseName=ua.QualifiedName(name, space))
            for space, name, to in self.nodes.get(node, [])
        ]
        return [ua.BrowseResult(**({"References": inside} | self.changes.get(node, {})))]

    async def found(self) -> Found:
        return await find_states(cast(Client, self), "cx")


async def test_devices_units_and_their_states() -> None:
    found = await Server().found()
    assert found == Found(
        (
            StateNode("cx: A", StateKind.HEALTH, ua.NodeId("health", 3)),
            StateNode("cx: A", StateKind.DEVICE, ua.NodeId("state", 3)),
            StateNode("cx: A, U", StateKind.UNIT, ua.NodeId("state", 3)),
        ),
        # V is there, whatever can be said of it
        frozenset(("cx: A", "cx: A, U", "cx: A, V")),
        is_all=True,
    )


@pytest.mark.parametrize(
    ("spaces", "is_all"),
    [
        ([BASE], True),
        ([BASE, DI], True),
        ([], False),
        (None, False),
        ("x", False),
        ([BASE] * (MAX_NAMESPACES + 1), False),
    ],
)
async def test_a_server_without_lads(spaces: object, is_all: bool) -> None:
    assert await Server(spaces).found() == Found((), frozenset(), is_all)


@pytest.mark.parametrize("node", ["set", "units"])
@pytest.mark.parametrize(
    "change",
    [
        {"none": True},
        {"StatusCode": BAD},
        {"ContinuationPoint": b"more"},
        {"References": [ua.ReferenceDescription(NodeId=ua.NodeId("b", 3))]},
        {"References": [ua.ReferenceDescription(BrowseName=ua.QualifiedName("x", 3))] * (MAX_CHILDREN + 1)},
    ],
    ids=["no answer", "bad", "more", "no name", "too many"],
)
async def test_a_list_that_may_be_short_is_not_all(node: str, change: dict[str, Any]) -> None:
    assert not (await Server(changes={node: change}).found()).is_all


async def test_what_need_not_be_whole() -> None:
    more = {"ContinuationPoint": b"more"}
    changes = dict.fromkeys((OBJECTS, "a", "u", "v", "machine"), more)
    assert (await Server(changes=changes).found()).is_all, "no device or unit can be among the rest"


async def test_a_set_that_is_not_there() -> None:
    server = Server()
    server.nodes["a"] = []
    found = await server.found()
    assert (set(found.subjects), found.is_all) == ({"cx: A"}, True), "a device without units"
    server.changes["a"] = {"StatusCode": BAD}
    assert not (await server.found()).is_all
    server = Server()
    server.nodes[OBJECTS] = []
    assert await server.found() == Found((), frozenset(), is_all=False)


async def test_devices_beyond_the_limit_were_not_looked_at() -> None:
    server = Server()
    server.nodes["set"] = [(3, f"D{number}", "a") for number in range(MAX_CHILDREN)]
    found = await server.found()
    assert len(found.states) == MAX_STATES
    assert not found.is_all


async def test_what_a_state_said_is_over_when_its_device_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = OpcUaAdapter("cx", OpcUaSettings(endpoint="opc.tcp://localhost:1"))
    reporter, server = KeepingReporter(), Server()

    class FakeContact:
        client = server

        async def watch_states(self, nodes: list[ua.NodeId]) -> None:
            assert nodes

    async def look() -> None:
        await adapter._watch_states(reporter, cast(Contact, FakeContact()))

    await look()
    adapter._take_state(reporter, 0, 1)
    adapter._take_state(reporter, 9, 1)
    await look()
    sick = ("opcua.lads", "cx: A", "health_failure")
    assert reporter.active() == {sick}
    server.nodes["set"] = [(3, "B", "a")]
    server.changes["set"] = {"ContinuationPoint": b"more"}
    await look()
    assert reporter.active() == {sick}
    server.changes.clear()
    await look()
    assert reporter.active() == set()
    monkeypatch.setattr(module, "find_states", None)
    await look()
    assert adapter._states == ()
