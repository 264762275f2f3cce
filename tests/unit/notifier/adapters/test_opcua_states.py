"""Looking for LADS devices: what is found, and whether it is all that the server has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from asyncua import Client, ua

from benchside.notifier.adapters.lads import StateKind
from benchside.notifier.adapters.opcua_states import (
    DI,
    LADS,
    MAX_BROWSES,
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
    browsed: int = 0

    @property
    def uaclient(self) -> Server:
        return self

    def get_node(self, _node: ua.NodeId) -> Server:
        return self

    async def read_value(self) -> object:
        return self.spaces

    async def browse(self, asked: ua.BrowseParameters) -> list[ua.BrowseResult]:
        self.browsed += 1
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


@pytest.mark.parametrize("spaces", [[BASE], [BASE, DI], [BASE, LADS], [], None, "x", [BASE] * (MAX_NAMESPACES + 1)])
async def test_a_server_without_lads_may_not_have_it_yet(spaces: object) -> None:
    assert await Server(spaces).found() == Found((), frozenset(), is_all=False)


@pytest.mark.parametrize("inside", [[], [(1, "DeviceFeatures", "features")]])
async def test_a_set_without_a_device_may_not_have_it_yet(inside: list[tuple[int, str | None, str]]) -> None:
    server = Server()
    server.nodes["set"] = inside
    assert await server.found() == Found((), frozenset(), is_all=False)


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


async def test_a_look_asks_no_more_than_it_may() -> None:
    server = Server()
    server.nodes["set"] = [(3, f"D{number}", "d") for number in range(MAX_CHILDREN)]
    server.nodes["d"] = [(2, "FunctionalUnitSet", "units")]
    server.nodes["units"] = [(3, f"U{number}", "v") for number in range(MAX_CHILDREN)]
    found = await server.found()
    assert server.browsed == MAX_BROWSES
    assert not found.is_all
