"""What the PC's programs take while nothing is wrong: processor, memory, and bytes on the line to the server.

Two stretches of two minutes each, after everything has settled:

    1  the agent with no notifier beside it; elsewhere a notifier that runs the host checks and nothing else
    2  agent, desk, and a notifier with its checks, a log, an OPC UA server (node-opcua) and a line to a laboratory
       system; the instrument's program writes an ordinary line into its log every five seconds

The processor's share is of one core and has in it the programs that the checks start.  Memory is the PSS of all
processes, added up.  Since the benchmark's own programs load some of the same libraries, and PSS then counts a part of
them as theirs, `…_alone_mb` says what it would be at most without them: each mapped file counts whole, once.
`notifier_bytes_hour` is what the agent's link carried (both ways, as the kernel counts it) in the second stretch more
than in the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from examples.demo.children import free_port
from examples.demo.seat import Seat
from examples.demo.world import start_desk
from tests.fakes.notifier_process import NotifierProcess
from tests.fakes.opcua import OpcUaServer, running_server

from bench.notices.world import Lab, open_lab
from bench.photon.novnc import family
from bench.session.footprint import pss_mb
from benchside.platform.connections.here import tcp_connections

WATCHED_S = 120.0
SETTLED_S = 25.0
"""The checks' first looks, and what the server is told of them, are not rest."""
LINE_EVERY_S = 5.0
WITHIN_S = 60.0


@dataclass(frozen=True)
class Stretch:
    """What was used in one stretch; percent of one core, by the name of the program."""

    seconds: float
    cpu_percent: dict[str, float]
    link_bytes: int


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """Measure."""
    watched_s, settled_s = (6.0, 3.0) if quick else (WATCHED_S, SETTLED_S)
    with quiet_line() as port:
        async with running_server(folder / "opcua") as server:
            return await asyncio.to_thread(measure, folder, server, port, watched_s, settled_s)


def measure(folder: Path, server: OpcUaServer, port: int, watched_s: float, settled_s: float) -> dict[str, float]:
    with open_lab("rest", settings=adapters(server, port), notifier=False, desk=False) as lab:
        with checks_alone(folder / "checks") as checks:
            time.sleep(settled_s)
            first = stretch(lab, {"agent": family(agent_pid(lab)), "checks": family(checks.pid)}, watched_s)
            checks_mb = pss_mb(family(checks.pid))
        lab.start_notifier()
        assert lab.world.notifier is not None
        lab.world.desk = start_desk(lab.world, Seat(lab.pc["DISPLAY"], lab.pc))
        time.sleep(settled_s)
        programs = {
            "agent": family(agent_pid(lab)),
            "notifier": family(lab.world.notifier.pid),
            "desk": family(lab.world.desk.pid),
        }
        second = stretch(lab, programs, watched_s)
        memory = {name: pss_mb(processes) for name, processes in programs.items()}
        everything = [one for processes in programs.values() for one in processes]
        hour = 3600 / watched_s
        for name, processes in programs.items():
            print(f"  {name}: {len(processes)} processes, {memory[name]} MB, {second.cpu_percent[name]} %", flush=True)
        return {
            "notifier_cpu_percent": second.cpu_percent["notifier"],
            "notifier_checks_cpu_percent": first.cpu_percent["checks"],
            "notifier_pss_mb": memory["notifier"],
            "notifier_alone_mb": alone_mb(programs["notifier"]),
            "notifier_checks_pss_mb": checks_mb,
            "notifier_processes": len(programs["notifier"]),
            "notifier_bytes_hour": max(0, round((second.link_bytes - first.link_bytes) * hour)),
            "link_bytes_hour": round(second.link_bytes * hour),
            "pc_pss_mb": round(sum(memory.values()), 1),
            "pc_alone_mb": alone_mb(everything),
            "pc_cpu_percent": round(sum(second.cpu_percent.values()), 2),
            "agent_rest_pss_mb": memory["agent"],
            "desk_rest_pss_mb": memory["desk"],
            "agent_rest_cpu_percent": second.cpu_percent["agent"],
            "desk_rest_cpu_percent": second.cpu_percent["desk"],
        }


