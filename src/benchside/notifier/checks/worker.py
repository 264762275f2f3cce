"""Builds the list of checks for the worker: `make("checks", settings)`, importing only what is on and has work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from benchside.notifier.checks.options import CHECKS, CheckSettings, ChecksSettings
from benchside.notifier.checks.settings import from_builtins
from benchside.notifier.watch.contract import Check
from benchside.protocol.wire.condition import ConditionKey, Signal

__all__ = ["CONDITIONS", "LOOKS", "check_of", "make"]

LOOKS: dict[str, str] = {
    "disk": "DiskLook",
    "memory": "MemoryLook",
    "program": "ProgramLook",
    "running": "RunningLook",
    "time": "TimeLook",
    "certificate": "CertificateLook",
    "endpoint": "EndpointLook",
    "restart": "RestartLook",
    "system": "SystemLook",
    "antivirus": "AntivirusLook",
    "write_filter": "WriteFilterLook",
    "event_log": "EventLogLook",
    "journal": "JournalLook",
    "config": "ConfigurationLook",
    "storage": "StorageLook",
    "smart": "SmartLook",
}
"""The class of each check, in the module of its name."""
CONDITIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "disk": ("pc.disk", ("space_low", "fills_soon")),
    "memory": ("pc.memory", ("memory_low",)),
    "program": ("pc.program", ("cpu_high", "memory_high")),
    "running": ("pc.running", ("program_missing", "service_stopped", "service_unknown")),
    "time": ("pc.time", ("not_synchronised", "clock_wrong")),
    "certificate": ("pc.certificate", ("unreadable", "expires_soon", "expired")),
    "endpoint": ("pc.endpoint", ("unreachable",)),
    "restart": ("pc.restart", ("restart_pending",)),
    "system": ("pc.system", ("support_ends_soon", "support_ended")),
    "antivirus": ("pc.antivirus", ("protection_off", "signatures_old")),
    "write_filter": ("pc.write_filter", ("state_lost", "filter_on")),
    "config": ("pc.config", ("name_wrong", "may_sleep", "screen_saver_on")),
    "storage": ("pc.storage", ("read_only",)),
    "smart": ("pc.storage", ("disk_failing",)),
}
"""Source and codes of what each check says is on or off.  The logs tell only of what happened, and that ends by itself.

A look whose things come and go has a method `knows` (watch/contract.py); without one all of them are there for good.
"""


def make(name: str, settings: dict[str, Any], *, state: Sequence[Path] = ()) -> tuple[Check, ...]:
    """Return the checks that are on.  `name`: the worker's, always "checks".

    `settings`: as `settings.to_builtins` made them; SettingError for anything else.
    `state`: folders that must outlive a restart, the notifier's own first; the checks may keep files there.
    """
    assert name == "checks"
    read = from_builtins(settings)
    more: dict[str, dict[str, Any]] = {name: {"state": tuple(state)} for name in ("disk", "write_filter")}
    return tuple(_build(one, getattr(read, one), more.get(one, {})) for one in _wanted(read))


def _wanted(settings: ChecksSettings) -> Iterator[str]:
    """Those that are on, belong to this system and have something to look at."""
    idle = {
        "program": not settings.program.names,
        "running": not (settings.running.programs or settings.running.services),
        "endpoint": not settings.endpoint.urls,
        "certificate": not settings.certificate.files and (sys.platform != "win32" or not settings.certificate.store),
        "config": not (
            settings.config.computer_name or settings.config.never_sleeps or settings.config.no_screen_saver
        ),
        "event_log": sys.platform != "win32",
        "journal": sys.platform == "win32",
    }
    for name in CHECKS:
        if getattr(settings, name).on and not idle.get(name, False):
            yield name


def check_of(name: str, every_s: float, within_s: float, look: Callable[[], Sequence[Signal]]) -> Check:
    """Return `look` with what belongs to it (CONDITIONS)."""
    source, codes = CONDITIONS.get(name, ("", ()))
    knows: Callable[[ConditionKey], bool] = getattr(look, "knows", lambda _key: True)
    return Check(name, every_s, within_s, look, frozenset((source, code) for code in codes), knows)


def _build(name: str, settings: CheckSettings, more: dict[str, Any]) -> Check:
    made = getattr(import_module(f"benchside.notifier.checks.{name}"), LOOKS[name])
    return check_of(name, settings.every_s, settings.within_s, made(settings, **more))
