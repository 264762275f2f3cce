"""What agent, desk and host take from the PC: memory and processor, idle and in a session in which nothing moves.

Memory is the PSS (proportional set size) of all processes of a program, added up: shared pages are counted once.
The processor's share is of one core, over a time in which an engineer in Chromium views and controls, and neither
the screen nor the pointer moves.  Idle means: no request, so no host.
"""

from __future__ import annotations

import time
from pathlib import Path

import psutil
from examples.engineer.engineer import Engineer

from bench.photon.novnc import family
from bench.session.lab import Lab, open_lab
from benchside.protocol.wire.capability import Capability

WATCHED_S = 20.0
SETTLED_S = 3.0
"""After the start and after the last grant: what starting itself takes is not what running takes."""


def main(*, quick: bool = False) -> dict[str, float]:
    """Measure; the figures' names are the issue's, and each program's share of the processor."""
    watched_s, settled_s = (2.0, 0.5) if quick else (WATCHED_S, SETTLED_S)
    with open_lab("footprint") as lab:
        time.sleep(settled_s)
        idle = {name: pss_mb(processes) for name, processes in programs(lab).items()}
        idle_cpu = cpu_percent(programs(lab), watched_s)
        with Engineer(lab.world.web_url, lab.folder / "engineer") as engineer:
            lab.admit(engineer)
            code = lab.hands.request()[2]
            engineer.claim()
            engineer.enter_code(code)
            for capability in (Capability.VIEW, Capability.CONTROL):
                mark = lab.doorway.mark()
                engineer.ask(capability, "look and wait")
                lab.hands.allow(capability, mark)
                engineer.wait_granted(capability)
            engineer.wait_exact()
            time.sleep(settled_s)
            cpu = cpu_percent(programs(lab), watched_s)
            memory = {name: pss_mb(processes) for name, processes in programs(lab).items()}
    return {
        **{f"{name}_pss_mb": value for name, value in memory.items()},
        **{f"{name}_idle_pss_mb": value for name, value in idle.items()},
        **{f"{name}_cpu_percent": value for name, value in cpu.items()},
        "idle_cpu_percent": round(sum(cpu.values()), 2),
        "no_session_cpu_percent": round(sum(idle_cpu.values()), 2),
    }


def programs(lab: Lab) -> dict[str, list[psutil.Process]]:
    """The processes of each program; the host is there in a session only.  It is a child of the agent."""
    host_pid = lab.host_pid()
    host = family(host_pid) if host_pid is not None else []
    found = {"agent": [each for each in family(lab.agent_pid) if each not in host], "desk": family(lab.desk_pid)}
    return {**found, "host": host} if host else found


def pss_mb(processes: list[psutil.Process]) -> float:
    total_kb = 0
    for process in processes:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        total_kb += int(next(line.split()[1] for line in lines if line.startswith("Pss:")))
    return round(total_kb / 1024, 1)


def cpu_percent(found: dict[str, list[psutil.Process]], seconds: float) -> dict[str, float]:
    """Of one core, over so many seconds."""
    before = {name: cpu_s(processes) for name, processes in found.items()}
    started = time.monotonic()
    time.sleep(seconds)
    took_s = time.monotonic() - started
    return {name: round(100 * (cpu_s(found[name]) - before[name]) / took_s, 2) for name in found}


def cpu_s(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))
