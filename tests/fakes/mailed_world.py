"""A server that asks for new locations, with a real mail server beside it; its browsers come through an edge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from tests.fakes.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.fakes.server_world import SETTINGS, Console, World, running_world

from benchside.server.clock import utc_ms
from benchside.server.keys.files import write_secret
from benchside.server.settings import ServerSettings

__all__ = ["ELSEWHERE", "FIREFOX", "HOME", "MailedWorld", "browser", "mail_settings", "mailed_world", "reason", "trust"]

HOME, ELSEWHERE = "192.0.2.10", "198.51.100.7"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"


@dataclass
class MailedWorld:
    """Both."""

    world: World
    mail: MailServer

    async def account(self, name: str) -> str:
        """A local account with an address; its password."""
        password = await self.world.parts.accounts.add(name)
        await self.world.parts.addresses.set(name, f"{name}@lab.example")
        return password

    def browser(self, source: str = HOME, language: str = "en") -> Console:
        return browser(self.world, source, language)


def browser(world: World, source: str = HOME, language: str = "en") -> Console:
    """Requests as the edge passes them on from `source`."""
    console = Console(world)
    console.http.headers.update(
        {"X-Forwarded-For": source, "User-Agent": FIREFOX, "Accept-Language": f"{language},en;q=0.5"}
    )
    return console


def mail_settings(server: MailServer, folder: Path, mode: str, base: ServerSettings = SETTINGS) -> ServerSettings:
    """With `server` as the way out of mail; STARTTLS and a password unless `mode` is off."""
    given = {"smtp": f"127.0.0.1:{server.port}", "smtp_tls": mode, "mail_from": "benchside@vendor.example"}
    if mode != "off":
        if not (folder / "smtp-password").exists():
            write_secret(folder / "smtp-password", PASSWORD.encode())
        given |= {"smtp_user": USER, "smtp_password_file": str(folder / "smtp-password")}
    return replace(base, **given)


@asynccontextmanager
async def mailed_world(folder: Path, now: Callable[[], int] = utc_ms, **settings: str) -> AsyncIterator[MailedWorld]:
    """Mail by plain SMTP on loopback."""
    async with mail_server(folder / "mails") as server:
        made = replace(mail_settings(server, folder, "off"), **({"edge": "on"} | settings))
        async with running_world(folder, now, settings=made) as world:
            yield MailedWorld(world, server)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def trust(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts this certificate, beside nothing else."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
