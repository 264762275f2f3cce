"""Walks through consent at random, legally and not, until every cell of the table was seen often.

A hostile console that holds all keys, a technician with shaky hands, a journal that fails: half of the steps lead
somewhere or miss it by one thing only (an old number, another monitor, a moment too late); the rest is noise.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from bench.session.judge import Judge
from benchside.protocol.flow.consent import ConsentMachine
from benchside.protocol.flow.consent import effects as fx
from benchside.protocol.flow.consent import events as ev
from benchside.protocol.flow.consent.table import TABLE, Stage, Table
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.input import KeyChange, PointerButton, PointerMove, ReleaseAll
from benchside.protocol.wire.session import SessionEnd

OFFERED = frozenset({Capability.VIEW, Capability.CONTROL})
ASKED = (Capability.VIEW, Capability.VIEW, Capability.CONTROL, Capability.CONTROL, Capability.FILES)
BOTH = (Capability.VIEW, Capability.CONTROL)
NOISE = (8, 2, 6, 1, 8, 1.5, 4, 2, 6, 6, 4, 2, 0.6, 0.1)
"""How often each kind of noise comes, in the order of `_noise`."""
CALM = (8, 0.3, 4, 0.1, 6, 1, 3, 1, 6, 6, 6, 0.7, 0.05, 0.01)
"""The same in a calm life, in which grants live long enough to be renewed and questions meet each other."""
BAD_SCOPES = (GrantScope(), GrantScope(monitors=(5,)), GrantScope(monitors=(0, 7)), GrantScope(window=7))
STEPS_A_LIFE = 400
"""A session's length in steps; after it a new one begins."""


@dataclass
class WalkResult:
    """`cells`: how often each cell was entered; `breaches`: each sentence and how often."""

    steps: int = 0
    leaks: int = 0
    cells: Counter[tuple[Stage, str]] = field(default_factory=Counter)
    breaches: Counter[str] = field(default_factory=Counter)

    @property
    def unvisited(self) -> list[tuple[Stage, str]]:
        return [(stage, event.__name__) for stage, event in TABLE if not self.cells[stage, event.__name__]]


