"""A board with a clock, a small catalogue, and every change that it ever wrote."""

from __future__ import annotations

from collections.abc import Mapping

from benchside.protocol.flow.conditions.board import Board
from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.flow.conditions.event import Act, BoardEvent, Signalled, Started, Ticked
from benchside.protocol.flow.conditions.projection import States, replay
from benchside.protocol.flow.conditions.unsaid import Unsaid
from benchside.protocol.wire.condition import (
    ChangeKind,
    ConditionChange,
    ConditionKey,
    Severity,
    Signal,
    SignalState,
    Texts,
    Values,
)

ENTRIES = {
    "plain": Entry(Severity.WARNING, values=frozenset({"free", "by_s"})),
    "slow": Entry(Severity.SERIOUS, on_after_s=60, off_after_s=300),
    "latched": Entry(Severity.CRITICAL, is_latched=True),
    "pulse": Entry(Severity.INFO, off_after_s=30),
    "daily": Entry(Severity.WARNING, off_after_s=86_400),
    "root": Entry(Severity.SERIOUS, suppresses=(("test.one", "plain"), ("test.two", "slow"))),
}
START_UTC_MS = 1_700_000_000_000


class TestCatalogue:
    """A few codes; all others are plain."""

    __test__ = False

    def __init__(self, entries: Mapping[str, Entry] = ENTRIES) -> None:
        self._entries = entries

    def entry(self, key: ConditionKey) -> Entry:
        return self._entries.get(key.code, ENTRIES["plain"])

    def tell(self, key: ConditionKey, values: Values) -> Texts:
        return {"en": f"{key.subject} {key.code} {values.get('free', '?')}"}


def key(code: str = "plain", subject: str = "C:", source: str = "test.one") -> ConditionKey:
    return ConditionKey(source, subject, code)


class BoardWorld:
    """Steps a board; `now` only rises."""

    def __init__(self, states: States | None = None, *, entries: Mapping[str, Entry] = ENTRIES) -> None:
        self._catalogue = TestCatalogue(entries)
        self.now = 1000.0
        self.utc_ms = START_UTC_MS
        self.changes: list[ConditionChange] = []
        self.kept: dict[ConditionKey, Unsaid] = {}
        """What the notifier would keep beside its journal."""
        self.begin(states or {}, ())

    def begin(self, states: States, unsaid: tuple[Unsaid, ...]) -> None:
        """A board from now on that knows this much."""
        self.board = Board(self._catalogue, states, now=self.now, utc_ms=self.utc_ms, unsaid=unsaid)

    def die_and_start(self, *, for_s: float = 0.0) -> None:
        """A kill, and a start some time after it: nothing is left but what was kept."""
        self._advance(self.now + for_s)
        self.begin(replay(self.changes), tuple(self.kept.values()))
        self.step(Started())

    def step(self, event: BoardEvent) -> list[str]:
        changes = self.board.step(event, self.now, self.utc_ms)
        self.changes += changes
        for key, unsaid in self.board.unsaid().items():
            if unsaid is None:
                del self.kept[key]
            else:
                self.kept[key] = unsaid
        return [change.kind.value for change in changes]

    def on(self, code: str = "plain", **values: int) -> list[str]:
        return self.say(SignalState.ON, key(code), **values)

    def off(self, code: str = "plain") -> list[str]:
        return self.say(SignalState.OFF, key(code))

    def pulse(self, code: str = "pulse", count: int = 1) -> list[str]:
        return self.step(Signalled(Signal(key(code), SignalState.PULSE, count=count)))

    def say(self, state: SignalState, key: ConditionKey, **values: int) -> list[str]:
        return self.step(Signalled(Signal(key, state, dict(values))))

    def act(self, act: Act) -> list[str]:
        return self.step(act)

    def wait(self, for_s: float) -> list[str]:
        """Let time pass, with a step at each deadline."""
        until, kinds = self.now + for_s, []
        steps = 0
        while (due_at := self.board.deadline()) is not None and due_at <= until:
            self._advance(max(due_at, self.now))
            kinds += self.step(Ticked())
            steps += 1
            assert steps < 10_000, "the board asks for the same moment again and again"
        self._advance(until)
        return kinds

    def _advance(self, until: float) -> None:
        self.utc_ms += round((until - self.now) * 1000)
        self.now = until

    def counted(self) -> int:
        """Return the sum of all counts that were written."""
        return sum(change.count or 0 for change in self.changes)

    def last(self, kind: ChangeKind) -> ConditionChange:
        return next(change for change in reversed(self.changes) if change.kind is kind)
