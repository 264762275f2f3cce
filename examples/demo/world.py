"""A whole small world of the product's own programs: authority, server, and an enrolled instrument PC.

Everything is done as an operator, a lab and hospital IT would do it: with the command lines, in this order.
Used by the demo, the system tests and the benchmarks.
"""

from __future__ import annotations

import datetime
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from examples.demo.certificates import Certificates, make_certificates
from examples.demo.children import Child, ChildError, Children, free_port, is_open
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
COURSE = "data-protection"
TERMS = Path(__file__).with_name("terms.txt")
WATCH = ROOT / "examples" / "instrument" / "watch"
"""What a vendor gives along with the analyser: which lines of its log and which alarms are faults, and their words."""
WORDS = ("notices.toml", "alarms.toml")


@dataclass(frozen=True)
class Region:
    """One server's side of the world, and whoever works with it."""

    name: str
    account: str
    associate_name: str
    site: str
    site_name: str
    server_name: str
    relay_name: str
    customer: str
    law: str
    time_zone: str


GLOBAL = Region(
    "global", ASSOCIATE, ASSOCIATE_NAME, SITE, SITE_NAME, "Example Diagnostics", "relay-1", CUSTOMER, "gdpr",
    "Europe/Madrid",
)  # fmt: skip
CN = Region(
    "cn", "li.wei", "Li Wei", "renhe", "Renhe Hospital, Haematology", "Example Diagnostics China", "relay-cn",
    "renhe-hospital", "pipl", "Asia/Shanghai",
)  # fmt: skip


@dataclass
class Shared:
    """What regions have in common: the authority, and nothing else."""

    authority_folder: Path
    servers: list[Path] = field(default_factory=list)
    """Where its policy is installed."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """It is one person, who does one thing at a time."""


@dataclass
class World:
    """Where everything is.  `password` is the associate's first one, which the first sign-in must change."""

    folder: Path
    children: Children
    web_url: str
    link_url: str
    session_url: str
    certificates: Certificates | None
    shared: Shared
    region: Region = GLOBAL
    password: str = ""
    server: Child | None = None
    agent: Child | None = None
    notifier: Child | None = None
    desk: Child | None = None
    ports: tuple[int, int, int] = (0, 0, 0)
    alarms_port: int = 0
    """Where the simulated analyser tells its faults by OPC UA; 0: it has no such side, and its log is watched alone."""
    signed_in: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return self.region.account

    @property
    def authority_folder(self) -> Path:
        return self.shared.authority_folder

    @property
    def server_folder(self) -> Path:
        return self.folder / "server"

    @property
    def pc_folder(self) -> Path:
        return self.folder / "pc"

    @property
    def socket(self) -> Path:
        """The agent's local socket: in the short-named folder, for such a path has at most 107 bytes."""
        return self.children.sockets / f"agent-{self.region.name}.sock"

    @property
    def notifier_folder(self) -> Path:
        return self.folder / "notifier"

    @property
    def notices(self) -> Path:
        """The notifier's local socket."""
        return self.children.sockets / f"notifier-{self.region.name}.sock"

    @property
    def instrument_log(self) -> Path:
        """The log that the simulated analyser writes, as vendors' programs do."""
        return self.folder / "analyser.log"


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
    shared = Shared(folder / "authority")
    world = _lay_out(children, folder, shared, replace(GLOBAL, name=region), tls=tls, doors=doors)
    _make_authority(world)
    _make(world, on_server)
    return world


def add_region(first: World, region: Region) -> World:
    """Makes another server with a PC of its own, which has nothing in common with the first but the authority."""
    folder = first.folder / region.name
    folder.mkdir()
    world = _lay_out(first.children, folder, first.shared, region, tls=first.certificates is not None, doors=None)
    _make(world, None)
    return world


