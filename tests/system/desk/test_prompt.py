"""Who presses *Allow*: a person at the seat may, a program with XTEST may not, and a barcode scanner does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.fakes.desk_states import prompt
from tests.fakes.desk_world import DeskWorld, Person

from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import AnswerPrompt

pytestmark = [pytest.mark.system, pytest.mark.slow]

CONTROL_KEY, ALT_KEY, TAB_KEY, ENTER_KEY, ESCAPE_KEY = 0xFFE3, 0xFFE9, 0xFF09, 0xFF0D, 0xFF1B
TO_THE_FRONT = (CONTROL_KEY, ALT_KEY, ord("b"))
DEAF_S = 0.8
ALONE_S = 0.5


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


def click_until_answered(world: DeskWorld, person: Person) -> None:
    for point in answer_column(world):
        person.click_slowly(*point)
        if not world.agent.heard_nothing(0.1):
            return


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
    click_until_answered(world, person)
    assert world.agent.expect(AnswerPrompt, 1).allow


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
    person.press_together(*TO_THE_FRONT)
    time.sleep(0.2)
    person.scan(ENTER_KEY)
    assert not world.agent.expect(AnswerPrompt, 2).allow


def test_the_keyboard_alone_allows(world: DeskWorld, person: Person) -> None:
    person.press_together(*TO_THE_FRONT)
    time.sleep(0.2)
    person.scan(TAB_KEY)
    time.sleep(ALONE_S)
    person.scan(ENTER_KEY)
    assert world.agent.expect(AnswerPrompt, 2).allow


def test_a_scanner_does_not_allow(world: DeskWorld, person: Person) -> None:
    person.press_together(*TO_THE_FRONT)
    time.sleep(0.2)
    person.scan(TAB_KEY)
    time.sleep(ALONE_S)
    for _ in range(3):
        person.scan(*(ord(digit) for digit in "4006381333931"), ENTER_KEY)
    assert world.agent.heard_nothing(ALONE_S)


def test_an_accessibility_press_allows(world: DeskWorld, person: Person) -> None:
    # the fake agent closes no prompt, so it is seen to stay
    world.technician("--timeout-s", "1", "allow", "control", fails=True)
    assert world.agent.expect(AnswerPrompt, 1).allow
