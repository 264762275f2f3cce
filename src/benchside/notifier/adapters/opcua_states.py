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

__all__ = ["MAX_STATES", "Found", "StateNode", "find_states"]

DI = "http://opcfoundation.org/UA/DI/"
LADS = "http://opcfoundation.org/UA/LADS/"
MAX_NAMESPACES = 200
MAX_CHILDREN = 64
"""Devices of a server, and units of a device; an analyser has a few."""
MAX_STATES = 100
MAX_BROWSES = 300
"""Questions of one look, at 0.4 to 3 ms of a processor each; the states of a usual server take ten."""
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


@dataclass(frozen=True)
class Found:
    """States to watch, and `subjects`: all devices and units that were seen, with a state or without.

    `is_all`: there are no others.  Not so where the server, or a limit of its or ours, may have kept one from us, nor
    where there is no device at all: a server that is still starting looks like that.
    """

    states: tuple[StateNode, ...]
    subjects: frozenset[str]
    is_all: bool


async def find_states(client: Client, server: str) -> Found:
    """Return the states of all devices under DeviceSet; none where the server has no LADS devices."""
    async with asyncio.timeout(FIND_S):
        spaces = await client.get_node(ua.NodeId(ua.Int32(ua.ObjectIds.Server_NamespaceArray))).read_value()
        names = spaces[:MAX_NAMESPACES] if isinstance(spaces, list) else []
        if DI not in names or LADS not in names:
            # its nodesets may not be loaded yet
            return Found((), frozenset(), is_all=False)
        search = _Search(client, names.index(DI), names.index(LADS))
        await search.look(server)
        return Found(tuple(search.states[:MAX_STATES]), frozenset(search.subjects), search.is_all)


@dataclass(frozen=True)
class _Children:
    """The first children of a node.  `is_all`: it has no others, and each has a name."""

    references: list[Any]
    is_all: bool

    def named(self, space: int, name: str) -> list[Any]:
        wanted = (space, name)
        return [one for one in self.references if (one.BrowseName.NamespaceIndex, one.BrowseName.Name) == wanted][:1]


class _Search:
    """One look at a server.  `di`, `lads`: numbers of their namespaces there."""

    def __init__(self, client: Client, di: int, lads: int) -> None:
        self._client = client
        self._left = MAX_BROWSES
        self._di = di
        self._lads = lads
        self.states: list[StateNode] = []
        self.subjects: set[str] = set()
        self.is_all = True

    async def look(self, server: str) -> None:
        objects = await self._children(ua.NodeId(ua.Int32(ua.ObjectIds.ObjectsFolder)))
        for device in await self._members(objects, self._di, "DeviceSet"):
            # which the set has without a device, too (OPC 10000-100, 4.10)
            if (device.BrowseName.NamespaceIndex, device.BrowseName.Name) == (self._di, "DeviceFeatures"):
                continue
            if len(self.states) < MAX_STATES:
                await self._take_device(device, f"{server}: {_name(device)}")
            else:
                self.is_all = False
        self.is_all &= bool(self.subjects)

    async def _take_device(self, device: Any, subject: str) -> None:
        self.subjects.add(subject)
        inside = await self._children(device.NodeId)
        for one in inside.named(self._di, StateKind.HEALTH.value):
            self.states.append(StateNode(subject, StateKind.HEALTH, one.NodeId))
        await self._take_machine(inside, subject, StateKind.DEVICE)
        for unit in await self._members(inside, self._lads, "FunctionalUnitSet"):
            name = clean(f"{subject}, {_name(unit)}", 80)
            self.subjects.add(name)
            await self._take_machine(await self._children(unit.NodeId), name, StateKind.UNIT)

    async def _take_machine(self, inside: _Children, subject: str, kind: StateKind) -> None:
        for machine in inside.named(self._lads, kind.value):
            for state in (await self._children(machine.NodeId)).named(0, "CurrentState"):
                self.states.append(StateNode(subject, kind, state.NodeId))

    async def _members(self, inside: _Children, space: int, name: str) -> list[Any]:
        """The devices or units of a set."""
        sets = inside.named(space, name)
        if not sets:
            self.is_all &= inside.is_all
            return []
        members = await self._children(sets[0].NodeId)
        self.is_all &= members.is_all
        return members.references

    async def _children(self, node: ua.NodeId) -> _Children:
        """The first children of a node; what a server would continue with is not asked for."""
        if not self._left:
            self.is_all = False
            return _Children([], is_all=False)
        self._left -= 1
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
        results = await self._client.uaclient.browse(asked)
        if not results:
            return _Children([], is_all=False)
        references = list(results[0].References or ())
        is_all = results[0].StatusCode.is_good() and not results[0].ContinuationPoint
        # one that stands on another server may come without its name (OPC 10000-4, 7.30)
        is_all = is_all and len(references) <= MAX_CHILDREN and all(one.BrowseName.Name for one in references)
        return _Children(references[:MAX_CHILDREN], is_all)


def _name(reference: Any) -> str:
    return plain(str(reference.BrowseName.Name))[:MAX_NAME]
