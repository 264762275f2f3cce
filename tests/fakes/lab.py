"""One whole world of the real programs, for tests that break it: doors to cut, a hostile relay, two associates."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import functools
import os
import signal
import sqlite3
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
import psutil
from cryptography.hazmat.primitives.asymmetric import rsa
from examples.demo.children import Children
from examples.demo.display import Display, start_display
from examples.demo.world import (
    ASSOCIATE_NAME,
    CUSTOMER,
    MODEL,
    ORGANISATION,
    SITE,
    World,
    make_world,
    publish_policy,
    start_agent,
    start_server,
)
from tests.fakes.desk import FakeDesk
from tests.fakes.engineer import Engineer
from tests.fakes.keys import rsa_key
from tests.fakes.people import associate
from tests.fakes.relay import HostileRelay
from tests.fakes.visit import Visit
from tests.fakes.wire_cut import WireCut

from benchside.agent.identity import DeviceFolder
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.ticket import issue_ticket
from benchside.protocol.wire.audit import DETAILS, EventDetails
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.desk import LinkShown
from benchside.protocol.wire.policy import AssociateEntry, SiteRules
from benchside.protocol.wire.ticket import TicketPayload
from benchside.server.authority.book import AuthorityBook
from benchside.server.clock import utc_ms
from benchside.server.keys.folder import Folder
from benchside.transport.serve import server_tls

__all__ = ["GUEST", "Lab", "open_lab"]

PASSWORD = "four-words-of-the-lab"
Done = TypeVar("Done")
GUEST = "rene.guest"
"""A second associate, whose console is always hostile; it has no account, for its tickets are the test's own."""


