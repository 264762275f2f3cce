"""The simulator's faults reach its window, its log file and its OPC UA side, and adapters see them there."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from examples.demo.children import free_port
from project.paths import ROOT
from tests.fakes.opcua import watching

from benchside.notifier.adapters.log import make
from benchside.notifier.adapters.names import alarm_subject

pytestmark = [pytest.mark.system, pytest.mark.slow]


async def order(control: Path, text: str) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "examples.instrument", "--control", str(control), "--send", text, cwd=ROOT
    )
    return await asyncio.wait_for(process.wait(), 30)


async def test_a_fault_from_the_window_to_the_adapters(tmp_path: Path) -> None:
    port, control, log = free_port(), tmp_path / "control", tmp_path / "cx.log"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "examples.instrument", "--log-file", str(log), "--opcua", str(port),
        "--control", str(control), "--fault", "sheath_low",
        cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    sheath, door = (
        ("opcua.alarm", alarm_subject("cx", "Fluidics", "SheathLow"), "alarm"),
        ("opcua.alarm", alarm_subject("cx", "Cover", "CoverOpen"), "alarm"),
    )
    try:
        async with watching(f"opc.tcp://127.0.0.1:{port}") as watch:
            await watch.until_active(sheath)
            assert await order(control, "on door_open") == 0
            await watch.until_active(sheath, door)
            rules = ROOT / "examples" / "instrument" / "watch" / "log_rules.toml"
            adapter = make("cx200", {"path": str(log), "rules": str(rules), "from_start": True})
            adapter._read_rules(watch.reporter)
            adapter.look(watch.reporter)
            assert watch.reporter.of("log.cx200") == [
                ("Sheath fluid", "sheath_low", "on"), ("Cover front", "door_open", "on")
            ]  # fmt: skip
            assert await order(control, "off door_open") == 0
            assert await order(control, "off nothing") == 1
            await watch.until(lambda reporter: door not in reporter.active())
    finally:
        process.terminate()
        await process.wait()
