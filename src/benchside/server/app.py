"""`benchside serve`: web, gateway, relay and worker in one process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
import uvloop

from benchside.logs.setup import start_logging
from benchside.protocol.errors import BenchsideError, UnavailableError
from benchside.server.administration.office import Administration
from benchside.server.administration.session_mail import SessionMails
from benchside.server.alerts.making import make_alerts
from benchside.server.broker.agreements import Agreements
from benchside.server.broker.consoles import Consoles
from benchside.server.broker.queue import Broker
from benchside.server.broker.unadmitted import Unadmitted
from benchside.server.bus.contract import Bus, SessionCut
from benchside.server.clock import utc_ms
from benchside.server.gateway import agent, enrol
from benchside.server.gateway.agent import Gateway, LinkFacts
from benchside.server.gateway.enrol import Enrolment
from benchside.server.gateway.following import Following
from benchside.server.gateway.links import Links
from benchside.server.gateway.telling import Telling
from benchside.server.http.app import make_web
from benchside.server.http.connection import EdgedHttp, GuardedHttp
from benchside.server.http.context import Services
from benchside.server.http.stream import Closing
from benchside.server.keys.files import read_secret
from benchside.server.keys.folder import Folder
from benchside.server.location.making import make_locations
from benchside.server.mail.making import make_sender, warning_of
from benchside.server.metrics.figures import Metrics, make_metrics
from benchside.server.notices.advisories import Advisories
from benchside.server.notices.fleet import Fleet
from benchside.server.parts import Parts
from benchside.server.presence.watch import Presence
from benchside.server.relay.measure import Measuring
from benchside.server.relay.pairing import MAX_RELAY_FRAME_BYTES, PING_IDLE_S, Relay
from benchside.server.settings import ServerSettings, add_flags, parse_address, read_settings
from benchside.server.sso.fetch import Fetch
from benchside.server.sso.provider import Provider
from benchside.server.sso.service import SingleSignOn
from benchside.server.tickets.office import TicketOffice
from benchside.server.worker.loops import Task, run_tasks, tasks_of
from benchside.transport.serve import Served, bind, listen, server_tls

__all__ = ["Listeners", "main", "run_server"]

logger = logging.getLogger(__name__)

MAX_HEADER_BYTES = 16 * 1024
"""A browser's header has two kilobytes."""
MAX_WEB_CONNECTIONS = 2000
"""Some hundreds of consoles with a stream and a few requests each; beyond, 503."""
MAX_CUTS_WAITING = 1000
"""All sessions of a whole support centre whose policy has just changed."""
STOP_WITHIN_S = 2
"""What is being answered may finish, streams and links are told to go; who does not answer TLS is not waited for."""


def main(argv: list[str]) -> int:
    """Run the server until it is asked to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="benchside serve", description="run the server")
    parser.add_argument("--data", required=True, type=Path, help="the server's data folder")
    parser.add_argument("--verbose", action="store_true", help="log more")
    add_flags(parser)
    flags = parser.parse_args(argv)
    start_logging("server", logging.DEBUG if flags.verbose else logging.INFO)
    for library in ("uvicorn", "alembic", "aiosqlite", "asyncio", "sqlalchemy"):
        logging.getLogger(library).setLevel(logging.WARNING)  # below that they tell of addresses and queries
    folder = Folder(flags.data)
    try:
        if not folder.is_initialised():
            raise UnavailableError("this folder holds no server yet; make one with `benchside admin init`")
        uvloop.run(serve(folder, read_settings(folder.settings, flags)))
    except BenchsideError as error:
        print(f"benchside serve: {error}", file=sys.stderr)
        return 1
    return 0


class _Web(uvicorn.Server):
    """uvicorn, without its own idea of signals: the whole process has one."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Listeners:
    """The three sockets, taken before anything else starts, and how the world reaches them."""

    def __init__(self, settings: ServerSettings) -> None:
        self.web, self.link, self.session = (
            bind(address.host, address.port)
            for address in map(parse_address, (settings.web, settings.link, settings.session))
        )
        metrics = parse_address(settings.metrics) if settings.metrics else None
        self.metrics = bind(metrics.host, metrics.port) if metrics else None
        secure = "s" if settings.tls else ""
        self.web_url = settings.public_web or f"http{secure}://{_place(self.web)}"
        self.link_url = settings.public_link or f"ws{secure}://{_place(self.link)}"
        self.session_url = settings.public_session or f"ws{secure}://{_place(self.session)}"

    def origins(self) -> frozenset[str]:
        """The origins of our own pages; on loopback by either name."""
        parts = urlsplit(self.web_url)
        origins = {f"{parts.scheme}://{parts.netloc}".lower()}
        if parts.hostname in ("127.0.0.1", "localhost"):
            port = f":{parts.port}" if parts.port else ""
            origins |= {f"{parts.scheme}://{host}{port}" for host in ("127.0.0.1", "localhost")}
        return frozenset(origins)


