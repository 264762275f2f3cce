"""Notices on a real screen: a card that nobody asked for takes nothing away from whoever is at work there."""

from __future__ import annotations

import struct
import time

import pytest
from tests.fakes.desk_world import DeskWorld, Person
from tests.fakes.notice_states import MANY_POP_UP, ONE_POP_UP, all_shown
from tests.fakes.notification_service import FIRST_ID, FakeNotificationService
from tests.fakes.xclient import XClient
from xcffib.xproto import EventMask

from benchside.protocol.wire.notice import NoticesWanted, PopUpShown, QuietTold

pytestmark = [pytest.mark.system, pytest.mark.slow]

CARD = "Benchside notice"


def focused(world: DeskWorld) -> int:
    return int(world.xdotool("getwindowfocus", "-f"))


def test_a_card_comes_up_without_taking_the_keyboard(world: DeskWorld) -> None:
    notifier = world.notifier
    assert notifier.expect(NoticesWanted).locale == "en"
    notifier.expect(QuietTold)
    notifier.say(all_shown()["one"])
    world.welcome()
    before = focused(world)
    notifier.say(ONE_POP_UP)
    assert notifier.expect(PopUpShown).number == 1
    assert focused(world) == before
    left, top, width, height = world.box(CARD)
    assert width == 440
    assert height > 100
    person = Person(world.seat)
    person.click_slowly(left + width * 3 // 4, top + height - 40)  # Close
    deadline = time.monotonic() + 5
    while CARD in titles(world) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert CARD not in titles(world)
    person.close()


def test_a_card_is_told_to_the_systems_own_service_and_closed_there(world: DeskWorld) -> None:
    notifier = world.notifier
    notifier.expect(NoticesWanted)
    notifier.expect(QuietTold)
    notifier.say(all_shown()["one"])
    world.welcome()
    before = focused(world)
    with FakeNotificationService(address=world.environment["DBUS_SESSION_BUS_ADDRESS"]) as service:
        notifier.say(ONE_POP_UP)
        member, _, body = service.calls.get(timeout=10)
        assert (member, body[3]) == ("Notify", "Critical: Loader")
        assert focused(world) == before
        notifier.say(all_shown()["nothing"])
        assert service.calls.get(timeout=10) == ("CloseNotification", "u", (FIRST_ID,))


def test_a_full_screen_program_is_told_and_its_end_too(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier = world.notifier
    notifier.expect(NoticesWanted)
    assert not notifier.expect(QuietTold).full_screen
    notifier.say(all_shown()["nothing"])
    monkeypatch.setenv("XAUTHORITY", world.environment["XAUTHORITY"])
    client = XClient(world.environment["DISPLAY"])
    window = client.window(0, 0, 400, 300, 0, managed=True, title="analyser")

    def ask() -> None:
        world.xdotool("windowactivate", str(window))
        ask_for_full_screen(client, window)

    ask()
    # once more where the window manager had not yet taken the window
    assert notifier.expect(QuietTold, again=ask).full_screen
    client.destroy(window)
    client.sync()
    assert not notifier.expect(QuietTold).full_screen
    client.close()


def test_a_notifier_that_comes_late_or_goes_is_followed(world: DeskWorld) -> None:
    notifier = world.notifier
    notifier.expect(NoticesWanted)
    notifier.hang_up()
    assert notifier.expect(NoticesWanted, over=(QuietTold,)).version == 1
    notifier.expect(QuietTold)
    notifier.say(MANY_POP_UP)
    assert notifier.expect(PopUpShown).number == 2


def ask_for_full_screen(client: XClient, window: int) -> None:
    """As a program does it (EWMH 1.5, _NET_WM_STATE)."""
    state, full = (
        client.core.InternAtom(False, len(name), name).reply().atom
        for name in ("_NET_WM_STATE", "_NET_WM_STATE_FULLSCREEN")
    )
    event = struct.pack("=BBHII5I", 33, 32, 0, window, state, 1, full, 0, 1, 0)
    mask = EventMask.SubstructureRedirect | EventMask.SubstructureNotify
    client.core.SendEvent(False, client.root, mask, event)
    client.sync()


def titles(world: DeskWorld) -> list[str]:
    numbers = world.xdotool("search", "--onlyvisible", "--name", ".*").split()
    return [world.xdotool("getwindowname", number).strip() for number in numbers]