def _lay_out(
    children: Children, folder: Path, shared: Shared, region: Region, *, tls: bool, doors: tuple[int, int] | None
) -> World:
    scheme_web, scheme_link = ("https", "wss") if tls else ("http", "ws")
    web, link, session = (free_port() for _ in range(3))
    link_door, session_door = doors or (link, session)
    return World(
        folder=folder,
        children=children,
        web_url=f"{scheme_web}://localhost:{web}",
        link_url=f"{scheme_link}://localhost:{link_door}",
        session_url=f"{scheme_link}://localhost:{session_door}",
        certificates=make_certificates(folder / "tls") if tls else None,
        shared=shared,
        region=region,
        ports=(web, link, session),
    )


def _make(world: World, on_server: Callable[[World], None] | None) -> None:
    _make_server(world)
    start_server(world)
    if on_server is not None:
        on_server(world)
    _enrol_pc(world)
    start_agent(world)


def _make_authority(world: World) -> None:
    run("authority", "--dir", world.authority_folder, "init")


def _make_server(world: World) -> None:
    web, link, session = world.ports
    data = ("--data", world.server_folder)
    tls: tuple[str | Path, ...] = ()
    if world.certificates is not None:
        tls = ("--tls-cert", world.certificates.chain, "--tls-key", world.certificates.key)
    run("authority", "--dir", world.authority_folder, "public-key", world.folder / "authority.pem")
    run(
        "admin", "init", *data, "--authority-key", world.folder / "authority.pem", *tls,
        "--web", f"127.0.0.1:{web}", "--link", f"127.0.0.1:{link}", "--session", f"127.0.0.1:{session}",
        "--public-web", world.web_url, "--public-link", world.link_url, "--public-session", world.session_url,
        "--region", world.region.name, "--relay-name", world.region.relay_name,
        "--server-name", world.region.server_name,
        "--phone", "+34 900 123 456", "--local-accounts", "on",
    )  # fmt: skip
    run("admin", "ticket-key", *data, world.folder / "ticket-key.pem")
    run("authority", "--dir", world.authority_folder, "ticket-key", world.folder / "ticket-key.pem")
    run(
        "authority", "--dir", world.authority_folder, "site", "--id", world.region.site, "--region", world.region.name,
        "--customer", world.region.customer, "--law", world.region.law, "--time-zone", world.region.time_zone,
    )  # fmt: skip
    world.shared.servers.append(world.server_folder)
    publish_policy(world)
    run("admin", "site", "add", *data, world.region.site, "--name", world.region.site_name)
    run("admin", "model", "add", *data, MODEL, "--no-patient-data")
    world.password = run("admin", "account", "add", *data, world.account)
    _make_people(world)


def _make_people(world: World) -> None:
    """What administrators enter: tables of the customer, the site, the associate and a training, and a group."""
    region, data = world.region, ("--data", world.server_folder)
    tables = (
        ("customers", "customer,name", f"{region.customer},{region.site_name.partition(',')[0]}"),
        (
            "sites", "site,name,customer,laws,time_zone",
            f'{region.site},"{region.site_name}",{region.customer},{region.law},{region.time_zone}',
        ),
        (
            "people", "account,name,organisation,groups",
            f"{region.account},{region.associate_name},{ORGANISATION},haematology",
        ),
        ("trainings", "account,course,law,expires", f"{region.account},{COURSE},{region.law},{last_day()}"),
    )  # fmt: skip
    scope = ("--customer", region.customer, "--site", region.site, "--model", MODEL)
    run("admin", "group", "set", *data, "haematology", "--name", "Haematology", *scope)
    for kind, head, row in tables:
        table = world.folder / f"{kind}.csv"
        table.write_text(f"{head}\n{row}\n", encoding="utf-8")
        run("admin", "import", *data, kind, table)
    run("admin", "account", "administrator", *data, region.account)


def last_day(days: int = 30) -> str:
    """The last day of a training that ends so many days from now."""
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)).date().isoformat()


