"""Runs the files of tests side by side, the long ones first, and what measures time by itself.

project/suite.py loads this plugin together with pytest-xdist; whoever names tests runs them one after the other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.keys import SHARED
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

FIRST = ("tests/system/session", "tests/windows", "tests/system", "tests/hostile", "tests/scenarios", "tests/unit")
"""Whole worlds come first: a long file that starts last is waited for by everybody."""
TOGETHER = ("tests/windows", "tests/system/session")
"""Folders whose files stay in one process: there is one C: drive, and one lab that takes long to make."""
FIRST_WORKER = "gw0"
"""It gets the first unit, which is whole sessions, whose programs end when one of them is not heard for a second."""
NICE = 5
"""The others leave it the processor."""
TURNS = "turns"


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # without types
    """Hands out whole units."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


class Turns:
    """Tests marked `alone` wait until no other runs, and no other starts meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._gate = (folder / "gate").open("w")
        self._room = (folder / "room").open("w")
        self._is_alone = False

    def take(self, *, alone: bool) -> None:
        """Wait for the turn of one test."""
        if self._is_alone:
            return
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        self._is_alone = alone
        if not alone:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def give_back(self, *, next_alone: bool) -> None:
        """Let others run, unless the next test here is to be alone as well."""
        if self._is_alone and next_alone:
            return
        self._is_alone = False
        fcntl.flock(self._room, fcntl.LOCK_UN)
        fcntl.flock(self._gate, fcntl.LOCK_UN)


class Controller:
    """The side that hands out the work."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="benchside-turns-"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> ByFile:
        return ByFile(config, log)

    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[TURNS] = str(self._folder)

    def pytest_unconfigure(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class Worker:
    """The side that runs tests."""

    def __init__(self, name: str, folder: Path) -> None:
        self._turns = Turns(folder)
        os.environ[SHARED] = str(folder)
        if name != FIRST_WORKER:
            os.nice(NICE)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=place)  # stable: the same in each worker

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
        self._turns.take(alone=is_alone(item))
        try:
            return (yield)
        finally:
            self._turns.give_back(next_alone=nextitem is not None and is_alone(nextitem))


def is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def unit_of(nodeid: str) -> str:
    """What stays in one process: a file's tests, since they share worlds, or a folder's."""
    file = nodeid.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def place(item: pytest.Item) -> tuple[int, str, bool]:
    """When a test's turn is; those that wait for everybody else come together, at the end of their unit."""
    folder = next((number for number, one in enumerate(FIRST) if item.nodeid.startswith(f"{one}/")), len(FIRST))
    return folder, unit_of(item.nodeid), is_alone(item)


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    part = Controller() if given is None else Worker(given["workerid"], Path(given[TURNS]))
    config.pluginmanager.register(part, "side_by_side_part")
