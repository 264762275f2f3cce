"""The clock's source on Windows: `w32tm /query /status /verbose`, whose words are of the system's language."""

from __future__ import annotations

import sys

assert sys.platform == "win32"  # for the type checker, which then reads the rest as Windows does

from benchside.platform.processes.contract import ServiceState
from benchside.platform.processes.windows import find_services
from benchside.platform.program import ask_program
from benchside.platform.system_programs import system_program
from benchside.platform.time_source.contract import TimeSource
from benchside.platform.time_source.status import read_status
from benchside.protocol.errors import UnavailableError

__all__ = ["ask_time_source"]

WITHIN_S = 10.0
SERVICE = "W32Time"


def ask_time_source() -> TimeSource:
    """Return what the time service knows: nothing where it does not run, as on a PC without a domain.

    UnavailableError: it runs and does not answer.
    """
    words = [system_program("w32tm.exe"), "/query", "/status", "/verbose"]
    try:
        return read_status(ask_program(words, within_s=WITHIN_S).decode("latin-1"))
    except UnavailableError:
        if find_services([SERVICE]).get(SERVICE) is ServiceState.RUNNING:
            raise
        return TimeSource(None)
