"""Who presses *Allow*: a person at the seat may, a program with XTEST may not, and a barcode scanner does not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from tests.fakes.agent import MAX_WAIT_S
from tests.fakes.desk_states import prompt
from tests.fakes.desk_world import DeskWorld, Person

from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import AnswerPrompt

pytestmark = [pytest.mark.system, pytest.mark.slow]

CONTROL_KEY, ALT_KEY, TAB_KEY, ENTER_KEY, ESCAPE_KEY = 0xFFE3, 0xFFE9, 0xFF09, 0xFF0D, 0xFF1B
TO_THE_FRONT = (CONTROL_KEY, ALT_KEY, ord("b"))
DENY, ALLOW = "Don't allow", "Allow"
DEAF_S = 0.8
ALONE_S = 0.5
HEARD_S = 0.2
"""Of a key, and still within what makes a burst."""
HANDLED_WITHIN_S = 2.0
"""A key that a busy desk sees over a second late is not known for a person's, and moves nothing."""


@pytest.fixture
def person(world: DeskWorld) -> Iterator[Person]:
    """Somebody at the PC, who is asked for control."""
    world.welcome()
    world.in_session()
    person = Person(world.seat)
    # in a corner, so that the prompt opens in the middle of the screen
    person.move(2, 2)
    world.agent.say(prompt(Capability.CONTROL, number=5))
    world.technician("read-prompt")
    time.sleep(DEAF_S)
    yield person
    person.close()


def answer_column(world: DeskWorld) -> list[tuple[int, int]]:
    """Points down the right half of the prompt, where Allow is somewhere, a finger apart."""
    x, y, width, height = world.box("Benchside asks")
    return [(x + 3 * width // 4, y + down) for down in range(20, height, 40)]


def call(world: DeskWorld, person: Person) -> None:
    """Give the prompt the keyboard."""
    person.press_together(*TO_THE_FRONT)
    assert world.comes_to(DENY), f"keys come to {world.focused()!r}"


def go_to_allow(world: DeskWorld, person: Person) -> None:
    """Call the prompt and move on to Allow by key, which is long past when this returns."""
    call(world, person)
    until = time.monotonic() + MAX_WAIT_S
    person.scan(TAB_KEY)
    while not world.comes_to(ALLOW, HANDLED_WITHIN_S):
        assert time.monotonic() < until, f"keys come to {world.focused()!r}"
        person.scan(TAB_KEY)
    time.sleep(ALONE_S)


def test_a_program_cannot_answer(world: DeskWorld, person: Person) -> None:
    for x, y in answer_column(world):
        world.xdotool("mousemove", str(x), str(y), "click", "1")
    world.xdotool("key", "ctrl+alt+b")
    world.xdotool("key", "Tab")
    time.sleep(ALONE_S)
    world.xdotool("key", "Return")
    time.sleep(ALONE_S)
    world.xdotool("key", "Escape")
    assert world.agent.heard_nothing(ALONE_S)


def test_a_persons_click_allows(world: DeskWorld, person: Person) -> None:
    column = answer_column(world)

    def click() -> None:
        for point in column:
            person.click_slowly(*point)
            if not world.agent.heard_nothing(0.1):
                return

    click()
    assert world.agent.expect(AnswerPrompt, again=click).allow


def test_a_press_that_slides_off_does_not(world: DeskWorld, person: Person) -> None:
    for x, y in answer_column(world):
        person.move(x, y)
        person.move(x, y, pressed=True)
        person.move(4, 4, pressed=True)
        person.move(4, 4)
    assert world.agent.heard_nothing(ALONE_S)


def test_the_prompt_takes_no_keys_until_it_is_called(world: DeskWorld, person: Person) -> None:
    person.scan(ENTER_KEY, ESCAPE_KEY, ENTER_KEY)
    assert world.agent.heard_nothing(ALONE_S)


def test_called_by_key_its_default_is_no(world: DeskWorld, person: Person) -> None:
    call(world, person)
    person.scan(ENTER_KEY)
    assert not world.agent.expect(AnswerPrompt, again=lambda: person.scan(ENTER_KEY)).allow


def test_the_keyboard_alone_allows(world: DeskWorld, person: Person) -> None:
    go_to_allow(world, person)
    person.scan(ENTER_KEY)
    assert world.agent.expect(AnswerPrompt, again=lambda: person.scan(ENTER_KEY)).allow


def test_a_scanner_does_not_allow(world: DeskWorld, person: Person) -> None:
    go_to_allow(world, person)
    for _ in range(3):
        person.scan(*(ord(digit) for digit in "4006381333931"), ENTER_KEY)
    assert world.agent.heard_nothing(ALONE_S)
    # all of it came to where one key by itself allows
    person.scan(ENTER_KEY)
    assert world.agent.expect(AnswerPrompt, again=lambda: person.scan(ENTER_KEY)).allow


def test_a_scanner_does_not_allow_where_the_desk_hears_its_enter_late(world: DeskWorld, person: Person) -> None:
    go_to_allow(world, person)
    person.scan(ord("4"))
    time.sleep(HEARD_S)
    os.kill(world.desk.pid, signal.SIGSTOP)
    try:
        person.scan(ENTER_KEY)
        time.sleep(ALONE_S)
    finally:
        os.kill(world.desk.pid, signal.SIGCONT)
    assert world.agent.heard_nothing(ALONE_S)
    person.scan(ENTER_KEY)
    assert world.agent.expect(AnswerPrompt, again=lambda: person.scan(ENTER_KEY)).allow


def test_an_accessibility_press_allows(world: DeskWorld, person: Person) -> None:
    # the fake agent closes no prompt, so it is seen to stay
    world.technician("--timeout-s", "1", "allow", "control", fails=True)
    assert world.agent.expect(AnswerPrompt).allow
