"""What can go wrong with the simulated analyser, and how its own program says so: in its log file, by OPC UA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

__all__ = ["FAULTS", "Fault", "Faults", "log_to"]


@dataclass(frozen=True)
class Fault:
    """One fault; `severity` as OPC UA counts, 1 to 1000."""

    name: str
    source: str
    condition: str
    severity: int
    began: str
    ended: str


FAULTS = {
    one.name: one
    for one in (
        Fault("door_open", "Cover", "CoverOpen", 600, "E1207 cover front open", "I1208 cover front closed"),
        Fault("sheath_low", "Fluidics", "SheathLow", 400, "W2301 sheath level 4 %", "I2302 sheath refilled"),
        Fault("laser_hot", "Optics", "LaserHot", 850, "E3110 laser temperature 71.5 C", "I3111 laser temperature good"),
        Fault("probe_blocked", "Pipettor", "ProbeBlocked", 700, "E4402 probe 2 blocked", "I4403 probe 2 free"),
    )
}


class Faults:
    """Which faults there are now; `listeners` are told of each change, in their own order."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.listeners: list[Callable[[Fault, bool], None]] = []

    def switch(self, name: str, is_on: bool) -> None:
        """Have a fault begin or end; nothing where it is so already, KeyError for one that there is not."""
        fault = FAULTS[name]
        if (name in self.active) == is_on:
            return
        (self.active.add if is_on else self.active.discard)(name)
        for tell in self.listeners:
            tell(fault, is_on)

    def toggle(self, name: str) -> None:
        self.switch(name, name not in self.active)

    def obey(self, order: str) -> bool:
        """`on NAME` or `off NAME`; False for anything else."""
        word, _, name = order.strip().partition(" ")
        if word not in ("on", "off") or name not in FAULTS:
            return False
        self.switch(name, word == "on")
        return True


def log_to(path: Path) -> Callable[[Fault, bool], None]:
    """A listener that writes a vendor's log file, as vendors write them."""

    def tell(fault: Fault, is_on: bool) -> None:
        moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        text = fault.began if is_on else fault.ended
        level = {"E": "ERROR", "W": "WARN ", "I": "INFO "}[text[0]]
        with path.open("a", encoding="cp1252", newline="\r\n") as file:
            file.write(f"{moment} [{fault.source:<10}] {level} {text}\n")

    return tell
