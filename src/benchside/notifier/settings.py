"""The notifier's settings: one TOML file, every value with its unit, range and reason."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchside.notifier.watched import Watched
from benchside.settings.toml import SettingsTable, read_toml

__all__ = ["DEFAULT_AGENT_SOCKET", "DEFAULT_SOCKET", "DEFAULT_STATE", "NotifierSettings", "read_settings"]

if sys.platform == "win32":
    DEFAULT_STATE = Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "Benchside" / "notifier"
    DEFAULT_SOCKET = Path("\\\\.\\pipe\\benchside-notifier")
    DEFAULT_AGENT_SOCKET = Path("\\\\.\\pipe\\benchside-agent")
else:
    DEFAULT_STATE = Path("/var/lib/benchside/notifier")
    DEFAULT_SOCKET = Path("/run/benchside/notifier.sock")
    DEFAULT_AGENT_SOCKET = Path("/run/benchside/agent.sock")

_READERS = {
    "log": ("benchside.notifier.adapters.settings", "read_logs"),
    "opcua": ("benchside.notifier.adapters.settings", "read_opcua"),
    "line": ("benchside.notifier.adapters.settings", "read_lines"),
}


@dataclass(frozen=True, kw_only=True)
class NotifierSettings:
    """What an administrator of the PC may set."""

    state: Path = DEFAULT_STATE
    """Where the journal rests, and `notices.d` with catalogues; readable by the notifier's account alone."""
    socket: Path = DEFAULT_SOCKET
    """The local socket for desks and programs; on Windows a named pipe."""
    agent_socket: Path = DEFAULT_AGENT_SOCKET
    """The agent's door, through which notices go to the server; where nobody listens, they stay on this PC."""
    agent_state: Path = DEFAULT_STATE.parent / "agent"
    """Where the agent's keys rest: the checks look whether that folder outlives a restart, and never into it."""
    push_users: tuple[str, ...] = ()
    """Accounts of services that may push signals, besides every person's, root and the notifier's own."""
    journal_days: int = 90
    """How long entries are kept, 31 to 3,650 days: what is needed is never cut before 30."""
    journal_mb: int = 200
    """How large the journal may grow, 5 to 5,000 MB; a quiet PC writes less than one in a year."""
    watched: tuple[Watched, ...] = ()
    """The workers: all checks in one, each log and OPC UA server in one of its own."""


def read_settings(path: Path | None, *, state: Path | None = None, socket: Path | None = None) -> NotifierSettings:
    """Return the settings of `path` (None: `notifier.toml` in the state folder, where it exists), flags first.

    A mistake in the file is a SettingError that names the setting and what was expected.
    """
    folder = state or DEFAULT_STATE
    table: SettingsTable = read_toml(path or folder / "notifier.toml", must_exist=path is not None)
    socket_set = table.path("socket")  # asked for whatever the flag says: it is a setting all the same
    settings = NotifierSettings(
        state=folder,
        socket=socket or socket_set or DEFAULT_SOCKET,
        agent_socket=table.path("agent_socket") or DEFAULT_AGENT_SOCKET,
        agent_state=table.path("agent_state") or folder.parent / "agent",
        push_users=table.words("push_users", most=64),
        journal_days=table.whole("journal_days", default=90, least=31, most=3650),
        journal_mb=table.whole("journal_mb", default=200, least=5, most=5000),
        watched=tuple(_watched(table, folder)),
    )
    table.refuse_unknown()
    return settings


def _watched(table: SettingsTable, folder: Path) -> list[Watched]:
    """Each kind reads its own part; their modules are imported by name, as the workers' are (watch/table.py)."""
    found = []
    checks = _part("benchside.notifier.checks.settings")
    if checks is not None:
        given = checks.to_builtins(checks.read_checks(table.table("checks")))
        found.append(Watched("checks", "checks", given))
    for what, (module, reader) in _READERS.items():
        part = _part(module)
        if part is None:
            continue
        for name, given in getattr(part, reader)(table, folder).items():
            found.append(Watched(what, name, given))
    return found


def _part(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.startswith(error.name):
            return None
        raise
