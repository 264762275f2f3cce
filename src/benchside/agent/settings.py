"""The agent's settings: one TOML file, every value with its unit, range and reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchside.settings.toml import SettingsTable, read_toml

__all__ = ["AgentSettings", "read_settings"]

DEFAULT_STATE = Path("/var/lib/benchside/agent")
DEFAULT_SOCKET = Path("/run/benchside/agent.sock")


@dataclass(frozen=True, kw_only=True)
class AgentSettings:
    """What an administrator of the PC may set; a lab may shorten waits, never lengthen them."""

    state: Path = DEFAULT_STATE
    """Where keys, policy and journal rest; readable by the agent's account alone."""
    socket: Path = DEFAULT_SOCKET
    """The local socket for desks."""
    desk_users: tuple[str, ...] = ()
    """Log-ins that may run a desk; empty: every person's log-in (uid 1000 and above) and the agent's own."""
    ca_file: Path | None = None
    """Certificate authorities to trust besides the system's, PEM; for hospitals with their own."""
    grant_s: int = 1800
    """How long a grant lasts, 60 to 1,800 s."""
    silence_s: int = 60
    """After how long an unanswered prompt is a no, 15 to 60 s."""


def read_settings(path: Path | None, *, state: Path | None = None, socket: Path | None = None) -> AgentSettings:
    """Return the settings of `path` (None: `agent.toml` beside the state, where it exists), flags first.

    A mistake in the file is a SettingError that names the setting and what was expected.
    """
    base = state or DEFAULT_STATE
    table: SettingsTable = read_toml(path or base / "agent.toml", must_exist=path is not None)
    settings = AgentSettings(
        state=base,
        socket=socket or table.path("socket") or DEFAULT_SOCKET,
        desk_users=table.words("desk_users", most=64),
        ca_file=table.path("ca_file"),
        grant_s=table.whole("grant_s", default=1800, least=60, most=1800),
        silence_s=table.whole("silence_s", default=60, least=15, most=60),
    )
    table.refuse_unknown()
    return settings