def publish_policy(world: World) -> None:
    """The authority signs the policy as it is now, and each operator installs it: there is one for all regions."""
    policy = world.folder / "policy.bin"
    run("authority", "--dir", world.authority_folder, "export", policy)
    for server in world.shared.servers:
        run("admin", "policy", "install", "--data", server, policy)


def sign_in_associate(world: World, fingerprint: str, *, days: int = 30, site: str = "", model: str = MODEL) -> None:
    """The authority lets the associate's key in, as after a person compared its fingerprint."""
    expires = last_day(days)
    with world.shared.lock:
        run(
            "authority", "--dir", world.authority_folder, "sign-in", "--id", world.account,
            "--name", world.region.associate_name, "--organisation", ORGANISATION, "--fingerprint", fingerprint,
            "--region", world.region.name, "--customer", world.region.customer, "--site", site or world.region.site,
            "--model", model, "--training", f"{COURSE}={world.region.law}={expires}", text="yes\n",
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
    token = run("admin", "enrolment-token", "--data", world.server_folder, "--site", world.region.site)
    world.pc_folder.mkdir(mode=0o700)
    settings = ""
    if world.certificates is not None:
        settings = f'ca_file = "{world.certificates.authority}"\n'
    (world.pc_folder / "agent.toml").write_text(settings)
    state = ("agent", "--state", world.pc_folder)
    run(
        *state, "enrol", "--token-file", "-", "--device", "Analyser PC 2", "--site-name", world.region.site_name,
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
    _wait_for_door(world.agent, world.socket)
    return world.agent


def _wait_for_door(service: Child, door: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not is_open(door):
        if not service.is_running or time.monotonic() > until:
            raise ChildError(f"the {service.name} did not start\n{service.last_lines()}")
        time.sleep(0.02)


def start_notifier(world: World) -> Child:
    """Starts (again) the notifier, which watches the PC and the analyser, and waits until a desk can come in."""
    if not world.notifier_folder.exists():
        _set_up_notifier(world)
    world.notifier = world.children.start(
        "notifier", [BENCHSIDE, "notifier", "--state", world.notifier_folder, "--socket", world.notices, "run"]
    )
    _wait_for_door(world.notifier, world.notices)
    return world.notifier


def _set_up_notifier(world: World) -> None:
    """As hospital IT does: settings, and the vendor's rules and words for this analyser."""
    words = world.notifier_folder / "notices.d"
    words.mkdir(parents=True, mode=0o700)
    for name in WORDS:
        (words / f"cx200_{name}").write_text((WATCH / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("log_rules.toml", "alarm_rules.toml"):
        (world.notifier_folder / name).write_text((WATCH / name).read_text(encoding="utf-8"), encoding="utf-8")
    alarms = ""
    if world.alarms_port:
        # it is this PC's own loopback, where nobody else can listen in
        alarms = (
            f'\n[[opcua]]\nname = "cx200"\nendpoint = "opc.tcp://127.0.0.1:{world.alarms_port}"\nsecurity = "none"\n'
            'rules = "alarm_rules.toml"\nlads = false\n'
        )
    (world.notifier_folder / "notifier.toml").write_text(
        f'agent_socket = "{world.socket}"\nagent_state = "{world.pc_folder}"\n\n'
        f'[[log]]\nname = "cx200"\npath = "{world.instrument_log}"\nencoding = "cp1252"\n'
        f'rules = "log_rules.toml"\n{alarms}',
        encoding="utf-8",
    )


def start_desk(world: World, seat: Seat, language: str = "en") -> Child:
    """Starts the technician's window on the seat's display."""
    desk_state = world.folder / "desk"
    desk_state.mkdir(exist_ok=True)
    world.desk = world.children.start(
        "desk",
        [
            BENCHSIDE,
            "desk",
            "--socket",
            world.socket,
            "--notices",
            world.notices,
            "--state-dir",
            desk_state,
            "--language",
            language,
        ],
        env=seat.environment,
    )
    return world.desk