class Walk:
    """One life after another of the machine and its judge."""

    def __init__(self, seed: int, table: Table = TABLE) -> None:
        self._random = random.Random(seed)
        self._table = table
        self.result = WalkResult()
        self._begin()

    def _begin(self) -> None:
        self._machine = ConsentMachine(offered=OFFERED, associate="a", table=self._table)
        self._judge = Judge(OFFERED)
        self._now = 1000.0
        self._prompts: list[tuple[Capability, int]] = []
        self._entries: list[tuple[Capability, int]] = []
        self._grants: dict[Capability, list[bytes]] = {capability: [b"?" * 16] for capability in Capability}
        self._epoch = 0
        self._left = STEPS_A_LIFE
        self._is_calm = self._random.random() < 0.6
        self._take(ev.MonitorsKnown((0, 1)))

    def run(self, steps: int, *, stop_at_breach: bool = False) -> WalkResult:
        """Walk `steps` steps further."""
        until = self.result.steps + steps
        while self.result.steps < until:
            if self._left <= 0:
                self._begin()
            self._step()
            if stop_at_breach and self.result.breaches:
                break
        return self.result

    def _step(self) -> None:
        self._left -= 1
        draw = self._random
        if draw.random() < (0.1 if self._is_calm else 0.3):
            self._now += draw.choice((1.0, 5.0, 20.0, 59.0, 61.0, 130.0))
        else:
            self._now += draw.choice((0.0, 0.01, 0.2))
        lean = draw.random()
        queued = [slot.capability for slot in self._machine.slots.values() if slot.stage is Stage.QUEUED]
        if queued and lean < 0.2:
            # a stage that is rare, so whatever can happen to it is tried while it lasts
            capability = queued[0]
            self._take(
                draw.choice(
                    (ev.TechnicianRevoked(capability), ev.ChannelFell(capability), ev.ConsoleGaveBack(capability))
                )
            )
        elif lean < 0.45:
            self._take(self._helpful())
        elif lean < 0.65:
            self._take(self._near_miss())
        else:
            self._take(self._noise())
        self._pass_time()

    def _pass_time(self) -> None:
        """What the pump does when a deadline has come; at times nothing happens until then."""
        due = self._machine.deadline()
        if due is None:
            return
        if self._now >= due or self._random.random() < 0.06:
            if self._random.random() < 0.15:
                return  # the pump is late, and something else comes first
            self._now = max(self._now, due)
            for capability in Capability:
                self._take(ev.MomentCame(capability))

    def _helpful(self) -> ev.ConsentEvent:
        """What brings one of the capabilities further."""
        draw = self._random
        capability = draw.choice(BOTH)
        slot = self._machine.slots[capability]
        grant = b"?" * 16 if slot.grant is None else slot.grant.grant
        if not self._machine.line_is_up:
            return ev.LineStood()
        if self._machine.is_paused and draw.random() < 0.5:
            return ev.PauseChosen(paused=False)
        match slot.stage:
            case Stage.NONE:
                return ev.ConsoleAsked(capability, "x")
            case Stage.NOTING | Stage.RECORDING:
                return ev.EntryStood(capability, slot.awaited_entry, draw.randbytes(48))
            case Stage.PROMPTED | Stage.RENEWING if draw.random() < 0.5:
                return ev.TechnicianAnswered(capability, slot.prompt, allow=True, scope=GrantScope(monitors=(0,)))
            case Stage.GRANTED if not slot.channel_is_up:
                self._epoch += 1
                return ev.ChannelStood(capability, grant, self._epoch)
            case Stage.GRANTED | Stage.RENEWING | Stage.PROMPTED | Stage.QUEUED:
                if capability is Capability.VIEW:
                    return ev.PictureTaken(capability, grant, (0,))
                return ev.InputCame(capability, grant, PointerMove(0, 1, 1))
            case _:
                return ev.MomentCame(capability)

    def _near_miss(self) -> ev.ConsentEvent:
        """A helpful event with one thing wrong."""
        draw = self._random
        event = self._helpful()
        match event:
            case ev.TechnicianAnswered(capability, prompt, _, scope):
                return draw.choice(
                    (
                        ev.TechnicianAnswered(capability, prompt - 1, allow=True, scope=scope),
                        ev.TechnicianAnswered(capability, prompt + 1, allow=draw.random() < 0.5, scope=scope),
                        ev.TechnicianAnswered(capability, prompt, allow=False, scope=scope),
                        ev.TechnicianAnswered(capability, prompt, allow=True, scope=draw.choice(BAD_SCOPES)),
                        ev.TechnicianAnswered(capability, prompt, allow=draw.random() < 0.5, scope=scope),
                    )
                )
            case ev.EntryStood(capability, entry, fresh):
                return draw.choice(
                    (
                        ev.EntryStood(capability, entry - 1, fresh),
                        ev.EntryFailed(capability, entry + 1),
                        ev.EntryFailed(capability, entry),
                    )
                )
            case ev.PictureTaken(capability, grant, monitors):
                return draw.choice(
                    (
                        ev.PictureTaken(capability, self._grant(capability), (1,)),
                        ev.PictureTaken(capability, self._grants[capability][0], monitors),
                        ev.PictureTaken(Capability.CONTROL, self._grants[Capability.CONTROL][-1], monitors),
                    )
                )
            case ev.InputCame(capability, grant, message):
                return draw.choice(
                    (
                        ev.InputCame(capability, grant, PointerMove(1, 1, 1)),
                        ev.InputCame(capability, self._grants[capability][0], message),
                        ev.InputCame(Capability.VIEW, self._grants[Capability.VIEW][-1], message),
                    )
                )
            case ev.ChannelStood(capability, grant, epoch):
                return draw.choice(
                    (
                        ev.ChannelStood(capability, self._grants[capability][0], epoch),
                        ev.ChannelStood(capability, grant, self._machine.slots[capability].epoch),
                    )
                )
            case _:
                return self._noise()

    def _take(self, event: ev.ConsentEvent) -> None:
        if (capability := getattr(event, "capability", None)) is not None:
            self.result.cells[self._machine.slots[capability].stage, type(event).__name__] += 1
        effects = self._machine.step(event, self._now)
        for sentence in self._judge.watch(event, self._now, effects):
            self.result.breaches[sentence] += 1
        self.result.leaks += self._judge.leaks
        self._judge.leaks = 0
        self.result.steps += 1
        for effect in effects:
            match effect:
                case fx.AskTechnician(prompt, _, capability):
                    self._prompts.append((capability, prompt))
                case fx.Record(capability, entry) if capability is not None:
                    self._entries.append((capability, entry))
                case fx.OpenChannel(grant):
                    self._grants[grant.capability].append(grant.grant)

    def _noise(self) -> ev.ConsentEvent:
        draw = self._random
        capability = draw.choice(BOTH)
        kind = draw.choices(range(14), weights=CALM if self._is_calm else NOISE)[0]
        match kind:
            case 0:
                return ev.ConsoleAsked(draw.choice(ASKED), "x")
            case 1:
                return ev.ConsoleGaveBack(draw.choice(ASKED))
            case 2:
                return self._answer()
            case 3:
                return ev.TechnicianRevoked(draw.choice(ASKED))
            case 4:
                owner, entry = self._recent(self._entries, capability)
                return ev.EntryStood(owner, entry, draw.randbytes(48))
            case 5:
                owner, entry = self._recent(self._entries, capability)
                return ev.EntryFailed(owner, entry)
            case 6:
                self._epoch += 1
                epoch = self._epoch if draw.random() < 0.8 else draw.randint(0, self._epoch)
                return ev.ChannelStood(draw.choice(ASKED), self._grant(capability), epoch)
            case 7:
                return ev.ChannelFell(draw.choice(ASKED))
            case 8:
                owner = Capability.VIEW if draw.random() < 0.85 else draw.choice(ASKED)
                monitors = draw.choice(((0,), (0,), (1,), (0, 1), (2,)))
                return ev.PictureTaken(owner, self._grant(owner), monitors)
            case 9:
                owner = Capability.CONTROL if draw.random() < 0.85 else draw.choice(ASKED)
                message = draw.choice(
                    (
                        PointerMove(0, 1, 1),
                        PointerMove(1, 1, 1),
                        PointerButton(1, True),
                        KeyChange("a", "KeyA", True),
                        ReleaseAll(),
                    )
                )
                return ev.InputCame(owner, self._grant(owner), message)
            case 10:
                return ev.MomentCame(draw.choice(ASKED))
            case 11:
                return ev.PauseChosen(draw.random() < 0.4)
            case 12:
                return ev.LineFell() if draw.random() < 0.5 else ev.LineStood()
            case _:
                return ev.SessionOver(SessionEnd.STOPPED)

    def _answer(self) -> ev.TechnicianAnswered:
        draw = self._random
        owner, prompt = self._recent(self._prompts, draw.choice(BOTH))
        scopes = (
            GrantScope(monitors=(0,)), GrantScope(monitors=(0, 1)), GrantScope(monitors=(0,), window=7),
            GrantScope(monitors=(0,)), GrantScope(), GrantScope(monitors=(5,)),
        )  # fmt: skip
        return ev.TechnicianAnswered(owner, prompt, draw.random() < 0.75, draw.choice(scopes))

    def _recent(self, known: list[tuple[Capability, int]], other: Capability) -> tuple[Capability, int]:
        """Mostly the last number that was given out, at times an old or an invented one."""
        if known and self._random.random() < 0.8:
            return known[-1]
        if known and self._random.random() < 0.6:
            return self._random.choice(known[-6:])
        return other, self._random.randint(0, 5)

    def _grant(self, capability: Capability) -> bytes:
        known = self._grants.get(capability, [b"?" * 16])
        return known[-1] if self._random.random() < 0.85 else self._random.choice(known[-4:])
