"""What is told of programs and services that run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Program", "ServiceState"]


@dataclass(frozen=True)
class Program:
    """One process.  `name`: as it was asked for.  `cpu_s`: what it has used since it started, of one core."""

    name: str
    pid: int
    cpu_s: float
    memory_bytes: int


class ServiceState(StrEnum):
    """How a service stands."""

    RUNNING = "running"
    CHANGING = "changing"
    """It starts or stops now."""
    STOPPED = "stopped"
    MISSING = "missing"
    """It is not installed."""
