"""The simulator's OPC UA side: an `asyncua` server whose alarms are the analyser's faults.

Good for a demo; what the adapter is tested with is a server of somebody else's (tests/fakes/opcua_server).
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from asyncua import Server, ua

from examples.instrument.faults import FAULTS, Fault

__all__ = ["AlarmServer"]

START_S = 30


class AlarmServer:
    """Runs on a thread of its own, since the window has the main one; `tell` may be called from anywhere."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_ready = threading.Event()
        self._generators: dict[str, Any] = {}
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        """Returns when it can be connected to."""
        self._thread.start()
        if not self._is_ready.wait(START_S):
            raise RuntimeError(f"the OPC UA side did not start on port {self._port}; is it in use?")

    def stop(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)

    def tell(self, fault: Fault, is_on: bool) -> None:
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._trigger(fault, is_on), self._loop)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = Server()
        # else it has no ConditionRefresh; the number is the severity of the events around one
        server.iserver.bind_condition_methods = 100
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{self._port}")
        server.set_server_name("CX-200 Analyser")
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        space = await server.register_namespace("urn:example:cx200")
        for fault in FAULTS.values():
            place = await server.nodes.objects.add_object(space, f"{fault.source} {fault.condition}")
            generator = await server.get_event_generator(ua.ObjectIds.AlarmConditionType)
            generator.event.SourceName = fault.source
            generator.event.ConditionName = fault.condition
            generator.event.NodeId = place.nodeid
            generator.event.BranchId = ua.NodeId()
            setattr(generator.event, "EnabledState/Id", True)
            setattr(generator.event, "AckedState/Id", False)
            self._generators[fault.name] = generator
        async with server:
            self._is_ready.set()
            await self._stop.wait()

    async def _trigger(self, fault: Fault, is_on: bool) -> None:
        generator = self._generators[fault.name]
        generator.event.Severity = fault.severity
        generator.event.Retain = is_on
        setattr(generator.event, "ActiveState/Id", is_on)
        await generator.trigger(message=fault.began if is_on else fault.ended)
