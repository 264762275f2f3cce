"""What a console may do with the hands in a second: more turns of the wheel are dropped, a flood ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import cast

import pytest

from benchside.host.channel import Opened
from benchside.host.hands import MAX_MESSAGES, WITHIN_S, Hands
from benchside.host.inject.contract import Injector
from benchside.host.inject.wheel import BURST_STEPS, MAX_STEPS_PER_S, WheelBudget
from benchside.media.damage import Box
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow.consent import ConsentGrant
from benchside.protocol.flow.consent.events import InputCame
from benchside.protocol.wire.capability import GrantScope, MonitorInfo
from benchside.protocol.wire.input import CONTROL, MAX_INPUTS, ControlAlive, InputTogether, PointerMove, WheelTurn


class Wheel:
    """An injector that knows the wheel and where the pointer went."""

    def __init__(self) -> None:
        self.turns: list[tuple[int, int]] = []
        self.moves: list[tuple[int, int]] = []

    def confine(self, areas: Iterable[Box]) -> None:
        pass

    def move(self, x_px: int, y_px: int) -> None:
        self.moves.append((x_px, y_px))

    def wheel(self, right: int, down: int) -> None:
        self.turns.append((right, down))


class Grant:
    """What the hands ask of a grant."""

    grant = b"g" * 16
    scope = GrantScope(monitors=(0,))


class Stage:
    """Hands on a clock that the test turns; consent says yes to all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now_s)
        self.wheel = Wheel()
        self.monitors: tuple[MonitorInfo, ...] = ()
        self._grant = cast(ConsentGrant, Grant())
        self.hands = Hands(
            self._grant,
            cast(Opened, None),
            cast(Injector, self.wheel),
            lambda: self.monitors,
            lambda: (),
            lambda event: self.permit(event),
            lambda: None,
        )
        self.permit: Callable[[InputCame], None] = lambda event: self.hands.act(self._grant, event.message)

    def steps(self) -> int:
        return sum(abs(right) + abs(down) for right, down in self.wheel.turns)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


async def test_a_wheel_turns_as_far_as_a_hand_turns_it(stage: Stage) -> None:
    stage.hands.take(CONTROL.encode(WheelTurn(right=0, down=-3)))
    assert stage.wheel.turns == [(0, -3)]
    for _ in range(100):
        stage.hands.take(CONTROL.encode(WheelTurn(right=50, down=50)))
    assert stage.steps() == BURST_STEPS
    for _ in range(99):
        stage.now_s += 0.01
        stage.hands.take(CONTROL.encode(WheelTurn(right=-50, down=50)))
    assert BURST_STEPS < stage.steps() <= MAX_STEPS_PER_S


async def test_a_flood_on_control_is_the_consoles_fault(stage: Stage) -> None:
    alive = CONTROL.encode(ControlAlive())
    for _ in range(MAX_MESSAGES):
        stage.hands.take(alive)
    with pytest.raises(PeerError) as caught:
        stage.hands.take(alive)
    assert caught.value.fault is PeerFault.TOO_MANY
    stage.now_s += WITHIN_S
    for _ in range(20 * 500):
        stage.now_s += 1 / 499
        stage.hands.take(alive)


def test_the_budget_keeps_directions_and_never_gives_more_than_asked() -> None:
    budget = WheelBudget(0.0)
    assert budget.spend(-2, 3, 0.0) == (-2, 3)
    assert budget.spend(50, -50, 0.0) == (15, 0)
    assert budget.spend(0, -50, 0.25) == (0, -10)
    assert budget.spend(0, 1, 0.2) == (0, 0), "a clock that steps back gives nothing"
    assert budget.spend(0, 50, 100.0) == (0, BURST_STEPS)


@pytest.mark.parametrize("gap_s", [0.0, 0.001, 0.016, 0.3])
def test_no_second_holds_more_than_sixty_steps(gap_s: float) -> None:
    budget, made, now = WheelBudget(0.0), [], 5.0
    for _ in range(2000):
        right, down = budget.spend(1, -50, now)
        made.append((now, abs(right) + abs(down)))
        now += gap_s
    for start, _ in made[::50]:
        assert sum(steps for at, steps in made if start <= at < start + 1.0) <= MAX_STEPS_PER_S


async def test_inputs_in_one_record_act_one_by_one_in_their_order(stage: Stage) -> None:
    stage.hands.take(CONTROL.encode(InputTogether((WheelTurn(0, 1), WheelTurn(2, 0), WheelTurn(0, -3)))))
    assert stage.wheel.turns == [(0, 1), (2, 0), (0, -3)]


async def test_each_input_asks_consent_by_itself(stage: Stage) -> None:
    permit, asked = stage.permit, []

    def once(event: InputCame) -> None:
        asked.append(event.message)
        if len(asked) == 1:
            permit(event)

    stage.permit = once
    stage.hands.take(CONTROL.encode(InputTogether((WheelTurn(0, 1), WheelTurn(0, 2)))))
    assert asked == [WheelTurn(0, 1), WheelTurn(0, 2)]
    assert stage.wheel.turns == [(0, 1)], "consent was gone after the first"


async def test_the_pointer_goes_to_no_monitor_that_was_not_granted(stage: Stage) -> None:
    stage.monitors = tuple(
        MonitorInfo(id=number, name="", x_px=100 * number, y_px=0, width_px=100, height_px=100, primary=number == 0)
        for number in (0, 1)
    )
    stage.hands.lay_out()
    for number in (1, 0, 7):
        stage.hands.take(CONTROL.encode(PointerMove(monitor=number, x_px=5, y_px=6)))
    assert stage.wheel.moves == [(5, 6)]


async def test_a_flood_in_few_records_is_a_flood(stage: Stage) -> None:
    record = CONTROL.encode(InputTogether((WheelTurn(0, 0),) * MAX_INPUTS))
    for _ in range(MAX_MESSAGES // MAX_INPUTS):
        stage.hands.take(record)
    with pytest.raises(PeerError) as broken:
        stage.hands.take(record)
    assert broken.value.fault is PeerFault.TOO_MANY
