"""A whole small world around a real server in this process: authority, PCs and consoles on loopback sockets."""

from __future__ import annotations

import asyncio
import atexit
import base64
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tests.fakes.authenticator import Authenticator
from tests.fakes.clients import ANSWER_S, http_client
from tests.fakes.keys import rsa_key
from tests.fakes.people import associate, site

from benchside.protocol.trust.device import (
    LinkNonces,
    LinkState,
    first_state,
    link_proof_agent,
    state_proof,
)
from benchside.protocol.trust.journal import JOURNAL_START, journal_head
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.link import LinkEnd, link_records
from benchside.protocol.trust.records import RecordOpener, RecordSealer
from benchside.protocol.trust.sealing import open_answer, seal_enrolment
from benchside.protocol.wire import enrolment as enrolment_wire
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind, PcEvent
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.condition import ConditionTold
from benchside.protocol.wire.session import InstrumentInfo
from benchside.server.accounts.password import Passwords
from benchside.server.app import Listeners, run_server
from benchside.server.authority.book import AuthorityBook
from benchside.server.clock import utc_ms
from benchside.server.keys.folder import Folder
from benchside.server.parts import Parts
from benchside.server.policy.keeper import pin_authority
from benchside.server.settings import ServerSettings
from benchside.transport.websocket import WebSocketLink, dial

__all__ = ["SETTINGS", "Clock", "Console", "Pc", "World", "opened_parts", "rsa_key", "running_world"]

PASSWORD = "correct horse battery"
SETTINGS = ServerSettings(web="127.0.0.1:0", link="127.0.0.1:0", session="127.0.0.1:0", local_accounts="on")
MODEL = "CX-200"
M = TypeVar("M")
Answer = wire.LinkWelcome | wire.DeviceHeld | wire.LinkRefused


_templates: list[Path] = []