def _place(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def serve(folder: Folder, settings: ServerSettings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not settings.sso_issuer and settings.local_accounts == "off":
        logger.warning("nobody can sign in: expected sso_issuer or local_accounts = on in server.toml, got neither")
    if warning := warning_of(settings):
        logger.warning(warning)
    parts = await Parts.open(folder, settings, utc_ms)
    try:
        await parts.keeper.refresh()
        await run_server(parts, stop, _say_ready)
    finally:
        await parts.close()


def _say_ready(listeners: Listeners) -> None:
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again would only make pictures stutter
    print(
        f"benchside serve: ready web={listeners.web_url} link={listeners.link_url} session={listeners.session_url}",
        flush=True,
    )


async def run_server(parts: Parts, stop: asyncio.Event, ready: Callable[[Listeners], None]) -> None:
    """Run all listeners on these parts until `stop` is set; `ready` is told once everything answers."""
    settings = parts.settings
    listeners = Listeners(settings)
    has_edge = settings.edge == "on"
    tls = server_tls(Path(settings.tls_cert), Path(settings.tls_key)) if settings.tls else None
    facts = LinkFacts(settings.relay_name, listeners.session_url.rstrip("/") + "/v1/relay", settings.phone)

    presence, consoles, links = Presence(parts.session, parts.now), Consoles(parts.now), Links()
    await presence.close_stale()
    fleet = Fleet(parts.cloud, parts.now)
    alerts = make_alerts(parts, fleet.pcs)
    advisories = Advisories(parts.cloud, fleet.pcs, parts.ledger, parts.bus, parts.now)
    broker = Broker(
        parts.cloud,
        parts.register,
        parts.ledger,
        parts.sessions,
        parts.keeper,
        presence,
        consoles,
        parts.bus,
        parts.now,
    )
    agreements = Agreements(parts.cloud, broker, parts.accounts, parts.keeper, parts.ledger, parts.bus, parts.now)
    office = TicketOffice(
        parts.session_keys.ticket,
        settings.relay_name,
        broker,
        agreements,
        parts.keeper,
        parts.ledger,
        parts.delays,
        parts.now,
    )
    gateway = Gateway(
        parts.register,
        parts.identities,
        parts.ledger,
        presence,
        parts.keeper,
        broker,
        office,
        Following(parts.cloud, parts.ledger, broker, office),
        links,
        parts.bus,
        Telling(parts.intake, advisories),
        facts,
        parts.now,
    )
    enrolment = Enrolment(parts.cloud_keys.enrolment, parts.register, parts.refusals, parts.keeper, facts, parts.now)
    relay = Relay((office.public_key,), settings.relay_name, parts.now)
    sso = _make_sso(parts, fetch := Fetch())
    locations = make_locations(parts)
    services = Services(
        accounts=parts.accounts,
        identities=parts.identities,
        administration=Administration(parts, listeners.link_url.rstrip("/")),
        sign_ins=parts.sign_ins,
        locations=locations,
        sso=sso,
        provider_name=settings.sso_name,
        has_local_accounts=settings.local_accounts == "on",
        step_up_ms=settings.step_up_ms,
        broker=broker,
        office=office,
        agreements=agreements,
        keeper=parts.keeper,
        ledger=parts.ledger,
        sessions=parts.sessions,
        presence=presence,
        fleet=fleet,
        advisories=advisories,
        alerts=alerts.office,
        trials=alerts.trials,
        alert_ways=alerts.ways,
        consoles=consoles,
        bus=parts.bus,
        now=parts.now,
        region=settings.region,
        server_name=settings.server_name,
        relay_url=facts.relay_url,
        web_url=listeners.web_url.rstrip("/"),
        origins=listeners.origins(),
        is_https=listeners.web_url.startswith("https:"),
        has_edge=has_edge,
        admits_browsers=settings.consoles == "any",
    )
    closing = Closing()
    web = _Web(
        uvicorn.Config(
            make_web(services, closing),
            log_config=None,
            access_log=False,
            lifespan="off",
            http=EdgedHttp if has_edge else GuardedHttp,
            ws="none",
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            limit_concurrency=MAX_WEB_CONNECTIONS,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        )
    )
    paths = {
        "/v1/agent": lambda: None if links.is_full else Served(agent.LIMITS, gateway.run, "agent link"),
        "/v1/enrol": lambda: None if links.is_full else Served(enrol.LIMITS, enrolment.run, "enrolment"),
    }
    link_server = await listen(
        listeners.link, paths, tls=tls, max_frame_bytes=agent.LIMITS.max_message_bytes, trusts_edge=has_edge
    )
    relay_server = await listen(
        listeners.session,
        {"/v1/relay": relay.make_end, "/v1/measure": Measuring().make_end},
        tls=tls,
        max_frame_bytes=MAX_RELAY_FRAME_BYTES,
        ping_idle_s=PING_IDLE_S,
        trusts_edge=has_edge,
    )
    listeners.web.listen(512)
    web_task = asyncio.create_task(web.serve(sockets=[listeners.web]), name="web")
    metrics = None
    if listeners.metrics is not None:
        figures = Metrics(parts.cloud, fleet, presence, links, parts.intake, parts.now)
        metrics = _Web(make_metrics(figures))
        listeners.metrics.listen(16)
        metrics_task = asyncio.create_task(metrics.serve(sockets=[listeners.metrics]), name="metrics")
    cutting = asyncio.create_task(_cut_sessions(parts.bus, relay), name="cut sessions")
    unadmitted = Unadmitted(broker, parts.sign_ins, parts.keeper, parts.now)
    sender = make_sender(parts)
    session_mails = SessionMails(parts) if sender else None
    tasks = (
        *tasks_of(parts, broker, unadmitted, presence, sso, sender, session_mails, locations),
        Task("follow devices", 1.0, gateway.follow),
        Task("send alerts", 1.0, alerts.sender.send_due),
        Task("tidy alerts", 30.0, alerts.queue.tidy),
        Task("forget advisories", 3600.0, advisories.forget_old),
    )
    worker = asyncio.create_task(run_tasks(tasks), name="worker")
    try:
        await web.ready.wait()
        ready(listeners)
        stopped = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait((stopped, web_task, worker), return_when=asyncio.FIRST_COMPLETED)
    finally:
        link_server.close()
        relay_server.close()
        closing.event.set()
        web.should_exit = True
        if metrics is not None:
            metrics.should_exit = True
        relay.close_all()
        worker.cancel()
        cutting.cancel()
        for served in links.all():
            served.cancel()
        waiting = [
            web_task,
            worker,
            *([metrics_task] if metrics is not None else []),
            *(asyncio.create_task(served.finished()) for served in links.all()),
        ]
        await asyncio.wait(waiting, timeout=STOP_WITHIN_S + 1)
        await alerts.close()
        await fetch.close()


async def _cut_sessions(bus: Bus, relay: Relay) -> None:
    news = bus.subscribe(lambda one: isinstance(one, SessionCut), limit=MAX_CUTS_WAITING)
    while True:
        if isinstance(cut := await news.next(60.0), SessionCut):
            relay.end_session(cut.request_id)


def _make_sso(parts: Parts, fetch: Fetch) -> SingleSignOn | None:
    settings = parts.settings
    if not settings.sso_issuer:
        return None
    secret = None
    if settings.sso_client_secret_file:
        secret = read_secret(Path(settings.sso_client_secret_file)).decode("utf-8", "strict").strip()
    return SingleSignOn(
        Provider(settings.sso_issuer, settings.sso_client_id, secret, fetch, parts.now),
        scope=settings.sso_scope,
        account_claim=settings.sso_account_claim,
        addresses=parts.addresses if settings.asks_location else None,
        database=parts.cloud,
        keys=parts.cloud_keys.data,
        sign_ins=parts.sign_ins,
        ledger=parts.ledger,
        refusals=parts.refusals,
        delays=parts.delays,
        now=parts.now,
    )
