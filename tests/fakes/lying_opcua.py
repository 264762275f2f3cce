"""An OPC UA server in raw TCP that answers as it should, except where a test has it lie."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary, struct_to_binary

__all__ = ["ALARM_FIELDS", "Answer", "Devices", "LyingOpcUa", "alarm", "lying_server"]

ALARM_FIELDS = 11


def alarm(**changes: Any) -> ua.EventFieldList:
    """An event as the adapter asks for it, true but for `changes`."""
    fields: dict[str, Any] = {
        "condition": ua.NodeId("door", 1), "kind": ua.NodeId(ua.ObjectIds.AlarmConditionType), "source": "Centrifuge",
        "severity": ua.Variant(700, ua.VariantType.UInt16), "message": ua.LocalizedText("x"), "name": "DoorOpen",
        "retain": True, "branch": ua.NodeId(), "enabled": True, "acknowledged": False, "active": True,
    }  # fmt: skip
    fields |= changes
    values = [one if isinstance(one, ua.Variant) else ua.Variant(one) for one in fields.values()]
    return ua.EventFieldList(ClientHandle=1, EventFields=values)


Answer = Callable[[Any], Any]


@dataclass
class Devices:
    """Answers to Browse of a server with these devices and their LADS units.

    `lies`: what it answers of a node instead, or a cut.
    """

    units: dict[str, list[str]] = field(default_factory=dict)
    lies: dict[str, dict[str, Any] | type[ConnectionError]] = field(default_factory=dict)

    def browse(self, data: Any) -> ua.BrowseResponse:
        node = str(struct_from_binary(ua.BrowseParameters, data).NodesToBrowse[0].NodeId.Identifier)
        lie = self.lies.get(node, {})
        if isinstance(lie, type):
            raise lie
        inside = [
            ua.ReferenceDescription(NodeId=ua.NodeId(to, 3), BrowseName=ua.QualifiedName(name, space))
            for space, name, to in self._inside(*node.split("/"))
        ]
        return ua.BrowseResponse(Results=[ua.BrowseResult(**({"References": inside} | lie))])

    def _inside(self, kind: str, device: str = "", unit: str = "") -> list[tuple[int, str, str]]:
        """Namespace, name and id of each child of a node."""
        match kind:
            case "DeviceSet":
                # as in the standard's own nodeset
                return [(1, "DeviceFeatures", "features"), *((3, one, f"Device/{one}") for one in self.units)]
            case "Device":
                return [(2, "FunctionalUnitSet", f"FunctionalUnitSet/{device}")]
            case "FunctionalUnitSet":
                return [(3, one, f"Unit/{device}/{one}") for one in self.units[device]]
            case "Unit":
                return [(2, "FunctionalUnitState", f"Machine/{device}/{unit}")]
            case "Machine":
                return [(0, "CurrentState", f"State/{device}/{unit}")]
            case _:
                return [(1, "DeviceSet", "DeviceSet")] if kind == str(int(ua.ObjectIds.ObjectsFolder)) else []


@dataclass
class LyingOpcUa:
    """`published`: what answers to Publish hold, in order: events, values, or an answer's raw bytes; then silence.

    `lies`: an answer of another kind, by the name of the service; bytes are sent as the body that they are.
    `raw`: sent as soon as somebody connects, instead of everything.
    """

    published: list[list[ua.EventFieldList] | ua.DataChangeNotification | bytes] = field(default_factory=list)
    lies: dict[str, Answer] = field(default_factory=dict)
    raw: bytes | None = None
    port: int = 0
    asked: list[str] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    """Of what is watched, as the client calls it, in the order in which it was asked for."""
    released: int = 0
    visits: int = 0
    _number: int = 0
    _waiting: Callable[[Any], None] | None = None

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        try:
            if self.raw is not None:
                while True:
                    writer.write(self.raw)
                    await writer.drain()
                    await asyncio.sleep(0 if self.raw else 1)
            while True:
                kind, size = struct.unpack("<3sxI", await reader.readexactly(8))
                body = await reader.readexactly(size - 8)
                if kind == b"HEL":
                    writer.write(b"ACKF" + struct.pack("<IIIIII", 28, 0, 65535, 65535, 0, 0))
                elif kind == b"CLO":
                    return
                else:
                    self._answer(writer, kind, body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, writer: asyncio.StreamWriter, kind: bytes, body: bytes) -> None:
        data = Buffer(body)
        data.skip(4)
        if kind == b"OPN":
            for _ in range(3):
                (length,) = struct.unpack("<i", data.read(4))
                data.skip(max(0, length))
        else:
            data.skip(4)
        _sequence, request = struct.unpack("<II", data.read(8))
        service = nodeid_from_binary(data)
        header = struct_from_binary(ua.RequestHeader, data)
        name = _NAMES[service.Identifier]
        self.asked.append(name)
        answer = self._answer_to(name, data)
        if answer is not None:
            self._reply(writer, kind, request, header.RequestHandle, answer)
        elif name == "Publish":
            self._waiting = partial(self._reply, writer, kind, request, header.RequestHandle)

    def tell_value(self, handle: int, value: object) -> None:
        """Say that what is watched under this handle has this value, now or with the next answer to Publish."""
        item = ua.MonitoredItemNotification(ClientHandle=handle, Value=ua.DataValue(ua.Variant(value)))
        self.published.append(ua.DataChangeNotification(MonitoredItems=[item]))
        if self._waiting is not None:
            reply, self._waiting = self._waiting, None
            reply(self._Publish())

    def _reply(self, writer: asyncio.StreamWriter, kind: bytes, request: int, handle: int, answer: Any) -> None:
        if not isinstance(answer, bytes):
            answer.ResponseHeader.RequestHandle = handle
            answer = struct_to_binary(answer)
        if kind == b"OPN":
            policy = b"http://opcfoundation.org/UA/SecurityPolicy#None"
            head = struct.pack("<I", 7) + struct.pack("<i", len(policy)) + policy + struct.pack("<ii", -1, -1)
        else:
            head = struct.pack("<II", 7, 1)
        self._number += 1
        head += struct.pack("<II", self._number, request)
        writer.write(kind + b"F" + struct.pack("<I", 8 + len(head) + len(answer)) + head + answer)

    def _answer_to(self, name: str, data: Buffer) -> Any:
        if name in self.lies:
            return self.lies[name](data)
        if name == "CreateMonitoredItems":
            return self._watch(data)
        if name == "DeleteMonitoredItems":
            return self._release(data)
        return getattr(self, f"_{name}")()

    def _OpenSecureChannel(self) -> Any:
        answer = ua.OpenSecureChannelResponse()
        token = answer.Parameters.SecurityToken
        token.ChannelId, token.TokenId, token.RevisedLifetime = 7, 1, 3_600_000
        return answer

    def _CreateSession(self) -> Any:
        answer = ua.CreateSessionResponse()
        found = answer.Parameters
        found.SessionId, found.AuthenticationToken = ua.NodeId(1, 1), ua.NodeId(2, 1)
        found.RevisedSessionTimeout = 120_000.0
        found.ServerEndpoints = [
            ua.EndpointDescription(
                EndpointUrl=self.endpoint, SecurityMode=ua.MessageSecurityMode.None_,
                SecurityPolicyUri="http://opcfoundation.org/UA/SecurityPolicy#None",
                UserIdentityTokens=[ua.UserTokenPolicy(PolicyId="a", TokenType=ua.UserTokenType.Anonymous)],
            )
        ]  # fmt: skip
        return answer

    def _ActivateSession(self) -> Any:
        return ua.ActivateSessionResponse()

    def _CreateSubscription(self) -> Any:
        answer = ua.CreateSubscriptionResponse()
        answer.Parameters.SubscriptionId = 9
        return answer

    def _watch(self, data: Buffer) -> Any:
        asked = struct_from_binary(ua.CreateMonitoredItemsParameters, data).ItemsToCreate
        self.handles += [int(one.RequestedParameters.ClientHandle) for one in asked]
        first = len(self.handles) - len(asked) + 1
        return ua.CreateMonitoredItemsResponse(
            Results=[ua.MonitoredItemCreateResult(MonitoredItemId=first + number) for number in range(len(asked))]
        )

    def _release(self, data: Buffer) -> Any:
        asked = struct_from_binary(ua.DeleteMonitoredItemsParameters, data).MonitoredItemIds
        self.released += len(asked)
        return ua.DeleteMonitoredItemsResponse(Results=[ua.StatusCode() for _ in asked])

    def _Call(self) -> Any:
        return ua.CallResponse(Results=[ua.CallMethodResult()])

    def _Read(self) -> Any:
        spaces = [
            "http://opcfoundation.org/UA/",
            "http://opcfoundation.org/UA/DI/",
            "http://opcfoundation.org/UA/LADS/",
        ]
        return ua.ReadResponse(Results=[ua.DataValue(ua.Variant(spaces, ua.VariantType.String))])

    def _Browse(self) -> Any:
        return ua.BrowseResponse(Results=[ua.BrowseResult()])

    def _CloseSession(self) -> Any:
        return ua.CloseSessionResponse()

    def _Publish(self) -> Any:
        if not self.published:
            return None
        now = self.published.pop(0)
        if isinstance(now, bytes):
            return now
        answer = ua.PublishResponse()
        answer.Parameters.SubscriptionId = 9
        answer.Parameters.NotificationMessage.NotificationData = [
            ua.EventNotificationList(Events=now) if isinstance(now, list) else now
        ]
        return answer


_NAMES = {
    getattr(ua.ObjectIds, f"{name}Request_Encoding_DefaultBinary"): name
    for name in (
        "OpenSecureChannel", "CreateSession", "ActivateSession", "CreateSubscription", "CreateMonitoredItems",
        "DeleteMonitoredItems", "Call", "Read", "Browse", "BrowseNext", "CloseSession", "Publish", "CloseSecureChannel",
    )
}  # fmt: skip


@asynccontextmanager
async def lying_server(**lies: Any) -> AsyncIterator[LyingOpcUa]:
    """A server on loopback."""
    server = LyingOpcUa(**lies)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server
        listener.close()