async def _template() -> Path:
    """A folder with a made server and authority, made once: keys and tables take a second."""
    if not _templates:
        folder = Path(tempfile.mkdtemp(prefix="benchside-tests-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        Folder(folder / "data").make()
        authority = AuthorityBook(folder / "authority", utc_ms)
        authority.make(None)
        parts = await Parts.open(Folder(folder / "data"), SETTINGS, utc_ms)
        await pin_authority(parts.cloud, authority.public_key())
        authority.add_ticket_key(public_bytes(parts.session_keys.ticket.public_key()))
        await parts.register.add_site("lab-1", "First Lab")
        await parts.register.add_model(MODEL, patient_data=False)
        for number in (1, 2, 3):
            authority.add_site(site(f"lab-{number}"))
        await parts.keeper.install(authority.export(lambda: b""))
        await parts.close()
        _templates.append(folder)
    return _templates[0]


@dataclass
class World:
    """A running server and whoever made it."""

    parts: Parts
    listeners: Listeners
    authority: AuthorityBook

    async def sign_into_policy(self, account: str, key: bytes, **changes: object) -> None:
        """Let the authority sign an associate in, and install the policy."""
        fields: dict[str, Any] = {"expires_utc_ms": utc_ms() + 3600_000} | changes
        self.authority.sign_in(associate(account, key, **fields))
        await self.install_policy()

    async def install_policy(self) -> None:
        """Export and install."""
        await self.parts.keeper.install(self.authority.export(lambda: b""))

    async def token(self, site: str = "lab-1") -> bytes:
        """A fresh enrolment secret."""
        secret, _ = await self.parts.register.make_token(site, 1)
        return secret

    async def enrolled_pc(self, number: int = 0, **described: object) -> Pc:
        """A PC that was enrolled, is connected, and has passed its gates."""
        pc = Pc(self, rsa_key(number), os.urandom(32))
        answer = await pc.enrol(await self.token())
        assert isinstance(answer, enrolment_wire.DeviceEnrolled)
        pc.device_id = answer.device_id
        await pc.connect()
        pc.describe(**described)
        return pc

    async def console(self, account: str, *, key: int | None = 1) -> Console:
        """An associate who is signed in with a password of one's own; with a key that is in the policy or none."""
        first = await self.parts.accounts.add(account)
        console = Console(self)
        assert (await console.post("/api/sign-in", account=account, password=first)).status_code == 200
        assert (await console.post("/api/password", old=first, new=PASSWORD)).status_code == 204
        await console.set_factor()
        if key is not None:
            spki = public_bytes(rsa_key(key).public_key())
            answer = await console.put("/api/me/key", spki=base64.b64encode(spki).decode())
            assert answer.status_code == 200
            await self.sign_into_policy(account, fingerprint(spki))
        return console


class Console:
    """A browser's requests."""

    def __init__(self, world: World) -> None:
        url = world.listeners.web_url
        own = {"Origin": url, "X-Benchside": "1"}
        self.http = http_client(url, headers=own)
        self.authenticator = Authenticator("A" * 32)  # none yet

    async def set_factor(self) -> None:
        """Set up the second factor of whoever is signed in."""
        self.authenticator = Authenticator((await self.post("/api/second-factor")).json()["secret"])
        assert (await self.put("/api/second-factor", code=self.authenticator.code())).status_code == 204

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        return await self.http.get(path, params=query or None)  # none would take away what the path says

    async def post(self, path: str, **content: object) -> httpx.Response:
        return await self.http.post(path, json=content) if content else await self.http.post(path)

    async def put(self, path: str, **content: object) -> httpx.Response:
        return await self.http.put(path, json=content, headers=await self.seen(path))

    async def seen(self, path: str) -> dict[str, str]:
        """The header of whoever has just looked at what is put there: what there is, or that there is nothing."""
        found = re.fullmatch(r"/api/admin/(people|groups|customers|sites|alerts)/([^/]+)", path)
        if found is None:
            return {}
        answer = await self.get(f"/api/admin/{found[1]}")
        of = "channels" if found[1] == "alerts" else found[1]
        shown = answer.json()[of] if answer.status_code == 200 else []
        versions = [one["version"] for one in shown if one["id"] == found[2]]
        return {"If-Match": f'"{versions[0]}"'} if versions else {"If-None-Match": "*"}

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(path, headers=await self.seen(path))


class Pc:
    """The agent's side of enrolment and link, honest unless a test says otherwise."""

    def __init__(self, world: World, identity: RSAPrivateKey, device_key: bytes) -> None:
        self.world = world
        self.identity = identity
        self.device_key = device_key
        self.device_id = b""
        self.link: WebSocketLink | None = None
        self.records: tuple[RecordSealer, RecordOpener] | None = None
        self.instance = os.urandom(16)
        self.state: LinkState = first_state(device_key)
        self.nonces = LinkNonces(b"", b"", b"")
        self.head, self.sequence = JOURNAL_START, 0

    async def enrol(
        self, secret: bytes, **changes: object
    ) -> enrolment_wire.DeviceEnrolled | enrolment_wire.EnrolmentRefused:
        """Run an enrolment; return the answer."""
        link = await dial(self.world.listeners.link_url + "/v1/enrol", tls=None, max_bytes=5 * 1024 * 1024)
        key = enrolment_wire.ENROLMENT.decode(_bytes(await link.receive()))
        assert isinstance(key, enrolment_wire.EnrolmentKey)
        content: dict[str, Any] = {
            "token_secret": secret,
            "device_key": self.device_key,
            "identity_key": public_bytes(self.identity.public_key()),
            "device": "PC 1",
            "site_name": "First Lab",
            "instruments": (InstrumentInfo(id="i-1", model=MODEL, serial="S1", patient_data=False),),
            "registrant": "Pat Example",
            "registrant_email": "pat@lab.example",
            "region": "global",
        } | changes
        message = seal_enrolment(
            enrolment_wire.SealedEnrolment(**content),
            server_key=key.server_key,
            identity=self.identity,
            fresh_key=os.urandom(32),
            fresh_nonce=os.urandom(12),
        )
        link.send(enrolment_wire.ENROLMENT.encode(message))
        answer = enrolment_wire.ENROLMENT.decode(_bytes(await link.receive()))
        link.close()
        if isinstance(answer, enrolment_wire.EnrolmentTaken):
            return open_answer(answer, device_key=self.device_key, request=message)
        assert isinstance(answer, enrolment_wire.EnrolmentRefused)
        return answer

    async def connect(self, device_key: bytes | None = None, **said: Any) -> Answer:
        """Dial the gateway, prove key and state, and keep the state that is offered; return the gateway's answer."""
        answer = await self.hello(device_key, **said)
        if isinstance(answer, wire.LinkWelcome) and answer.offer is not None:
            self.state = LinkState(answer.offer.step, answer.offer.value)
            self.say(wire.StateKept(step=self.state.step))
        return answer

    async def hello(self, device_key: bytes | None = None, **said: Any) -> Answer:
        """The same, and nothing is kept."""
        self.say_hello(await self.dial(), device_key, **said)
        answer = await self.hear_opening()
        if isinstance(answer, wire.LinkRefused):
            return answer
        assert isinstance(answer, wire.HelloTaken)
        self.records = link_records(device_key or self.device_key, self.nonces, own=LinkEnd.AGENT)
        first = await self.hear_next()
        assert isinstance(first, wire.LinkWelcome | wire.DeviceHeld)
        return first

    async def dial(self) -> wire.LinkChallenge:
        self.link = await dial(self.world.listeners.link_url + "/v1/agent", tls=None, max_bytes=6 * 1024 * 1024)
        challenge = await self.hear_opening()
        assert isinstance(challenge, wire.LinkChallenge)
        return challenge

    def say_hello(
        self, challenge: wire.LinkChallenge, device_key: bytes | None = None, *, has_next: bool = False
    ) -> None:
        assert self.link is not None
        key = device_key or self.device_key
        self.nonces = nonces = LinkNonces(self.device_id, agent=os.urandom(32), gateway=challenge.nonce)
        step, state = self.state.step, state_proof(key, nonces, self.state)
        hello = wire.LinkHello(
            version=VERSION,
            device_id=self.device_id,
            nonce=nonces.agent,
            instance=self.instance,
            step=step,
            state=state,
            has_next=has_next,
            proof=link_proof_agent(key, nonces, instance=self.instance, step=step, state=state, has_next=has_next),
        )
        self.link.send(wire.OPENING.encode(hello))

    def copy(self) -> Pc:
        """Another PC with the same disk."""
        other = Pc(self.world, self.identity, self.device_key)
        other.device_id, other.state = self.device_id, self.state
        other.head, other.sequence = self.head, self.sequence
        return other

    def say(self, message: wire.LinkMessage) -> None:
        assert self.link is not None
        assert self.records is not None
        self.link.send(self.records[0].seal(wire.LINK.encode(message)))

    async def hear(self, kind: type[M]) -> M:
        """The next message of one kind; others are passed over."""
        while True:
            message = await self.hear_next()
            if isinstance(message, kind):
                return message

    async def hear_next(self) -> wire.LinkMessage:
        assert self.link is not None
        assert self.records is not None
        return wire.LINK.decode(self.records[1].open(_bytes(await asyncio.wait_for(self.link.receive(), ANSWER_S))))

    async def hear_opening(self) -> wire.OpeningMessage:
        """What the gateway says in the clear."""
        assert self.link is not None
        return wire.OPENING.decode(_bytes(await asyncio.wait_for(self.link.receive(), ANSWER_S)))

    def describe(self, **changes: object) -> None:
        content: dict[str, Any] = {
            "site": "lab-1",
            "device": "PC 1",
            "instruments": (InstrumentInfo(id="i-1", model=MODEL, serial="S1", patient_data=False),),
            "software": "0.1.0",
            "policy_version": 0,
            "it_review_utc_ms": 1,
            "terms_version": "2026-1",
            "offered": (Capability.VIEW, Capability.CONTROL),
        } | changes
        self.say(wire.Described(**content))

    def ask_for_help(self, request_id: bytes, condition: ConditionTold | None = None) -> None:
        self.say(
            wire.RequestOpened(
                request_id=request_id,
                technician="Toni",
                reason="It beeps",
                instrument="i-1",
                opened_utc_ms=utc_ms(),
                condition=condition,
            )
        )

    def entry(self, kind: EventKind, request_id: bytes | None, **details: str) -> PcEvent:
        """The next entry of this PC's journal."""
        self.sequence += 1
        at, said = utc_ms(), EventDetails(**details)
        self.head = journal_head(
            self.head, sequence=self.sequence, kind=kind, at_utc_ms=at, request_id=request_id, details=said
        )
        return PcEvent(
            sequence=self.sequence, kind=kind, at_utc_ms=at, request_id=request_id, details=said, head=self.head
        )

    async def report(self, *events: PcEvent) -> int:
        self.say(wire.EventsReported(events=events))
        return (await self.hear(wire.EventsKept)).sequence


@dataclass
class Clock:
    """A clock that a test moves."""

    now_ms: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now_ms


@asynccontextmanager
async def opened_parts(
    folder: Path, now: Callable[[], int] = utc_ms, settings: ServerSettings = SETTINGS
) -> AsyncIterator[Parts]:
    """The parts of a made server, without its listeners."""
    if not (folder / "data").exists():
        shutil.copytree(await _template(), folder, dirs_exist_ok=True)
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    parts = await Parts.open(Folder(folder / "data"), settings, now, cheap)
    try:
        await parts.keeper.refresh()
        yield parts
    finally:
        await parts.close()


@asynccontextmanager
async def running_world(
    folder: Path, now: Callable[[], int] = utc_ms, settings: ServerSettings = SETTINGS
) -> AsyncIterator[World]:
    """A server on free ports with one site, one known model and a policy without associates."""
    async with opened_parts(folder, now, settings) as parts:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        server = asyncio.create_task(run_server(parts, stop, ready.set_result))
        await asyncio.wait((server, ready), return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        try:
            yield World(parts, ready.result(), AuthorityBook(folder / "authority", utc_ms))
        finally:
            stop.set()
            await server


def _bytes(message: bytes | str) -> bytes:
    assert isinstance(message, bytes)
    return message
