"""A whole small world of the product's own programs: authority, server, and an enrolled instrument PC.

Everything is done as an operator, a lab and hospital IT would do it: with the command lines, in this order.
Used by the demo, the system tests and the benchmarks.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from examples.demo.certificates import Certificates, make_certificates
from examples.demo.children import Child, ChildError, Children, free_port
from examples.demo.seat import Seat

ROOT = Path(__file__).resolve().parents[2]
BENCHSIDE = Path(sys.executable).with_name("benchside")
READY_WITHIN_S = 30.0
ASSOCIATE = "marta.ferrer"
ASSOCIATE_NAME = "Marta Ferrer"
ORGANISATION = "Example Diagnostics Service"
CUSTOMER = "st-anna-hospital"
SITE = "st-anna"
SITE_NAME = "St. Anna Hospital, Haematology"
MODEL = "CX-200"
TERMS = Path(__file__).with_name("terms.txt")


@dataclass
class World:
    """Where everything is.  `password` is the associate's first one, which the first sign-in must change."""

    folder: Path
    children: Children
    web_url: str
    link_url: str
    session_url: str
    certificates: Certificates | None
    account: str = ASSOCIATE
    password: str = ""
    server: Child | None = None
    agent: Child | None = None
    desk: Child | None = None
    ports: tuple[int, int, int] = (0, 0, 0)
    signed_in: set[str] = field(default_factory=set)

    @property
    def authority_folder(self) -> Path:
        return self.folder / "authority"

    @property
    def server_folder(self) -> Path:
        return self.folder / "server"

    @property
    def pc_folder(self) -> Path:
        return self.folder / "pc"

    @property
    def socket(self) -> Path:
        """The agent's local socket: in the short-named folder, for such a path has at most 107 bytes."""
        return self.children.sockets / "agent.sock"


def run(*words: str | Path, text: str | None = None) -> str:
    """Runs one word of the product to its end and returns what it printed; ChildError when it refuses."""
    done = subprocess.run(
        [str(BENCHSIDE), *map(str, words)], capture_output=True, text=True, input=text, timeout=60, check=False
    )
    if done.returncode:
        raise ChildError(f"benchside {words[0]} {words[1]} refused: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def make_world(
    children: Children,
    *,
    tls: bool,
    region: str = "global",
    doors: tuple[int, int] | None = None,
    on_server: Callable[[World], None] | None = None,
) -> World:
    """Makes authority, server and an enrolled, reviewed PC, and starts server and agent; no desk yet.

    `doors`: the ports at which link and session planes are reached, when something stands before the server;
    `on_server` is called once the server's own ports (`World.ports`) answer.
    """
    folder = children.run_folder
    scheme_web, scheme_link = ("https", "wss") if tls else ("http", "ws")
    web, link, session = (free_port() for _ in range(3))
    link_door, session_door = doors or (link, session)
    world = World(
        folder=folder,
        children=children,
        web_url=f"{scheme_web}://localhost:{web}",
        link_url=f"{scheme_link}://localhost:{link_door}",
        session_url=f"{scheme_link}://localhost:{session_door}",
        certificates=make_certificates(folder / "tls") if tls else None,
        ports=(web, link, session),
    )
    _make_authority(world)
    _make_server(world, region)
    start_server(world)
    if on_server is not None:
        on_server(world)
    _enrol_pc(world)
    start_agent(world)
    return world


def _make_authority(world: World) -> None:
    authority = ("authority", "--dir", world.authority_folder)
    run(*authority, "init")
    run(*authority, "public-key", world.folder / "authority.pem")


def _make_server(world: World, region: str) -> None:
    web, link, session = world.ports
    data = ("--data", world.server_folder)
    tls: tuple[str | Path, ...] = ()
    if world.certificates is not None:
        tls = ("--tls-cert", world.certificates.chain, "--tls-key", world.certificates.key)
    run(
        "admin", "init", *data, "--authority-key", world.folder / "authority.pem", *tls,
        "--web", f"127.0.0.1:{web}", "--link", f"127.0.0.1:{link}", "--session", f"127.0.0.1:{session}",
        "--public-web", world.web_url, "--public-link", world.link_url, "--public-session", world.session_url,
        "--region", region, "--relay-name", "relay-1", "--server-name", "Example Diagnostics",
        "--phone", "+34 900 123 456", "--local-accounts", "on",
    )  # fmt: skip
    run("admin", "ticket-key", *data, world.folder / "ticket-key.pem")
    run("authority", "--dir", world.authority_folder, "ticket-key", world.folder / "ticket-key.pem")
    run(
        "authority", "--dir", world.authority_folder, "site", "--id", SITE, "--customer", CUSTOMER, "--region", region,
        "--law", "gdpr", "--time-zone", "Europe/Madrid",
    )  # fmt: skip
    publish_policy(world)
    run("admin", "site", "add", *data, SITE, "--name", SITE_NAME)
    run("admin", "model", "add", *data, MODEL, "--no-patient-data")
    world.password = run("admin", "account", "add", *data, ASSOCIATE)