def adapters(server: OpcUaServer, port: int) -> str:
    """Settings of the two adapters besides the log."""
    return (
        f'\n[[opcua]]\nname = "cx200"\nendpoint = "{server.endpoint}"\nsecurity = "none"\nlads = true\n'
        f'\n[[line]]\nname = "lis"\nkind = "hl7"\nrole = "dials"\nendpoint = "127.0.0.1:{port}"\n'
    )


@contextlib.contextmanager
def quiet_line() -> Iterator[int]:
    """A connection of two programs that say nothing; its port."""
    with socket.create_server(("127.0.0.1", free_port())) as there:
        port: int = there.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            yield port


@contextlib.contextmanager
def checks_alone(folder: Path) -> Iterator[NotifierProcess]:
    """A notifier without an agent, in a folder of its own, that runs the host checks."""
    folder.mkdir()
    notifier = NotifierProcess(folder)
    with asyncio.Runner() as runner:
        runner.run(notifier.start())
        try:
            yield notifier
        finally:
            runner.run(notifier.stop())


def agent_pid(lab: Lab) -> int:
    assert lab.world.agent is not None
    return lab.world.agent.pid


def stretch(lab: Lab, programs: dict[str, list[psutil.Process]], seconds: float) -> Stretch:
    """Let so many seconds pass; each program must be the same processes afterwards."""
    ends, carried = link(lab)
    before = {name: cpu_s(processes) for name, processes in programs.items()}
    began = time.monotonic()
    while (left_s := began + seconds - time.monotonic()) > 0:
        lab.log("INFO I0001 temperature of the bath 37.0 C")
        time.sleep(min(LINE_EVERY_S, left_s))
    took_s = time.monotonic() - began
    after = {name: cpu_s(processes) for name, processes in programs.items()}
    for name, processes in programs.items():
        assert set(family(processes[0].pid)) >= set(processes), f"a process of the {name} was started anew"
    ends_now, carried_now = link(lab)
    assert ends_now == ends, "expected the agent to keep its link, got another connection"
    return Stretch(
        took_s,
        {name: round(100 * (after[name] - before[name]) / took_s, 3) for name in programs},
        carried_now - carried,
    )


def link(lab: Lab) -> tuple[object, int]:
    """The agent's connection to the server, and how many bytes it has carried both ways."""
    until = time.monotonic() + WITHIN_S
    while True:
        for one in tcp_connections():
            if one.there[1] == lab.world.ports[1] and one.is_up:
                assert one.carried_bytes is not None, "this kernel does not count a connection's bytes"
                return (one.here, one.there), one.carried_bytes
        assert time.monotonic() < until, "expected the agent on its link, got nobody"
        time.sleep(0.1)


def cpu_s(processes: list[psutil.Process]) -> float:
    """With what they have started and what has ended since."""
    times = [process.cpu_times() for process in processes]
    return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))


def alone_mb(processes: list[psutil.Process]) -> float:
    """As if nothing else on the machine had the same files mapped: each counts whole, and once."""
    anonymous_kb, files_kb = 0, dict[str, int]()
    for process in processes:
        name, of_file = "", dict[str, int]()
        for line in Path(f"/proc/{process.pid}/smaps").read_text().splitlines():
            if head := re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ (\d+)\s*(.*)$", line):
                name = head[2] if head[1] != "0" else ""
            elif line.startswith("Anonymous:"):
                # what was written to is a process's own, or shared with those that were forked from it
                of_file[name] = of_file.get(name, 0) - int(line.split()[1]) if name else 0
            elif line.startswith("Rss:") and name:
                of_file[name] = of_file.get(name, 0) + int(line.split()[1])
        for file, size in of_file.items():
            files_kb[file] = max(files_kb.get(file, 0), size)
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        anonymous_kb += int(re.findall(r"^Pss_Anon:\s+(\d+)", rollup, re.MULTILINE)[0])
    return round((anonymous_kb + sum(files_kb.values())) / 1024, 1)
