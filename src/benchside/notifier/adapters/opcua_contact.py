"""One connection to an OPC UA server: subscribed to its events, asked for what is active, its LADS states followed.

Nothing here reconnects; a contact that is over is thrown away and another one made, since a client of `asyncua` that
has lost its server does not always find back (its issue 1660).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from benchside.notifier.adapters.alarms import AlarmEvent, EventKind
from benchside.notifier.adapters.opcua_guard import guard_client

__all__ = ["KEEP_ALIVE_S", "Contact", "Handlers", "OpcUaSettings"]

ANSWER_S = 10.0
"""For each answer; an instrument's server is in the same room."""
PUBLISH_MS = 500
KEEP_ALIVE_S = 10.0
"""A server with nothing to tell says so as often."""
LIFE_COUNT = 240
"""Publishing intervals without us after which the server forgets the subscription: two minutes."""
QUEUE = 1000
"""Events that the server keeps for us between two answers; one that runs over asks for a refresh."""
MAX_PASSWORD_BYTES = 1024

_EVENTS, _STATES = 1, 100
"""Handles of what is watched: the events' one, and the first of the states'."""

_KINDS = {
    ua.ObjectIds.RefreshStartEventType: EventKind.REFRESH_START,
    ua.ObjectIds.RefreshEndEventType: EventKind.REFRESH_END,
    ua.ObjectIds.RefreshRequiredEventType: EventKind.REFRESH_NEEDED,
    ua.ObjectIds.EventQueueOverflowEventType: EventKind.REFRESH_NEEDED,
}
_FIELDS = (
    (ua.ObjectIds.BaseEventType, ("EventType",)),
    (ua.ObjectIds.BaseEventType, ("SourceName",)),
    (ua.ObjectIds.BaseEventType, ("Severity",)),
    (ua.ObjectIds.BaseEventType, ("Message",)),
    (ua.ObjectIds.ConditionType, ("ConditionName",)),
    (ua.ObjectIds.ConditionType, ("Retain",)),
    (ua.ObjectIds.ConditionType, ("BranchId",)),
    (ua.ObjectIds.ConditionType, ("EnabledState", "Id")),
    (ua.ObjectIds.AcknowledgeableConditionType, ("AckedState", "Id")),
    (ua.ObjectIds.AlarmConditionType, ("ActiveState", "Id")),
)
"""What is asked of each event (OPC 10000-9, 5.5.2, 5.7.2, 5.8.2); the condition's id comes before them."""


class OpcUaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker is given (settings.py reads it from the settings file)."""

    endpoint: str
    security: str = "sign_and_encrypt"
    certificate: str | None = None
    key: str | None = None
    server_certificate: str | None = None
    """The one certificate that the server may have."""
    user: str = ""
    password_file: str | None = None
    rules: str | None = None
    lads: bool = True
    memory: str | None = None
    """The file that keeps which conditions are on, over restarts."""


class Handlers(msgspec.Struct, frozen=True):
    """Who takes what a contact brings; none of them may fail or wait."""

    event: Callable[[AlarmEvent], None]
    state: Callable[[int, object], None]
    """The number under which a state is watched, and its value or None."""
    alive: Callable[[], None]
    over: Callable[[], None]
    """The server has ended the subscription."""


class Contact:
    """A client, from `prepare` and `open` to `leave` and `hang_up`."""

    def __init__(self, settings: OpcUaSettings, handlers: Handlers, now: Callable[[], float]) -> None:
        self._settings = settings
        self._handlers = handlers
        self.client = Client(settings.endpoint, timeout=ANSWER_S, watchdog_intervall=KEEP_ALIVE_S)
        self.client.name = self.client.description = "Benchside notifier"
        self.client.session_timeout = 120_000
        guard_client(self.client, now)
        self._subscription = 0

    async def prepare(self) -> None:
        """Read our own files, before anybody is dialled; any exception means that they, or the settings, are wrong."""
        await self._secure()

    async def open(self) -> None:
        """Connect, and subscribe to events; any exception means that it did not come about."""
        async with asyncio.timeout(3 * ANSWER_S):
            await self.client.connect()
        async with asyncio.timeout(2 * ANSWER_S):
            found = await self.client.uaclient.create_subscription(
                ua.CreateSubscriptionParameters(
                    RequestedPublishingInterval=PUBLISH_MS,
                    RequestedLifetimeCount=LIFE_COUNT,
                    RequestedMaxKeepAliveCount=int(KEEP_ALIVE_S * 1000 / PUBLISH_MS),
                    MaxNotificationsPerPublish=QUEUE,
                    PublishingEnabled=True,
                ),
                self._take,
            )
            self._subscription = found.SubscriptionId
            for result in await self._ask([_events()]):
                result.StatusCode.check()

    @property
    def is_listening(self) -> bool:
        """Whether answers are still asked for; the library stops when a server names no subscription."""
        task = self.client.uaclient._publish_task
        return task is not None and not task.done()

    async def leave(self) -> None:
        """End session and channel as the standard wants it; any exception."""
        await self.client.disconnect()

    def hang_up(self) -> None:
        """Let go of the connection, whatever state it is in."""
        client = self.client
        # each would go on looking by itself, one more with each lost connection
        for task in (
            client._supervisor_task, client._stale_watchdog_task, client._renew_channel_task,
            client.uaclient._publish_task,
        ):  # fmt: skip
            if task is not None:
                task.cancel()
        protocol = client.uaclient.protocol
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()

    async def refresh(self) -> None:
        """Ask for what is active now (OPC 10000-9, 5.5.7); it comes as events between two marks."""
        request = ua.CallMethodRequest(
            ObjectId=_node(ua.ObjectIds.ConditionType),
            MethodId=_node(ua.ObjectIds.ConditionType_ConditionRefresh),
            InputArguments=[ua.Variant(self._subscription, ua.VariantType.UInt32)],
        )
        async with asyncio.timeout(ANSWER_S):
            found = await self.client.uaclient.call([request])
        found[0].StatusCode.check()

    async def watch_states(self, nodes: dict[int, ua.NodeId]) -> dict[int, int]:
        """Have `state` told of each node's value under its number, now and when it changes.

        Returns what the server calls those that it watches, by number; the others it refused.
        """
        async with asyncio.timeout(ANSWER_S):
            results = await self._ask([_value(_STATES + number, node) for number, node in nodes.items()])
        return {
            number: int(result.MonitoredItemId)
            for number, result in zip(nodes, results, strict=False)
            if result.StatusCode.is_good()
        }

    async def release_states(self, ids: list[int]) -> None:
        """Have those that the server calls so watched no more; one that it has forgotten is no mistake."""
        asked = ua.DeleteMonitoredItemsParameters(SubscriptionId=self._subscription, MonitoredItemIds=ids)
        async with asyncio.timeout(ANSWER_S):
            await self.client.uaclient.delete_monitored_items(asked)

    async def _secure(self) -> None:
        settings = self._settings
        if settings.security == "none":
            return
        assert settings.certificate is not None
        assert settings.key is not None
        read = _read_files(settings)
        # a server believes a certificate for the application that it names
        self.client.application_uri = read.application
        mode = ua.MessageSecurityMode
        await self.client.set_security(
            SecurityPolicyBasic256Sha256, settings.certificate, settings.key, server_certificate=read.server,
            mode=mode.SignAndEncrypt if settings.security == "sign_and_encrypt" else mode.Sign,
        )  # fmt: skip
        if read.password:
            self.client.set_user(settings.user)
            self.client.set_password(read.password)

    async def _ask(self, items: list[ua.MonitoredItemCreateRequest]) -> list[Any]:
        parameters = ua.CreateMonitoredItemsParameters(
            SubscriptionId=self._subscription,
            TimestampsToReturn=ua.TimestampsToReturn.Neither,
            ItemsToCreate=items,
        )
        return list(await self.client.uaclient.create_monitored_items(parameters))

    def _take(self, result: Any) -> None:
        """An answer to Publish, of any content."""
        self._handlers.alive()
        for part in (result.NotificationMessage.NotificationData or ())[:QUEUE]:
            if isinstance(part, ua.EventNotificationList):
                for event in (part.Events or ())[:QUEUE]:
                    fields = [getattr(field, "Value", None) for field in event.EventFields or ()]
                    self._handlers.event(read_event(fields))
            elif isinstance(part, ua.DataChangeNotification):
                for item in (part.MonitoredItems or ())[:QUEUE]:
                    value = getattr(getattr(item.Value, "Value", None), "Value", None)
                    self._handlers.state(int(item.ClientHandle) - _STATES, value)
            elif isinstance(part, ua.StatusChangeNotification):
                self._handlers.over()


def read_event(fields: list[Any]) -> AlarmEvent:
    """Return the event whose fields a server sent, whatever they are."""
    if len(fields) != len(_FIELDS) + 1:
        return AlarmEvent(EventKind.OTHER)
    condition, kind, source, severity, message, name, retain, branch, enabled, acknowledged, active = fields
    if isinstance(kind, ua.NodeId) and kind.NamespaceIndex == 0 and isinstance(kind.Identifier, int):
        mark = _KINDS.get(int(kind.Identifier))
        if mark is not None:
            return AlarmEvent(mark)
    if not isinstance(condition, ua.NodeId) or condition.is_null():
        return AlarmEvent(EventKind.OTHER)
    return AlarmEvent(
        EventKind.CONDITION,
        condition=f"{condition.NamespaceIndex}:{condition.Identifier!r}",
        source=source,
        name=name,
        severity=severity,
        retain=retain,
        is_enabled=enabled,
        is_active=active,
        is_acknowledged=acknowledged,
        message=getattr(message, "Text", None),
        is_branch=isinstance(branch, ua.NodeId) and not branch.is_null(),
    )


def _events() -> ua.MonitoredItemCreateRequest:
    clauses = [
        ua.SimpleAttributeOperand(
            TypeDefinitionId=_node(ua.ObjectIds.ConditionType), BrowsePath=[], AttributeId=ua.AttributeIds.NodeId
        )
    ]
    clauses += [
        ua.SimpleAttributeOperand(
            TypeDefinitionId=_node(kind),
            BrowsePath=[ua.QualifiedName(name, 0) for name in path],
            AttributeId=ua.AttributeIds.Value,
        )
        for kind, path in _FIELDS
    ]
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(
            NodeId=_node(ua.ObjectIds.Server), AttributeId=ua.AttributeIds.EventNotifier
        ),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=ua.MonitoringParameters(
            ClientHandle=_EVENTS, SamplingInterval=0, QueueSize=QUEUE, DiscardOldest=True,
            Filter=ua.EventFilter(SelectClauses=clauses),
        ),
    )  # fmt: skip


def _value(handle: int, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=node, AttributeId=ua.AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=ua.MonitoringParameters(
            ClientHandle=handle, SamplingInterval=PUBLISH_MS, QueueSize=1, DiscardOldest=True
        ),
    )


def _node(number: int) -> ua.NodeId:
    return ua.NodeId(ua.Int32(number))


class _Files(msgspec.Struct, frozen=True):
    application: str
    server: bytes
    password: str


def _read_files(settings: OpcUaSettings) -> _Files:
    assert settings.certificate is not None
    assert settings.server_certificate is not None
    password = ""
    if settings.password_file:
        with Path(settings.password_file).open("rb") as file:
            password = file.read(MAX_PASSWORD_BYTES).decode().rstrip("\r\n")
    return _Files(
        application=_application_of(Path(settings.certificate).read_bytes()),
        server=_certificate(Path(settings.server_certificate).read_bytes()).public_bytes(Encoding.DER),
        password=password,
    )


def _certificate(data: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(data) if b"-----BEGIN" in data else x509.load_der_x509_certificate(data)


def _application_of(data: bytes) -> str:
    names = _certificate(data).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "urn:benchside:notifier")
