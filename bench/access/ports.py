"""What a PC listens on while an engineer views and controls: each TCP and UDP socket of agent, desk and host."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from examples.engineer.engineer import Engineer

from bench.session.footprint import programs
from bench.session.lab import open_lab
from benchside.protocol.wire.capability import Capability

LISTENING = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
"""States of Linux (include/net/tcp_states.h): TCP_LISTEN, and TCP_CLOSE for a UDP socket that takes from anybody."""


@dataclass(frozen=True)
class Port:
    """A socket that somebody could speak to."""

    program: str
    kind: str
    address: str
    port: int

    @property
    def is_off_loopback(self) -> bool:
        return not ipaddress.ip_address(self.address).is_loopback


async def main(folder: Path, quick: bool) -> dict[str, float]:
    ports = await asyncio.to_thread(_in_a_session)
    for one in ports:
        print(f"  {one.program}: {one.kind} {one.address}:{one.port}{' OFF LOOPBACK' if one.is_off_loopback else ''}")
    return {
        "open_ports": sum(one.is_off_loopback for one in ports),
        "loopback_ports": sum(not one.is_off_loopback for one in ports),
    }


def _in_a_session() -> list[Port]:
    with open_lab("ports") as lab, Engineer(lab.world.web_url, lab.folder / "engineer") as engineer:
        lab.admit(engineer)
        code = lab.hands.request()[2]
        engineer.claim()
        engineer.enter_code(code)
        for capability in (Capability.VIEW, Capability.CONTROL):
            mark = lab.doorway.mark()
            engineer.ask(capability, "look and click")
            lab.hands.allow(capability, mark)
            engineer.wait_granted(capability)
        engineer.wait_exact()
        found = programs(lab)
        assert found.keys() == {"agent", "desk", "host"}, "all three run in a session"
        assert _has_sockets(found["host"]), "the host's own connection is seen, so a listening one would be"
        return [port for name, processes in found.items() for port in listening(name, processes)]


def listening(program: str, processes: list[psutil.Process]) -> Iterator[Port]:
    """Yield what these processes listen on, from the kernel's own tables."""
    for process in processes:
        inodes = _inodes(process.pid)
        for kind, state in LISTENING.items():
            for line in _table(process.pid, kind):
                if line[3] == state and line[9] in inodes:
                    address, _, port = line[1].partition(":")
                    yield Port(program, kind, _address(address), int(port, 16))


def _has_sockets(processes: list[psutil.Process]) -> bool:
    return any(line[9] in _inodes(one.pid) for one in processes for line in _table(one.pid, "tcp"))


def _table(pid: int, kind: str) -> list[list[str]]:
    path = Path(f"/proc/{pid}/net/{kind}")
    return [line.split() for line in path.read_text().splitlines()[1:]] if path.exists() else []


def _inodes(pid: int) -> set[str]:
    found = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(handle.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def _address(text: str) -> str:
    """Four bytes each, in the machine's own order (proc(5))."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    return str(ipaddress.ip_address(b"".join(words)))
