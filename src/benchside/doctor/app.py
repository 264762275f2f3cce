"""`benchside doctor`: tries the way to each endpoint in stages, and prints the list for the firewall."""

from __future__ import annotations

import argparse
import asyncio
import base64
import binascii
import getpass
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchside.protocol.errors import BenchsideError, UnavailableError
from benchside.protocol.wire.enrolment import TOKEN
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError, read_toml
from benchside.transport.doctor import Finding, examine
from benchside.transport.proxy import Credentials
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import client_tls

__all__ = ["main"]

MUST_BE_OPEN = ("link", "session")
"""A list with one of them lets a PC enrol, and fails at its first session."""
MAX_REGION_CHARS = 20


def main(argv: list[str]) -> int:
    """Exit code 0 when every endpoint can be reached, 1 when not, 2 for wrong words."""
    flags = _parser().parse_args(argv)
    try:
        region, endpoints = _endpoints(flags)
        if flags.list:
            _print_list(region, endpoints)
            return 0
        return 0 if asyncio.run(_examine(endpoints, flags)) else 1
    except BenchsideError as error:
        print(f"benchside doctor: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchside doctor", description="why this PC cannot reach its server")
    parser.add_argument("--state", type=Path, help="an enrolled PC's folder: its own endpoints are tried")
    parser.add_argument("--token-file", type=Path, help="an enrolment token, before the PC is enrolled")
    parser.add_argument("--link", help="wss://HOST[:PORT] of the gateway")
    parser.add_argument("--session", help="wss://HOST[:PORT] of the relay")
    parser.add_argument("--proxy", help="system, direct, http://HOST:PORT or pac:URL; else as the PC is set")
    parser.add_argument("--proxy-user", help="for a proxy that asks; the password is read from the terminal")
    parser.add_argument("--ca-file", type=Path, help="certificate authorities to trust besides the system's (PEM)")
    parser.add_argument("--list", action="store_true", help="only print the list for the firewall")
    return parser


def _endpoints(flags: argparse.Namespace) -> tuple[str, dict[str, str]]:
    """The region, "" where nobody says it, and what is tried: WebSocket addresses by what they are for."""
    found: dict[str, str] = {}
    region = ""
    if flags.state is not None:
        try:
            device = json.loads((flags.state / "device.json").read_bytes())
            found = {"link": str(device["link_url"]), "session": str(device["relay_url"])}
            region = clean(str(device["region"]), MAX_REGION_CHARS)
        except PermissionError as error:
            raise UnavailableError("this folder cannot be read; run this as the agent's account") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnavailableError("this folder is of no enrolled PC; give --link and --session") from error
    if flags.token_file is not None:
        try:
            compact = "".join(flags.token_file.read_text().split())
            data = base64.urlsafe_b64decode(compact + "=" * (-len(compact) % 4))
        except (OSError, ValueError, binascii.Error) as error:
            raise UnavailableError("this file holds no enrolment token") from error
        token = TOKEN.decode(data)
        found["link"], region = token.link_url, token.region
    for name in MUST_BE_OPEN:
        if getattr(flags, name):
            found[name] = getattr(flags, name)
    if not found:
        raise UnavailableError("say what to try: --state, --token-file, or --link and --session")
    return region, {name: _with_path(name, url) for name, url in found.items()}


def _with_path(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise UnavailableError(f"expected wss://HOST[:PORT], got {url!r:.100}")
    path = {"link": "/v1/agent", "session": "/v1/relay"}[name]
    return f"{parts.scheme}://{parts.netloc}{path}"


def _print_list(region: str, endpoints: dict[str, str]) -> None:
    """A PC stays in its region, so the list is its region's alone."""
    print(f"{f'Region {region}. ' if region else ''}Outbound from the PC; nothing inbound.")
    for name, url in endpoints.items():
        parts = urlsplit(url)
        print(f"  {parts.hostname}  TCP {parts.port or 443}  ({name}: TLS 1.2 or newer, WebSocket)")
    for name in MUST_BE_OPEN:
        if name not in endpoints:
            print(f"  and the host for {name}, which is not known here: give --{name}, or ask the vendor")


async def _examine(endpoints: dict[str, str], flags: argparse.Namespace) -> bool:
    credentials = None
    if flags.proxy_user:
        credentials = Credentials(flags.proxy_user, getpass.getpass("Password for the proxy: "))
    how, ca_file = flags.proxy, flags.ca_file
    if flags.state is not None:
        set_there = _Set.read(flags.state / "agent.toml")
        how, ca_file = how or set_there.proxy, ca_file or set_there.ca_file
        credentials = credentials or set_there.credentials()
    out = WayOut(how or "system", credentials, ca_file=ca_file)
    tls = client_tls(ca_file)
    is_good = True
    for name, url in endpoints.items():
        print(f"{name}  {url}")
        is_good = await examine(url, out, tls, _print_finding) and is_good
    print("All is well." if is_good else "Not all is well; see above.")
    return is_good


@dataclass(frozen=True)
class _Set:
    """The way out as agent.toml of the PC has it (agent/settings.py)."""

    proxy: str
    user: str
    password_file: Path | None
    ca_file: Path | None

    @classmethod
    def read(cls, file: Path) -> _Set:
        try:
            table = read_toml(file, must_exist=False)
            return cls(
                table.text("proxy"), table.text("proxy_user"), table.path("proxy_password_file"), table.path("ca_file")
            )
        except SettingError as error:
            raise UnavailableError(str(error)) from error

    def credentials(self) -> Credentials | None:
        if self.password_file is None:
            return None
        try:
            return Credentials(self.user, self.password_file.read_text().strip()[:200])
        except (OSError, ValueError) as error:
            name = self.password_file.name
            raise UnavailableError(f"{name} cannot be read; run this as the agent's account") from error


def _print_finding(found: Finding) -> None:
    mark = "ok  " if found.is_good else "FAIL"
    print(f"  {mark} {found.stage.value:<10} {found.said} ({found.took_s * 1000:.0f} ms)")
    if found.advice:
        print(f"       What to tell the network team: {found.advice}")
