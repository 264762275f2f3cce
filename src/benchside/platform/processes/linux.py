"""Programs and services on Linux: /proc/PID/stat (proc(5)) and systemctl."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from benchside.platform.processes.contract import Program, ServiceState
from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError

__all__ = ["find_programs", "find_services", "read_stat", "read_units"]

SYSTEMCTL_WITHIN_S = 10.0
MAX_COMMAND = 15
"""Of a program's name, the kernel keeps so many characters (TASK_COMM_LEN)."""
_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")
_STATES = {
    "active": ServiceState.RUNNING,
    "reloading": ServiceState.RUNNING,
    "activating": ServiceState.CHANGING,
    "deactivating": ServiceState.CHANGING,
    "inactive": ServiceState.STOPPED,
    "failed": ServiceState.STOPPED,
}


def find_programs(names: Iterable[str]) -> list[Program]:
    """Return the processes whose program is called so; names of more than MAX_COMMAND characters are compared cut."""
    wanted = {name[:MAX_COMMAND].encode(): name for name in names}
    found = []
    with os.scandir("/proc") as entries:
        pids = [entry.name for entry in entries if entry.name.isdigit()]
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - a third of Path.read_bytes' time, for hundreds
                line = file.read(1024)
        except OSError:
            continue  # it has just ended
        one = read_stat(line, wanted)
        if one is not None:
            found.append(one)
    return found


def read_stat(line: bytes, wanted: Mapping[bytes, str]) -> Program | None:
    """Return the process of a stat line when its program is wanted; a name may hold blanks and brackets itself."""
    begin, end = line.find(b"("), line.rfind(b")")
    name = wanted.get(line[begin + 1 : end])
    if name is None:
        return None
    fields = line[end + 2 :].split()
    if len(fields) < 22 or fields[0] in (b"Z", b"X"):
        return None
    cpu_s = (int(fields[11]) + int(fields[12])) / _TICKS_HZ
    return Program(name, int(line[:begin]), cpu_s, int(fields[21]) * _PAGE_BYTES)


def find_services(names: Sequence[str]) -> dict[str, ServiceState]:
    """Return how each service stands; one that systemd says nothing of is left out.

    UnavailableError: there is no systemd, or it does not answer.
    """
    if not names:
        return {}
    units = [name if "." in name else f"{name}.service" for name in names]
    words = ["systemctl", "show", "--no-pager", "--property=LoadState,ActiveState", "--", *units]
    return read_units(ask_program(words, within_s=SYSTEMCTL_WITHIN_S).decode("utf-8", "replace"), names)


def read_units(text: str, names: Sequence[str]) -> dict[str, ServiceState]:
    """Return the states in what `systemctl show` prints: a paragraph for each unit, in the order of asking."""
    paragraphs = [part for part in text.strip().split("\n\n") if part]
    if len(paragraphs) != len(names):
        raise UnavailableError(f"expected {len(names)} services of systemctl, got {len(paragraphs)}")
    found = {}
    for name, paragraph in zip(names, paragraphs, strict=True):
        values = dict(line.partition("=")[::2] for line in paragraph.splitlines())
        if values.get("LoadState") == "not-found":
            found[name] = ServiceState.MISSING
        elif (state := _STATES.get(values.get("ActiveState", ""))) is not None:
            found[name] = state
    return found
