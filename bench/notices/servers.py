"""The OPC UA adapter beside node-opcua: alarms (OPC 10000-9), a LADS device (OPC 30500-1), and who may be who."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fakes.opcua import OpcUaServer, running_server, watching, write_certificate

from bench.notices.proof import Proofs
from benchside.notifier.adapters.names import alarm_subject
from benchside.protocol.wire.condition import Severity

DOOR = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "DoorOpen"), "alarm")
HEAT = ("opcua.alarm", alarm_subject("cx", "Centrifuge", "Overheat"), "alarm")
AWAY = ("opcua.link", "cx", "not_connected")
RULES = """
[[alarm]]
source = "Centrifuge"
condition = "DoorOpen"
code = "door_open"
subject = "Centrifuge"
messages = ["Door opened while running"]
"""


async def prove(proofs: Proofs, folder: Path) -> None:
    """All facts of OPC UA."""
    folder.mkdir()
    async with running_server(folder / "server") as server:
        for what, course in (
            ("alarms", alarms), ("LADS", lads), ("a server that goes and comes again", away),
            ("rules", rules), ("certificates", certificates),
        ):  # fmt: skip
            async with proofs.course("opcua", what):
                for alarm in ("DoorOpen", "Overheat", "LowSheath"):
                    await server.order(f"clear {alarm}")
                await course(proofs, server, folder)


async def alarms(proofs: Proofs, server: OpcUaServer, folder: Path) -> None:
    del folder
    await server.order("raise DoorOpen 700 Eva Roth, born 1950")
    async with watching(server.endpoint) as watch:
        await watch.until_active(DOOR)
        proofs.fact("opcua", "what was active before the connection is told (ConditionRefresh)")
        await server.order("raise Overheat 900 hot")
        await watch.until_active(DOOR, HEAT)
        proofs.fact("opcua", "an alarm that is raised is told")
        told = {one.key.subject: one.severity for one in watch.reporter.signals if one.key.source == "opcua.alarm"}
        is_right = told == {DOOR[1]: Severity.SERIOUS, HEAT[1]: Severity.CRITICAL}
        proofs.fact("opcua", "severities 700 and 900 are serious and critical", is_right)
        await server.order("retain Overheat")
        await watch.until_active(DOOR)
        proofs.fact("opcua", "one that is inactive and still retained is over")
        await server.order("acknowledge DoorOpen")
        await watch.until(lambda reporter: reporter.signals[-1].values == {"acknowledged": True})
        proofs.fact("opcua", "an acknowledgement at the instrument is told")
        await server.order("clear DoorOpen")
        await watch.until_active()
        proofs.fact("opcua", "one that is cleared is over")
        proofs.fact("opcua", "no text that the server wrote is told", "Roth" not in repr(watch.reporter.signals))


async def lads(proofs: Proofs, server: OpcUaServer, folder: Path) -> None:
    del folder
    device, unit = "cx: Analyser", "cx: Analyser, Pipettor"
    async with watching(server.endpoint, lads=True) as watch:
        for order, active in (
            ("unit Aborted", {("opcua.lads", unit, "unit_aborted")}),
            ("unit Running", set()),
            ("health 3", {("opcua.lads", device, "health_off_spec")}),
            ("health 0", set()),
            ("device Shutdown", {("opcua.lads", device, "device_shut_down")}),
            ("device Operate", set()),
        ):
            await server.order(order)
            await watch.until_active(*active)
            proofs.fact("opcua", f"LADS, {order}: {', '.join(code for _, _, code in active) or 'nothing is wrong'}")


async def away(proofs: Proofs, server: OpcUaServer, folder: Path) -> None:
    memory = str(folder / "cx.active")
    await server.order("raise DoorOpen 700 x")
    async with watching(server.endpoint, memory=memory) as watch:
        await watch.until_active(DOOR)
        await server.kill()
        await watch.until_active(DOOR, AWAY)
        proofs.fact("opcua", "a server that was killed is told, and what was active stays so")
        await server.start()
        await watch.until_active()
        proofs.fact("opcua", "after it comes again, what is not active there any more is over")


async def rules(proofs: Proofs, server: OpcUaServer, folder: Path) -> None:
    file = folder / "rules.toml"
    file.write_text(RULES)
    async with watching(server.endpoint, rules=str(file)) as watch:
        for text, is_told in (("Door opened while running", True), ("Sample of Eva Roth", False)):
            await server.order(f"raise DoorOpen 400 {text}")
            await watch.until_active(("opcua.cx", "Centrifuge", "door_open"))
            await watch.until(lambda reporter, told=is_told: ("message" in reporter.signals[-1].values) is told)  # type: ignore[misc]
            proofs.fact("opcua", f"the alarm's own name by a rule; its message is {'' if is_told else 'not '}told")
            await server.order("clear DoorOpen")
            await watch.until_active()


async def certificates(proofs: Proofs, server: OpcUaServer, folder: Path) -> None:
    certificate, key = write_certificate(folder / "own")
    stranger, _ = write_certificate(folder / "stranger")
    password = folder / "password"
    password.write_text("only for tests\n")
    safe: dict[str, Any] = {
        "security": "sign_and_encrypt", "certificate": str(certificate), "key": str(key),
        "user": "watcher", "password_file": str(password),
    }  # fmt: skip
    await server.order("raise DoorOpen 700 x")
    async with watching(server.endpoint, server_certificate=str(server.certificate), **safe) as watch:
        await watch.until_active(DOOR)
        proofs.fact("opcua", "signed and encrypted, with its certificate pinned and a password")
    password.write_text("wrong\n")
    async with watching(server.endpoint, server_certificate=str(server.certificate), **safe) as watch:
        await watch.until(lambda reporter: ("opcua.link", "cx", "refused") in reporter.active())
        proofs.fact("opcua", "a wrong password is told as refused")
    password.write_text("only for tests\n")
    async with watching(server.endpoint, server_certificate=str(stranger), **safe) as watch:
        await watch.until(lambda reporter: bool({AWAY, ("opcua.link", "cx", "refused")} & reporter.active()))
        proofs.fact(
            "opcua",
            "another certificate than the pinned one: nothing is told of it",
            DOOR not in watch.reporter.active(),
        )
