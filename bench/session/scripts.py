"""Conversations that a random walk hardly ever meets: moments that must fall together to the second."""

from __future__ import annotations

from collections.abc import Callable

from bench.session.judge import Judge
from benchside.protocol.flow.consent import ConsentMachine
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.consent.table import TABLE, Table
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.input import PointerMove

VIEW, CONTROL = Capability.VIEW, Capability.CONTROL
ONE = GrantScope(monitors=(0,))


class Stagehand:
    """A machine with its judge, and a clock that goes where it is told."""

    def __init__(self, table: Table) -> None:
        offered = frozenset({VIEW, CONTROL})
        self.machine = ConsentMachine(offered=offered, associate="a", table=table)
        self.judge = Judge(offered)
        self.breaches: list[str] = []
        self.now = 0.0
        self.do(0, ev.MonitorsKnown((0, 1)))

    def do(self, at: float, event: ev.ConsentEvent) -> list[fx.ConsentEffect]:
        """Let one event happen at this second; the pump looks at no deadline meanwhile."""
        self.now = at
        effects = self.machine.step(event, at)
        self.breaches += self.judge.watch(event, at, effects)
        return effects

    def ask(self, at: float, capability: Capability) -> None:
        """Until the prompt is open."""
        self.do(at, ev.ConsoleAsked(capability, "x"))
        self.do(at, ev.EntryStood(capability, self.machine.slots[capability].awaited_entry, bytes(48)))

    def answer(self, at: float, capability: Capability, *, allow: bool) -> None:
        """To the prompt that is open for it."""
        prompt = self.machine.slots[capability].prompt
        self.do(at, ev.TechnicianAnswered(capability, prompt, allow, ONE))

    def grant(self, at: float, capability: Capability, epoch: int) -> bytes:
        """From the question to the open channel."""
        self.ask(at, capability)
        self.answer(at, capability, allow=True)
        self.do(at, ev.EntryStood(capability, self.machine.slots[capability].awaited_entry, bytes([epoch]) * 48))
        grant = self.machine.slots[capability].grant
        name = b"" if grant is None else grant.grant
        self.do(at, ev.ChannelStood(capability, name, epoch))
        return name


def extended_too_late(stage: Stagehand) -> None:
    """The question whether the view goes on waits behind others until after the view's end."""
    stage.grant(0, VIEW, 1)
    for asked_at in (1495, 1616, 1737):
        stage.ask(asked_at, CONTROL)
        stage.do(asked_at + 60, ev.MomentCame(CONTROL))
    stage.do(1797, ev.MomentCame(VIEW))
    stage.answer(1801, VIEW, allow=True)


def input_after_its_end(stage: Stagehand) -> None:
    """Control runs out while the view was made longer, and the pump is late."""
    stage.grant(0, VIEW, 1)
    name = stage.grant(1, CONTROL, 2)
    stage.do(1201, ev.MomentCame(CONTROL))
    stage.answer(1202, CONTROL, allow=True)
    stage.do(1500, ev.MomentCame(VIEW))
    stage.answer(1501, VIEW, allow=True)
    stage.do(1501, ev.MomentCame(CONTROL))
    stage.answer(1502, CONTROL, allow=False)
    stage.do(1801.5, ev.InputCame(CONTROL, name, PointerMove(0, 1, 1)))


def two_questions_at_once(stage: Stagehand) -> None:
    """'Still there?' falls due while the technician is asked whether the view goes on."""
    stage.grant(0, VIEW, 1)
    stage.grant(300, CONTROL, 2)
    stage.do(1500, ev.MomentCame(VIEW))
    stage.do(1500, ev.MomentCame(CONTROL))


SCRIPTS: tuple[Callable[[Stagehand], None], ...] = (extended_too_late, input_after_its_end, two_questions_at_once)


def breaches_of(table: Table = TABLE) -> list[str]:
    """What the judge has to say of all scripts under this table."""
    found: list[str] = []
    for script in SCRIPTS:
        stage = Stagehand(table)
        script(stage)
        found += stage.breaches
    return found
