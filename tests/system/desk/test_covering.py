"""Who covers: a person at the seat draws, and a program with XTEST neither opens it nor draws nor is done."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.fakes.agent import MAX_WAIT_S
from tests.fakes.desk_world import DeskWorld, Person

from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.cover import DesktopBox
from benchside.protocol.wire.desk import CoversWanted, IndicatorShown, SetCovers, SetPaused

pytestmark = [pytest.mark.system, pytest.mark.slow]

WIDTH, HEIGHT = 1280, 1024
FROM, TO = (100, 120), (400, 320)
DONE = (WIDTH // 2 + 246, HEIGHT - 129)
TAB_KEY, DELETE_KEY, ENTER_KEY, ESCAPE_KEY = 0xFF09, 0xFFFF, 0xFF0D, 0xFF1B
ADD, FIRST = "Add a cover", "Cover 1 of 1"
LOOK_S = 0.5
DRAWN_WITHIN_S = 5.0
HANDLED_WITHIN_S = 2.0
"""A key that a busy desk sees over a second late is not known for a person's, and presses nothing."""


@pytest.fixture
def person(world: DeskWorld) -> Iterator[Person]:
    """Somebody at the PC while an engineer views."""
    world.welcome()
    world.in_session(Capability.VIEW)
    world.agent.expect(IndicatorShown)
    person = Person(world.seat)
    person.move(2, 2)
    yield person
    person.close()


def cover_button(world: DeskWorld) -> tuple[int, int]:
    x, y, width, height = world.box("Benchside indicator")
    return x + width // 4, y + height - 37


def is_open(world: DeskWorld) -> bool:
    try:
        return bool(world.box("Cover areas"))
    except subprocess.CalledProcessError:
        return False


def open_it(world: DeskWorld, person: Person) -> None:
    def press() -> None:
        person.click_slowly(*cover_button(world))

    press()
    assert world.agent.expect(SetPaused, over=(CoversWanted,), again=press) == SetPaused(paused=True)
    assert world.comes_to(ADD), f"keys come to {world.focused()!r}"
    assert is_open(world)


def finish(world: DeskWorld, person: Person) -> SetCovers:
    def press() -> None:
        person.click_slowly(*DONE)

    press()
    return world.agent.expect(SetCovers, over=(CoversWanted,), again=press)


def draw(world: DeskWorld, person: Person) -> None:
    until = time.monotonic() + MAX_WAIT_S
    while True:
        person.move(*FROM)
        person.move(*FROM, pressed=True)
        person.move(*TO, pressed=True)
        person.move(*TO)
        if world.comes_to(FIRST, DRAWN_WITHIN_S):  # else the press was seen too late to be a person's
            return
        assert time.monotonic() < until, f"keys come to {world.focused()!r}"


def test_a_person_draws_and_is_done(world: DeskWorld, person: Person) -> None:
    open_it(world, person)
    draw(world, person)
    assert finish(world, person) == SetCovers(areas=(DesktopBox(*FROM, *TO),))
    assert world.agent.expect(SetPaused, over=(CoversWanted,)) == SetPaused(paused=False)
    assert not is_open(world)


def test_keys_come_to_it_without_a_click(world: DeskWorld, person: Person) -> None:
    open_it(world, person)
    until = time.monotonic() + MAX_WAIT_S
    person.scan(ENTER_KEY)
    while not world.comes_to(FIRST, HANDLED_WITHIN_S):
        assert time.monotonic() < until, f"keys come to {world.focused()!r}"
        person.scan(ENTER_KEY)
    (area,) = finish(world, person).areas
    assert (area.right - area.left, area.bottom - area.top) == (320, 160)


def test_a_program_does_none_of_it(world: DeskWorld, person: Person) -> None:
    x, y = cover_button(world)
    world.xdotool("mousemove", str(x), str(y), "click", "1")
    time.sleep(LOOK_S)
    assert not is_open(world)
    open_it(world, person)
    draw(world, person)
    world.xdotool("mousemove", "600", "100", "mousedown", "1", "mousemove", "900", "300", "mouseup", "1")
    world.xdotool("mousemove", "200", "200", "click", "1")
    world.xdotool("mousemove", *map(str, DONE), "click", "1")
    world.xdotool("key", "Delete", "Escape")
    assert is_open(world)
    assert finish(world, person) == SetCovers(areas=(DesktopBox(*FROM, *TO),))
