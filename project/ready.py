"""Sets a checkout up for one of tasks.py's words; quick when there is nothing to do."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from project import catalogues, chromium, console, debian, downloads, environment, opcua, openid, peers, wine
from project.paths import WORLD
from project.progress import say


def for_checking() -> None:
    """Enough to read and check the sources: no system packages, no screen."""
    with one_at_a_time():
        environment.ensure()
        if console.is_there():
            console.ensure_packages()


def for_running() -> None:
    """Enough to run the whole product and every test."""
    with one_at_a_time():
        environment.ensure()
        debian.ensure(debian.SCREEN)
        chromium.ensure()
        catalogues.ensure()
        console.ensure()


def for_comparing() -> None:
    """What the picture benchmark compares with, as far as this machine can have it."""
    with one_at_a_time():
        peers.ensure()


def for_access() -> None:
    """The foreign parts of the access benchmark: provider, proxies, edge and scanner."""
    with one_at_a_time():
        openid.ensure()
        debian.ensure((*debian.PROXIES, debian.SCANNER))


def for_notices() -> None:
    """What the notices benchmark talks with and compares with: OPC UA server, log rotation, lines, NATS."""
    with one_at_a_time():
        opcua.ensure()
        debian.ensure(debian.FOREIGN)
        peers.ensure_nats()
        peers.ensure_laboratory()


def for_testing(*, long: bool = False) -> None:
    """`long`: also what only the tests need that take minutes."""
    for_running()
    with one_at_a_time():
        downloads.ensure()
        openid.ensure()
        opcua.ensure()
        debian.ensure(debian.PROXIES)
        if console.is_there():
            console.ensure_world()
        if long:
            wine.ensure()
            # each part of the benchmarks is tried, of the picture's without the large peers
            debian.ensure((peers.VIEWER, debian.SCANNER, *debian.FOREIGN))
            peers.ensure_nats()
            peers.ensure_laboratory()


def the_console_world() -> Path:
    """Its file; for tests that were started without `for_testing`, and side by side."""
    with one_at_a_time():
        return console.ensure_world()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two set-ups of one checkout at the same moment would install into each other's feet."""
    WORLD.mkdir(exist_ok=True)
    with (WORLD / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("- another set-up of this checkout is running; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
