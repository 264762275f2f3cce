"""Lock, user switch, sleep and a blanked screen end what was consented to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import xcffib.xproto
from tests.fakes.logind import FakeLogind
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.platform.desktop.linux import LinuxDesktopFacts
from benchside.platform.desktop.logind import LoginSession
from benchside.protocol.errors import UnavailableError

pytestmark = pytest.mark.system


def becomes_true(ask: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        if ask():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def logind() -> Iterator[FakeLogind]:
    with FakeLogind() as logind:
        yield logind


def test_lock_switch_and_sleep_are_told_once(logind: FakeLogind) -> None:
    login = LoginSession(logind.address, session="1")
    assert not login.has_been_left()
    logind.change(LockedHint=("b", True))
    assert becomes_true(login.has_been_left)
    assert not login.has_been_left()
    logind.change(Active=("b", False))
    assert becomes_true(login.has_been_left)
    logind.announce_sleep(True)
    assert becomes_true(login.has_been_left)
    logind.change(LockedHint=("b", False), Active=("b", True), IdleHint=("b", True))
    logind.announce_sleep(False)
    time.sleep(0.1)
    assert not login.has_been_left()
    login.close()
    login.close()


def test_locked_from_the_start() -> None:
    with FakeLogind({"LockedHint": ("b", True)}) as logind:
        login = LoginSession(logind.address, session="1")
        assert login.has_been_left()
        login.close()


def test_a_bus_that_goes_away_says_nothing_more(logind: FakeLogind) -> None:
    login = LoginSession(logind.address, session="1")
    logind.close()
    assert not login.has_been_left()
    assert not login.has_been_left()
    login.close()


def test_without_a_login_it_is_unavailable(logind: FakeLogind) -> None:
    with pytest.raises(UnavailableError):
        LoginSession(logind.address, session="7")
    with pytest.raises(UnavailableError):
        LoginSession("unix:path=/nonexistent/bus")


def test_a_blanked_screen_counts_even_without_logind() -> None:
    with XServer() as server:
        facts = LinuxDesktopFacts(server.name, bus="unix:path=/nonexistent/bus")
        assert not facts.has_slept()
        client = XClient(server.name)
        client.core.ForceScreenSaver(xcffib.xproto.ScreenSaver.Active)
        client.sync()
        assert becomes_true(facts.has_slept)
        assert not facts.has_slept()
        client.close()
        server.close()
        with pytest.raises(UnavailableError):
            becomes_true(facts.has_slept)
        facts.close()
        facts.close()
