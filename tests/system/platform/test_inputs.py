"""A program's press (XTEST, SendEvent) told from a person's at a VNC seat."""

from __future__ import annotations

import select
from collections.abc import Iterator

import pytest
import xcffib.xproto
import xcffib.xtest
from tests.fakes.seat import Seat
from tests.fakes.xclient import XClient
from tests.fakes.xserver import XServer

from benchside.platform.inputs.linux import InputSources
from benchside.protocol.errors import UnavailableError

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server() -> Iterator[XServer]:
    with XServer("Xvnc") as server:
        yield server


@pytest.fixture
def client(server: XServer) -> Iterator[XClient]:
    client = XClient(server.name)
    yield client
    client.close()


@pytest.fixture
def seat(server: XServer) -> Iterator[Seat]:
    seat = Seat(server)
    yield seat
    seat.close()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def sources(server: XServer, now: list[float]) -> Iterator[InputSources]:
    sources = InputSources(server.name, clock=lambda: now[0])
    yield sources
    sources.close()


def wait_for_press(sources: InputSources) -> None:
    assert select.select([sources.fileno()], [], [], 3)[0], "no press was told"
    sources.process()


def xtest(client: XClient, kind: int, detail: int) -> None:
    fake = client.connection(xcffib.xtest.key)
    for event in (kind, kind + 1):
        fake.FakeInput(event, detail, 0, client.root, 0, 0, 0)
    client.sync()


def test_without_any_press_nobody_is_believed(sources: InputSources) -> None:
    sources.process()
    assert sources.last_button_is_synthetic()
    assert sources.last_key_is_synthetic()


def test_a_persons_click_and_key_count_once(sources: InputSources, seat: Seat) -> None:
    seat.click(10, 10)
    wait_for_press(sources)
    assert not sources.last_button_is_synthetic()
    assert sources.last_button_is_synthetic(), "one press, one answer"
    assert sources.last_key_is_synthetic(), "a button is no key"
    seat.type(ord("a"))
    wait_for_press(sources)
    assert not sources.last_key_is_synthetic()


def test_an_answer_grows_old(sources: InputSources, seat: Seat, now: list[float]) -> None:
    seat.click(10, 10)
    wait_for_press(sources)
    now[0] = 1.5
    assert sources.last_button_is_synthetic()


def test_a_programs_click_and_key_are_found_out(sources: InputSources, seat: Seat, client: XClient) -> None:
    seat.click(10, 10)
    seat.type(ord("a"))
    wait_for_press(sources)
    xtest(client, 4, 1)
    xtest(client, 2, 38)
    sources.process()
    assert sources.last_button_is_synthetic(), "after the person's, and before anybody asked"
    assert sources.last_key_is_synthetic()


def test_even_while_another_client_holds_the_pointer(sources: InputSources, seat: Seat, client: XClient) -> None:
    window = client.window(0, 0, 100, 100, 0)
    mask = xcffib.xproto.EventMask.ButtonPress
    client.core.GrabPointer(True, window, mask, 1, 1, 0, 0, 0).reply()
    seat.click(10, 10)
    wait_for_press(sources)
    assert not sources.last_button_is_synthetic()
    xtest(client, 4, 1)
    sources.process()
    assert sources.last_button_is_synthetic()
    client.core.UngrabPointer(0)
    client.sync()


def test_no_display_is_unavailable() -> None:
    with pytest.raises(UnavailableError):
        InputSources(":4077")
