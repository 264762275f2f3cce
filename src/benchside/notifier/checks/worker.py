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
from benchside.protocol.wire.condition import Signal

__all__ = ["LOOKS", "make"]

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


def make(name: str, settings: dict[str, Any], *, state: Sequence[Path] = ()) -> tuple[Check, ...]:
    """Return the checks that are on.  `name`: the worker's, always "checks".

    `settings`: as `settings.to_builtins` made them; SettingError for anything else.
    `state`: folders that must outlive a restart.
    """
    assert name == "checks"
    read = from_builtins(settings)
    more: dict[str, dict[str, Any]] = {"write_filter": {"state": tuple(state)}}
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


def _build(name: str, settings: CheckSettings, more: dict[str, Any]) -> Check:
    look: Callable[[], Sequence[Signal]] = getattr(import_module(f"benchside.notifier.checks.{name}"), LOOKS[name])(
        settings, **more
    )
    return Check(name, settings.every_s, settings.within_s, look)