@dataclass
class Lab:
    """Sync where programs are handled, async where the wire is spoken."""

    children: Children
    world: World
    display: Display
    link_door: WireCut
    session_door: WireCut
    relay: HostileRelay
    tls: ssl.SSLContext
    identity: rsa.RSAPrivateKey
    guest_identity: rsa.RSAPrivateKey
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "lab"))
    """One thread for as long as the lab: programs end with the thread that started them."""

    # programs

    async def do(self, act: Callable[..., Done], *words: Any, **more: Any) -> Done:
        """Handle programs while desk and console go on living."""
        return await asyncio.get_running_loop().run_in_executor(self._hands, functools.partial(act, *words, **more))

    @property
    def agent_pid(self) -> int:
        assert self.world.agent is not None
        return self.world.agent.pid

    @property
    def server_pid(self) -> int:
        assert self.world.server is not None
        return self.world.server.pid

    def hosts(self) -> list[psutil.Process]:
        """The agent's children: hosts, and for a moment what cleans up after one."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.agent_pid).children()
        return []

    @property
    def host(self) -> psutil.Process:
        (host,) = [one for one in self.hosts() if "benchside.host.app" in one.cmdline()]
        return host

    def kill_agent(self) -> None:
        assert self.world.agent is not None
        os.kill(self.agent_pid, signal.SIGKILL)
        self.world.agent.process.wait(5)

    def start_agent(self) -> None:
        self.world.socket.unlink(missing_ok=True)  # what a killed agent left is no sign of a new one
        start_agent(self.world)

    def kill_server(self) -> None:
        assert self.world.server is not None
        os.kill(self.server_pid, signal.SIGKILL)
        self.world.server.process.wait(5)

    def start_server(self) -> None:
        start_server(self.world)

    # what is written down

    def journal(self, request_id: bytes | None = None) -> list[tuple[str, EventDetails]]:
        """The PC's journal, of one request or all of it, oldest first."""
        where, values = ("WHERE request_id = ?", (request_id,)) if request_id else ("", ())
        with contextlib.closing(self._journal_file()) as file:
            rows = file.execute(f"SELECT kind, details FROM entry {where} ORDER BY sequence", values).fetchall()
        return [(str(kind), DETAILS.decode(details)) for kind, details in rows]

    def kinds(self, request_id: bytes) -> list[str]:
        return [kind for kind, _ in self.journal(request_id)]

    def until_journalled(self, request_id: bytes, kind: str, count: int = 1) -> None:
        """Wait until an event was written down so often."""
        self.wait(lambda: self.kinds(request_id).count(kind) >= count, 6)

    def outcomes(self, request_id: bytes) -> list[str | None]:
        return [details.cause for kind, details in self.journal(request_id) if kind == "session_ended"]

    def fact(self, name: str) -> Any:
        with contextlib.closing(self._journal_file()) as file:
            row = file.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0])

    def change_fact(self, name: str, **values: object) -> None:
        """Only while the agent does not run."""
        with contextlib.closing(self._journal_file()) as file, file:
            file.execute("UPDATE fact SET value = ? WHERE name = ?",
                         (msgspec.msgpack.encode(self.fact(name) | values), name))  # fmt: skip

    def forget_guesses(self) -> None:
        """As if nobody had guessed today; restarts the agent."""
        self.kill_agent()
        self.change_fact("lockout", wrong_at=[], keys={})
        self.start_agent()

    def _journal_file(self) -> sqlite3.Connection:
        return sqlite3.connect(self.world.pc_folder / "journal.db", timeout=5)

    async def server_outcome(self, request_id: bytes, within_s: float = 30.0) -> str:
        """The outcome in the server's session log, once it is there."""
        engineer = self.engineer()
        try:
            async with asyncio.timeout(within_s):
                while True:
                    answer = await engineer.http.get(f"/api/sessions/{request_id.hex()}")
                    if answer.status_code == 200 and (outcome := answer.json()["outcome"]):
                        return str(outcome)
                    await asyncio.sleep(0.1)
        finally:
            await engineer.close()

    def forget_limits(self) -> None:
        """Twenty requests an hour and the pauses after wrong codes are for people, not for this many tests."""
        with contextlib.closing(sqlite3.connect(self.world.server_folder / "cloud.db", timeout=10)) as file, file:
            file.execute("UPDATE request SET queued_utc_ms = queued_utc_ms - 7200000 WHERE ended_utc_ms IS NOT NULL")
            file.execute("DELETE FROM delay")

    # policy and tickets

    @property
    def authority(self) -> AuthorityBook:
        return AuthorityBook(self.world.authority_folder, utc_ms)

    def entry(self, account: str, key: bytes, **changes: object) -> AssociateEntry:
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
        fields: dict[str, Any] = {
            "name": ASSOCIATE_NAME if account != GUEST else "Rene Guest",
            "organisation": ORGANISATION,
            "models": (MODEL,),
            "sites": (SITE,),
            "customers": (CUSTOMER,),
            "expires_utc_ms": int(expires.timestamp() * 1000),
        }
        return associate(account, key, **(fields | changes))

    def admit(self, account: str, **changes: object) -> None:
        """Sign an associate in as they always are, or with something else; wait until the PC believes it."""
        key = self.guest_identity if account == GUEST else self.identity
        self.authority.sign_in(self.entry(account, fingerprint(public_bytes(key.public_key())), **changes))
        self.publish()

    def set_rules(self, rules: SiteRules) -> None:
        """Sign other rules of the site, and wait until the PC believes them."""
        (known,) = self.authority.state().sites
        self.authority.add_site(msgspec.structs.replace(known, rules=rules))
        self.publish()

    def expel(self, account: str) -> None:
        self.authority.sign_out(account)
        self.publish()

    def publish(self) -> None:
        publish_policy(self.world)
        self.wait(lambda: self.pc_policy_version() == self.server_policy_version())

    def pc_policy_version(self) -> int:
        stored = DeviceFolder(self.world.pc_folder).policy()
        return 0 if stored is None else stored[1].version

    def server_policy_version(self) -> int:
        return self.authority.state().version

    @property
    def device_id(self) -> bytes:
        return bytes.fromhex(DeviceFolder(self.world.pc_folder).device().device_id)

    def ticket(self, request_id: bytes, *, key: bytes, **changes: Any) -> bytes:
        """A console's ticket to main, signed with the world's own ticket key as a hostile server could."""
        signing_key = changes.pop("signing_key", None) or Folder(self.world.server_folder).read_session_keys().ticket
        now = utc_ms()
        payload = {
            "version": 1,
            "serial": os.urandom(16),
            "relay": "relay-1",
            "request_id": request_id,
            "device_id": self.device_id,
            "associate": self.world.account,
            "role": Role.CONSOLE,
            "channel": Channel.MAIN,
            "key": key,
            "issued_utc_ms": now,
            "expires_utc_ms": now + 60_000,
        }
        return issue_ticket(TicketPayload(**(payload | changes)), signing_key)

    # people

    def engineer(self) -> Engineer:
        """The associate's console, signed in."""
        one = Engineer(self.world.web_url, self.tls, self.world.account, self.identity)
        one.http.cookies = self.cookies
        return one

    def guest(self) -> Engineer:
        """Another associate's key; it must bring its own tickets."""
        return Engineer(self.world.web_url, self.tls, GUEST, self.guest_identity)

    async def desk(self, *, sees: bool = True) -> FakeDesk:
        """A desk that came in and sees the server."""
        desk = await FakeDesk.come(self.world.socket, self.display.environment, sees=sees)
        if not any(isinstance(one, LinkShown) and one.online for one in desk.heard):
            await desk.wait(LinkShown, where=lambda one: one.online)
        return desk

    async def call(self, desk: FakeDesk, engineer: Engineer) -> tuple[bytes, str]:
        """A technician asks, the associate claims; return the request's id and the code."""
        request_id, code = await desk.ask_for_help()
        await engineer.wait_for_request()
        await engineer.claim(request_id.hex())
        return request_id, code

    async def session(self, desk: FakeDesk, engineer: Engineer) -> tuple[bytes, Visit]:
        """All of it, until the associate is in."""
        request_id, code = await self.call(desk, engineer)
        return request_id, Visit(engineer, await engineer.enter(code, self.device_id))

    # waiting

    @staticmethod
    def wait(true: Any, within_s: float = 30.0) -> None:
        until = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < until, "it did not come true"
            time.sleep(0.02)


def open_lab(folder: Path, children: Children) -> Lab:
    """Make it all; some ten seconds."""
    display = start_display(children, size=(1024, 768), numbers=range(80, 90))
    link_door, session_door = WireCut(), WireCut()

    def open_doors(world: World) -> None:
        link_door.target, session_door.target = world.ports[1], world.ports[2]

    world = make_world(children, tls=True, doors=(link_door.port, session_door.port), on_server=open_doors)
    certificates = world.certificates
    assert certificates is not None
    tls = ssl.create_default_context(cafile=str(certificates.authority))
    lab = Lab(
        children,
        world,
        display,
        link_door,
        session_door,
        HostileRelay(server_tls(certificates.chain, certificates.key)),
        tls,
        rsa_key(0),
        rsa_key(1),
    )
    asyncio.run(_sign_in(lab))
    for account, key in ((world.account, lab.identity), (GUEST, lab.guest_identity)):
        lab.authority.sign_in(lab.entry(account, fingerprint(public_bytes(key.public_key()))))
    lab.publish()
    return lab


async def _sign_in(lab: Lab) -> None:
    engineer = lab.engineer()
    await engineer.sign_in(lab.world.account, lab.world.password, PASSWORD)
    lab.cookies = engineer.http.cookies
    await engineer.close()
