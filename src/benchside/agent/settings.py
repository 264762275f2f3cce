"""The agent's settings: one TOML file, every value with its unit, range and reason."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchside.protocol.wire.policy import MAX_HOURS, NO_RULES, SiteRules
from benchside.settings.hours import read_all_hours
from benchside.settings.toml import SettingError, SettingsTable, read_toml

__all__ = ["AgentSettings", "read_settings"]

if sys.platform == "win32":
    DEFAULT_STATE = Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "Benchside" / "agent"
    DEFAULT_SOCKET = Path("\\\\.\\pipe\\benchside-agent")
else:
    DEFAULT_STATE = Path("/var/lib/benchside/agent")
    DEFAULT_SOCKET = Path("/run/benchside/agent.sock")


@dataclass(frozen=True, kw_only=True)
class AgentSettings:
    """What an administrator of the PC may set; a lab may shorten waits, never lengthen them."""

    state: Path = DEFAULT_STATE
    """Where keys, policy and journal rest; readable by the agent's account alone."""
    socket: Path = DEFAULT_SOCKET
    """The local socket for desks; on Windows a named pipe."""
    desk_users: tuple[str, ...] = ()
    """Log-ins that may run a desk; empty: every person's log-in (uid 1000 and above) and the agent's own."""
    ca_file: Path | None = None
    """Certificate authorities to trust besides the system's, PEM; for hospitals with their own."""
    proxy: str = "system"
    """The way out: "system" (what the machine is set to), "direct", "http://HOST:PORT", or "pac:URL" of a script."""
    proxy_user: str = ""
    """For a proxy that asks: a name, DOMAIN\\name for NTLM."""
    proxy_password_file: Path | None = None
    """File with the password for it, readable by the agent's account alone."""
    key_days: int = 90
    """After how many days the agent has a new device key made, 1 to 365; a day at random later."""
    grant_s: int = 1800
    """How long a grant lasts, 60 to 1,800 s."""
    silence_s: int = 60
    """After how long an unanswered prompt is a no, 15 to 60 s."""
    paste: bool = True
    """Whether the technician may also allow pasting text with control; `control.paste`, "ask" or "never"."""
    rules: SiteRules = NO_RULES
    """Who may help here, and when, beyond what the policy says; `rules.hours`, `rules.named`, `rules.second_eyes`."""
    cpu_share_percent: int = 30
    """What a session may use of the whole machine, 5 to 80 %; `host.cpu_share_percent`."""
    cpu_share_in_assay_percent: int = 10
    """The same while a run is flagged, 5 to 80 % and never more than otherwise; `host.cpu_share_in_assay_percent`."""


def read_settings(path: Path | None, *, state: Path | None = None, socket: Path | None = None) -> AgentSettings:
    """Return the settings of `path` (None: `agent.toml` beside the state, where it exists), flags first.

    A mistake in the file is a SettingError that names the setting and what was expected.
    """
    base = state or DEFAULT_STATE
    table: SettingsTable = read_toml(path or base / "agent.toml", must_exist=path is not None)
    control, host, rules = table.table("control"), table.table("host"), table.table("rules")
    share = host.whole("cpu_share_percent", default=30, least=5, most=80)
    socket_set = table.path("socket")  # asked for whatever the flag says: it is a setting all the same
    settings = AgentSettings(
        state=base,
        socket=socket or socket_set or DEFAULT_SOCKET,
        desk_users=table.words("desk_users", most=64),
        ca_file=table.path("ca_file"),
        proxy=table.text("proxy", default="system"),
        proxy_user=table.text("proxy_user"),
        proxy_password_file=table.path("proxy_password_file"),
        key_days=table.whole("key_days", default=90, least=1, most=365),
        grant_s=table.whole("grant_s", default=1800, least=60, most=1800),
        silence_s=table.whole("silence_s", default=60, least=15, most=60),
        paste=control.word("paste", default="ask", among=("ask", "never")) == "ask",
        rules=_rules(rules),
        cpu_share_percent=share,
        cpu_share_in_assay_percent=host.whole("cpu_share_in_assay_percent", default=min(10, share), least=5, most=80),
    )
    for each in (control, host, rules, table):
        each.refuse_unknown()
    if settings.cpu_share_in_assay_percent > share:
        raise SettingError(f"host.cpu_share_in_assay_percent must be at most host.cpu_share_percent, which is {share}")
    if bool(settings.proxy_user) != bool(settings.proxy_password_file):
        raise SettingError("proxy_user and proxy_password_file belong together; one of them is missing")
    return settings


def _rules(table: SettingsTable) -> SiteRules:
    """They hold beside the policy's, so a lab can only narrow with them."""
    rules = SiteRules(
        hours=read_all_hours("rules.hours", table.words("hours", most=MAX_HOURS)),
        named=table.words("named", most=200),
        second_eyes=table.word("second_eyes", default="no", among=("yes", "no")) == "yes",
    )
    try:
        return msgspec.convert(msgspec.to_builtins(rules), type=SiteRules)
    except msgspec.ValidationError as error:
        raise SettingError("rules.named must be accounts: letters, digits and . _ : @ / + -") from error
