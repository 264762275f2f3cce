"""Finds the LADS devices and units of a server, and the nodes of their states.

Bounded at each step: a server that lists devices without an end has as many as it may have.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from asyncua import Client, ua

from benchside.notifier.adapters.lads import StateKind
from benchside.notifier.adapters.names import plain
from benchside.protocol.wire.text import clean

__all__ = ["MAX_STATES", "StateNode", "find_states"]

DI = "http://opcfoundation.org/UA/DI/"
LADS = "http://opcfoundation.org/UA/LADS/"
MAX_NAMESPACES = 200
MAX_CHILDREN = 64
"""Devices of a server, and units of a device; an analyser has a few."""
MAX_STATES = 100
MAX_NAME = 30
"""Of a device or a unit: server, device and unit together are one subject."""
FIND_S = 20.0
"""For all of it."""


@dataclass(frozen=True)
class StateNode:
    """A state to watch: whose, which, and where."""

    subject: str
    kind: StateKind
    node: ua.NodeId


async def find_states(client: Client, server: str) -> list[StateNode]:
    """Return the states of all devices under DeviceSet; empty where the server has no LADS devices."""
    async with asyncio.timeout(FIND_S):
        spaces = await client.get_node(ua.NodeId(ua.Int32(ua.ObjectIds.Server_NamespaceArray))).read_value()
        names = spaces[:MAX_NAMESPACES] if isinstance(spaces, list) else []
        if DI not in names or LADS not in names:
            return []
        di, lads = names.index(DI), names.index(LADS)
        found: list[StateNode] = []
        for device_set in _named(
            await _children(client, ua.NodeId(ua.Int32(ua.ObjectIds.ObjectsFolder))), di, "DeviceSet"
        ):
            for device in await _children(client, device_set.NodeId):
                if len(found) < MAX_STATES:
                    found += await _states_of(client, device, f"{server}: {_name(device)}", di, lads)
        return found[:MAX_STATES]


async def _states_of(client: Client, device: Any, subject: str, di: int, lads: int) -> list[StateNode]:
    inside = await _children(client, device.NodeId)
    found = [StateNode(subject, StateKind.HEALTH, one.NodeId) for one in _named(inside, di, StateKind.HEALTH.value)]
    found += await _machine(client, inside, lads, subject, StateKind.DEVICE)
    for units in _named(inside, lads, "FunctionalUnitSet"):
        for unit in await _children(client, units.NodeId):
            parts = await _children(client, unit.NodeId)
            found += await _machine(client, parts, lads, clean(f"{subject}, {_name(unit)}", 80), StateKind.UNIT)
    return found


async def _machine(client: Client, inside: list[Any], space: int, subject: str, kind: StateKind) -> list[StateNode]:
    return [
        StateNode(subject, kind, state.NodeId)
        for machine in _named(inside, space, kind.value)
        for state in _named(await _children(client, machine.NodeId), 0, "CurrentState")
    ]


async def _children(client: Client, node: ua.NodeId) -> list[Any]:
    """The first children of a node; what a server would continue with is not asked for."""
    what = ua.BrowseDescription(
        NodeId=node,
        BrowseDirection=ua.BrowseDirection.Forward,
        ReferenceTypeId=ua.NodeId(ua.Int32(ua.ObjectIds.HierarchicalReferences)),
        IncludeSubtypes=True,
        NodeClassMask=ua.NodeClass.Object | ua.NodeClass.Variable,
        ResultMask=ua.BrowseResultMask.BrowseName,
    )
    asked = ua.BrowseParameters(
        View=ua.ViewDescription(), RequestedMaxReferencesPerNode=MAX_CHILDREN, NodesToBrowse=[what]
    )
    results = await client.uaclient.browse(asked)
    return list((results[0].References or ())[:MAX_CHILDREN]) if results else []


def _named(references: list[Any], space: int, name: str) -> list[Any]:
    return [one for one in references if (one.BrowseName.NamespaceIndex, one.BrowseName.Name) == (space, name)][:1]


def _name(reference: Any) -> str:
    return plain(str(reference.BrowseName.Name))[:MAX_NAME]
