"""Reading what to watch from the notifier's settings file: `[[log]]`, `[[opcua]]` and `[[line]]`.

Each reader takes the whole file's table and returns, by name, what the worker of that adapter is given (`make`); all of
it goes through JSON on the way.  Paths that are not absolute are meant from `folder`, the notifier's own.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from benchside.notifier.adapters.log_text import ENCODINGS
from benchside.settings.hours import read_hours
from benchside.settings.toml import SettingError, SettingsTable

__all__ = ["MAX_ADAPTERS", "Given", "read_lines", "read_logs", "read_opcua"]

MAX_ADAPTERS = 16
"""Of one kind.  A log or a server has a process of its own, and a PC drives a few instruments at most."""

Given = dict[str, dict[str, object]]
"""By name, what `make` takes."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_TAKEN = {"file", "alarm", "lads", "link"}
"""Second words of the adapters' own sources: `log.file`, `opcua.link` …"""


def read_logs(table: SettingsTable, folder: Path) -> Given:
    """Return the logs to watch; SettingError."""
    found: Given = {}
    for one in table.tables("log", most=MAX_ADAPTERS):
        name = _name(one, found)
        path = one.path("path")
        if path is None or not path.is_absolute():
            raise SettingError(f"log {name}: path must be the whole path of the log file in quotes")
        if any(mark in str(path.parent) for mark in "*?"):
            raise SettingError(f"log {name}: only the last part of path may have * and ?")
        rules = one.path("rules")
        if rules is None:
            raise SettingError(f"log {name}: rules must be the path of a file of rules in quotes")
        found[name] = {
            "path": str(path),
            "rules": str(folder / rules),
            "encoding": one.word("encoding", default="auto", among=ENCODINGS),
            "every_s": one.whole("every_s", default=2, least=1, most=60),
            "from_start": one.truth("from_start", default=False),
            "memory": str(folder / f"log-{name}.place"),
        }
        one.refuse_unknown()
    return found


def read_opcua(table: SettingsTable, folder: Path) -> Given:
    """Return the OPC UA servers to watch; SettingError."""
    found: Given = {}
    for one in table.tables("opcua", most=MAX_ADAPTERS):
        name = _name(one, found)
        security = one.word("security", default="sign_and_encrypt", among=("sign_and_encrypt", "sign", "none"))
        paths = {key: one.path(key) for key in ("certificate", "key", "server_certificate", "password_file", "rules")}
        if security != "none" and not all(paths[key] for key in ("certificate", "key", "server_certificate")):
            raise SettingError(
                f'opcua {name}: needs certificate, key and server_certificate, or security = "none" where nobody else '
                "can reach the instrument's network"
            )
        user = one.text("user", most=80)
        if bool(user) != (paths["password_file"] is not None):
            raise SettingError(f"opcua {name}: user and password_file belong together")
        if user and security != "sign_and_encrypt":
            raise SettingError(f"opcua {name}: a password is sent over sign_and_encrypt only")
        found[name] = {
            "endpoint": _opcua_endpoint(name, one.text("endpoint")),
            "security": security,
            "user": user,
            "lads": one.truth("lads", default=True),
            "memory": str(folder / f"opcua-{name}.active"),
            **{key: None if path is None else str(folder / path) for key, path in paths.items()},
        }
        one.refuse_unknown()
    return found


def read_lines(table: SettingsTable, folder: Path) -> Given:
    """Return the lines to laboratory systems to watch; SettingError.  `folder` is not needed: nothing is kept."""
    del folder
    found: Given = {}
    for one in table.tables("line", most=MAX_ADAPTERS):
        name = _name(one, found)
        hours = one.words("hours", most=16)
        for text in hours:
            read_hours(f"line {name}: hours", text)
        found[name] = {
            "kind": one.word("kind", default="astm", among=("astm", "hl7")),
            "role": one.word("role", default="dials", among=("dials", "listens")),
            "endpoint": _line_endpoint(name, one.text("endpoint")),
            "not_connected_s": one.whole("not_connected_s", default=60, least=5, most=86_400),
            "quiet_min": one.whole("quiet_min", default=0, least=0, most=1440),
            "hours": list(hours),
        }
        one.refuse_unknown()
    return found


def _name(one: SettingsTable, found: Given) -> str:
    name = one.text("name", most=32)
    if not _NAME.match(name):
        raise SettingError(f"name {name!r} must be a word of small letters, digits, - and _ in quotes")
    if name in _TAKEN:
        raise SettingError(f"name {name!r} is a word of the notifier's own; choose another")
    if name in found:
        raise SettingError(f"name {name!r} is given twice; each needs a name of its own")
    return name


def _opcua_endpoint(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme == "opc.tcp" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        is_good = is_good and parts.username is None and not parts.query and not parts.fragment
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingError(f"opcua {name}: endpoint must be as opc.tcp://192.168.1.10:4840/path")
    return text


def _line_endpoint(name: str, text: str) -> str:
    """An address and a port.  No host name: asking for its address again and again is traffic that nobody ordered."""
    address, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(address.strip("[]"))
        is_good = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    except ValueError:
        is_good = False
    if not is_good:
        raise SettingError(f"line {name}: endpoint must be an address and a port, as 10.1.2.3:4000 or [fd00::5]:4000")
    return text
