"""The check `smart`: what disks say of their own health, asked through smartctl (smartctl(8), --json)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from benchside.notifier.checks.answer import answer, subjects
from benchside.notifier.checks.options import SmartSettings
from benchside.platform.program import ask_program
from benchside.platform.system_programs import installed_program
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["SmartLook", "ask_disks", "find_smartctl", "read_health", "read_scan"]

SOURCE = "pc.storage"
MAX_DISKS = 8
"""Of one PC; each takes up to WITHIN_S of the look."""
WITHIN_S = 6.0
MAX_NAME = 64
_BAD_CALL, _NOT_OPENED = 0x1, 0x2


class SmartLook:
    """Asks each disk."""

    def __init__(self, settings: SmartSettings, disks: Callable[[], Mapping[str, bool | None]] | None = None) -> None:
        del settings
        self._disks = disks or _disks_here
        self._there: frozenset[str] = frozenset()

    def __call__(self) -> list[Signal]:
        """Return which disks are about to fail; UnavailableError when none could be asked."""
        disks = self._disks()
        self._there = subjects(disks)
        return [
            signal
            for name, is_well in disks.items()
            for signal in answer(SOURCE, name, "disk_failing", None if is_well is None else not is_well)
        ]

    def knows(self, key: ConditionKey) -> bool:
        """Return whether the disk is there; one that sleeps is not well because of that."""
        return key.subject in self._there


def find_smartctl(platform: str = sys.platform) -> str | None:
    """Return what to start; None on a Windows without it.

    There by its full path only: a name alone would be looked for in folders that others may write to.
    """
    if platform != "win32":
        return "smartctl"
    path = installed_program("smartmontools", "bin", "smartctl.exe")
    return str(path) if path.is_file() else None


def ask_disks(program: str, ask: Callable[..., bytes] = ask_program) -> dict[str, bool | None]:
    """Return for each disk whether it is well, None: it does not say; UnavailableError when none could be asked."""
    found: dict[str, bool | None] = {}
    has_answer = False
    for name, kind in read_scan(ask([program, "--json", "--scan"], within_s=WITHIN_S, good=None)):
        # a disk that sleeps is not woken: exit code 0 and no judgement
        words = [program, "--json", "--health", "--nocheck=standby,0", "--device", kind, name]
        found[name] = None
        try:
            found[name] = read_health(ask(words, within_s=WITHIN_S, good=None))
        except UnavailableError:
            continue  # a card reader beside the disks may not answer
        has_answer = True
    if not has_answer:
        raise UnavailableError("expected a disk that can be asked, got none")
    return found


def _disks_here() -> dict[str, bool | None]:
    program = find_smartctl()
    return {} if program is None else ask_disks(program)


def read_scan(data: bytes) -> list[tuple[str, str]]:
    """Return name and kind of each disk in a scan."""
    found = []
    devices = _object(data).get("devices")
    for one in devices if isinstance(devices, list) else []:
        name, kind = (one.get("name"), one.get("type")) if isinstance(one, dict) else (None, None)
        if _is_name(name) and _is_name(kind):
            found.append((str(name), str(kind)))
    return found[:MAX_DISKS]


def read_health(data: bytes) -> bool | None:
    """Return a disk's own judgement, None when it gives none; UnavailableError when smartctl could not ask it."""
    read = _object(data)
    about, status = read.get("smartctl"), read.get("smart_status")
    code = about.get("exit_status") if isinstance(about, dict) else None
    if not isinstance(code, int) or code & (_BAD_CALL | _NOT_OPENED):
        raise UnavailableError("expected smartctl to ask the disk, got a failure")
    passed = status.get("passed") if isinstance(status, dict) else None
    return passed if isinstance(passed, bool) else None


def _is_name(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= MAX_NAME and text.isprintable() and not text.startswith("-")


def _object(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