def publish_policy(world: World) -> None:
    """The authority signs the policy as it is now, and the operator installs it."""
    policy = world.folder / "policy.bin"
    run("authority", "--dir", world.authority_folder, "export", policy)
    run("admin", "policy", "install", "--data", world.server_folder, policy)


def sign_in_associate(world: World, fingerprint: str, *, days: int = 30, site: str = SITE, model: str = MODEL) -> None:
    """The authority lets the associate's key in, as after a person compared its fingerprint."""
    expires = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)).date().isoformat()
    run(
        "authority", "--dir", world.authority_folder, "sign-in", "--id", world.account, "--name", ASSOCIATE_NAME,
        "--organisation", ORGANISATION, "--fingerprint", fingerprint, "--region", "global", "--customer", CUSTOMER,
        "--site", site, "--model", model, "--training", f"data-protection=gdpr={expires}", text="yes\n",
    )  # fmt: skip
    publish_policy(world)
    world.signed_in.add(fingerprint)


def sign_out_associate(world: World) -> None:
    """The authority takes the associate out."""
    run("authority", "--dir", world.authority_folder, "sign-out", "--id", world.account)
    publish_policy(world)


def registered_key(world: World) -> str | None:
    """The fingerprint of the key that the associate's browser registered; None before that."""
    lines = run("admin", "account", "list", "--data", world.server_folder).splitlines()
    keys = [line.split("key", 1)[1].strip() for line in lines if line.strip().startswith("key ")]
    return keys[0] if keys else None


def start_server(world: World) -> Child:
    """Starts (again) all of the server and waits until it answers."""
    world.server = world.children.start("server", [BENCHSIDE, "serve", "--data", world.server_folder])
    world.server.wait_for("ready", READY_WITHIN_S)
    return world.server


def _enrol_pc(world: World) -> None:
    token = run("admin", "enrolment-token", "--data", world.server_folder, "--site", SITE)
    world.pc_folder.mkdir(mode=0o700)
    settings = ""
    if world.certificates is not None:
        settings = f'ca_file = "{world.certificates.authority}"\n'
    (world.pc_folder / "agent.toml").write_text(settings)
    state = ("agent", "--state", world.pc_folder)
    run(
        *state, "enrol", "--token-file", "-", "--device", "Analyser PC 2", "--site-name", SITE_NAME,
        "--registrant", "Jordi Puig", "--email", "jordi.puig@st-anna.example",
        "--instrument", f"CX-2,{MODEL},SN-20481,no-patient-data", text=token,
    )  # fmt: skip
    run(*state, "review", "--by", "Hospital IT, A. Serra")
    run(*state, "accept-terms", "--by", "Dr. N. Vidal", "--version", "2026-1", "--text", TERMS)


def start_agent(world: World) -> Child:
    """Starts (again) the agent and waits until a desk can come in."""
    world.agent = world.children.start(
        "agent", [BENCHSIDE, "agent", "--state", world.pc_folder, "run", "--socket", world.socket]
    )
    until = time.monotonic() + READY_WITHIN_S
    while not world.socket.exists():
        if not world.agent.is_running or time.monotonic() > until:
            raise ChildError(f"the agent did not start\n{world.agent.last_lines()}")
        time.sleep(0.02)
    return world.agent


def start_desk(world: World, seat: Seat, language: str = "en") -> Child:
    """Starts the technician's window on the seat's display."""
    desk_state = world.folder / "desk"
    desk_state.mkdir(exist_ok=True)
    world.desk = world.children.start(
        "desk",
        [BENCHSIDE, "desk", "--socket", world.socket, "--state-dir", desk_state, "--language", language],
        env=seat.environment,
    )
    return world.desk
