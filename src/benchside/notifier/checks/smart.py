"""Asks disks for their own judgement of their health, through smartctl where it is installed (smartctl(8), --json)."""

from __future__ import annotations

import json
from typing import Any

from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError

__all__ = ["ask_disks", "read_health", "read_scan"]

MAX_DISKS = 8
"""Of one PC; each takes up to WITHIN_S of the look."""
WITHIN_S = 6.0
MAX_NAME = 64
_BAD_CALL, _NOT_OPENED = 0x1, 0x2


def ask_disks() -> dict[str, bool]:
    """Return for each disk that says so whether it is well; none without smartctl, or where we may not ask."""
    try:
        disks = read_scan(ask_program(["smartctl", "--json", "--scan"], within_s=WITHIN_S, good=None))
    except UnavailableError:
        return {}
    found = {}
    for name, kind in disks:
        # a disk that sleeps is not woken: exit code 0 and no judgement
        words = ["smartctl", "--json", "--health", "--nocheck=standby,0", "--device", kind, name]
        try:
            is_well = read_health(ask_program(words, within_s=WITHIN_S, good=None))
        except UnavailableError:
            continue
        if is_well is not None:
            found[name] = is_well
    return found


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
    """Return a disk's own judgement; None when it gives none, or smartctl could not ask it."""
    answer = _object(data)
    about, status = answer.get("smartctl"), answer.get("smart_status")
    code = about.get("exit_status") if isinstance(about, dict) else None
    if not isinstance(code, int) or code & (_BAD_CALL | _NOT_OPENED):
        return None
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
