"""The board: decides which changes of conditions are written, from signals, acts of persons, and time.

    step(event, now, utc_ms) -> changes, in order, not yet numbered: the journal numbers and chains them
    deadline()               -> when to step with Ticked, on the monotonic clock

INVARIANT: `states` is what `replay` makes of all changes that were ever returned.
INVARIANT: every signal is in the `count` of exactly one change, or waits in `folded`; but OFF of what is not on says
nothing, and is not counted.

Delays run on `now`; the wall clock stamps only, so that a clock that jumps moves nothing but what was shelved before a
restart (conditions/ends.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import count as counter

from msgspec.structs import replace

from benchside.protocol.flow.conditions.clock import ClockWatch
from benchside.protocol.flow.conditions.draft import drafted
from benchside.protocol.flow.conditions.ends import Ends
from benchside.protocol.flow.conditions.entry import Catalogue
from benchside.protocol.flow.conditions.event import Act, BoardEvent, Signalled, Started, Stopped, Ticked
from benchside.protocol.flow.conditions.objection import objection
from benchside.protocol.flow.conditions.projection import MAX_COUNT, States, apply
from benchside.protocol.flow.conditions.shares import Shares
from benchside.protocol.flow.conditions.suppression import Suppression
from benchside.protocol.flow.conditions.track import CHANGED_EVERY_S, FLAPS_WITHIN_S, Track
from benchside.protocol.flow.conditions.unsaid import Unsaid, UnsaidBook
from benchside.protocol.wire.condition import (
    ChangeKind,
    ConditionChange,
    ConditionKey,
    ConditionState,
    Severity,
    Signal,
    SignalState,
    Values,
)
from benchside.protocol.wire.notice import Acknowledge, PutOutOfService, ResetLatch, Shelve, Unshelve

__all__ = ["CLOCK_JUMPED", "TOO_MANY", "Board"]

TOO_MANY = ConditionKey("benchside.notifier", "conditions", "too_many")
"""Signals of conditions beyond their source's share are counted here (conditions/shares.py)."""
CLOCK_JUMPED = ConditionKey("benchside.notifier", "clock", "jumped")


class Board:
    """All conditions of one PC."""

    def __init__(
        self, catalogue: Catalogue, states: States, *, now: float, utc_ms: int, unsaid: Iterable[Unsaid] = ()
    ) -> None:
        """`states`: as replayed from the journal, `unsaid`: as kept beside it; they go on from `now`."""
        self._catalogue = catalogue
        self.states: States = dict(states)
        self._tracks: dict[ConditionKey, Track] = {}
        self._shares = Shares()
        self._waiting: list[tuple[float, int, ConditionKey]] = []
        self._order = counter()
        self._clock = ClockWatch()
        self._suppression = Suppression(self.states, self._write)
        self._changes: list[ConditionChange] = []
        self._utc_ms = utc_ms
        self._ends = Ends()
        for state in states.values():
            self._resume(state, now)
        unsaid = tuple(unsaid)
        self._unsaid = UnsaidBook(unsaid)
        for each in unsaid:
            self._take_up(each, now)

    def step(self, event: BoardEvent, now: float, utc_ms: int) -> list[ConditionChange]:
        """Take one event at `now` (seconds, monotonic) and `utc_ms`; return what is to be written."""
        self._utc_ms = utc_ms
        jumped_s = self._clock.jumped_s(now, utc_ms, event.last_utc_ms if isinstance(event, Started) else None)
        if jumped_s:
            self._clock_jumped(jumped_s, now)
        match event:
            case Signalled():
                self._signal(event.signal, now)
            case Ticked():
                pass
            case Started():
                self._start(now, utc_ms if jumped_s else max(utc_ms, event.last_utc_ms or 0))
            case Stopped():
                self._stop()
            case _ if self.objection(event) is None:
                self._act(event, now)
        if jumped_s:
            self._signal(Signal(CLOCK_JUMPED, SignalState.PULSE, {"by_s": jumped_s}), now)
        self._tick(now)
        changes, self._changes = self._changes, []
        return changes

    def deadline(self) -> float | None:
        """Return when to step with Ticked; None: nothing waits."""
        return self._waiting[0][0] if self._waiting else None

    def unsaid(self) -> dict[ConditionKey, Unsaid | None]:
        """Return what is to be kept with the changes of the steps since the last call; None: no longer."""
        return self._unsaid.news(self._tracks, self.states)

    def numbered(self, changes: list[ConditionChange]) -> None:
        """Take the numbers that the journal gave to changes of an earlier step."""
        for change in changes:
            state = None if change.key is None else self.states.get(change.key)
            if state is not None and state.sequence < change.sequence:
                self.states[state.key] = replace(state, sequence=change.sequence)

    def objection(self, act: Act) -> str | None:
        """Return why `act` cannot be, as a fixed word; None when it can."""
        has_room = act.key in self._tracks or not self._shares.is_full(act.key)
        return objection(act, self.states.get(act.key), has_room=has_room)

    def hears(self, signal: Signal) -> bool:
        """Return whether `signal` says anything: OFF of what is not on does not."""
        if signal.state is not SignalState.OFF:
            return True
        track, state = self._tracks.get(signal.key), self.states.get(signal.key)
        return track is not None and (track.is_wanted or (state is not None and state.is_active))

    # -- signals ----------------------------------------------------------------------------------

    def _signal(self, signal: Signal, now: float) -> None:
        if not self.hears(signal):
            return
        track = self._tracks.get(signal.key)
        if track is None:
            severity = signal.severity or self._catalogue.entry(signal.key).severity
            if self._shares.is_full(signal.key, severity) and not self._make_room(signal.key, severity, now):
                beyond = Signal(TOO_MANY, SignalState.PULSE, count=signal.count)
                self._signal(beyond, now)
                return
            track = self._track(signal.key)
        track.fold(signal.count, now)
        self._hear(track, signal, now)
        self._settle(track, now)

    def _hear(self, track: Track, signal: Signal, now: float) -> None:
        if signal.state is not SignalState.OFF:
            self._hear_on(track, signal, now)
        elif track.turn(on=False, now=now):
            track.raise_at, track.is_dirty = None, False
            track.clear_at = now + track.entry.off_after_s

    def _hear_on(self, track: Track, signal: Signal, now: float) -> None:
        track.is_pulse, track.clear_at, track.until_utc_ms = signal.state is SignalState.PULSE, None, None
        is_new = track.turn(on=True, now=now)
        track.severity = signal.severity or track.entry.severity
        track.values = {name: value for name, value in signal.values.items() if name in track.entry.values}
        if track.is_pulse:
            self._ends.begin_pulse(track, now, self._utc_ms)
        state = self.states.get(track.key)
        if state is not None and state.is_active:
            track.raise_at = None
            track.is_dirty = track.is_dirty or track.severity is not state.severity or track.values != state.values
        elif is_new and track.raise_at is None:
            track.raise_at = now if track.is_pulse else now + track.entry.on_after_s

    def _track(self, key: ConditionKey) -> Track:
        entry = self._catalogue.entry(key)
        if key not in self._tracks:
            self._shares.add(key)
        track = self._tracks[key] = Track(key, entry, severity=entry.severity)
        return track

    def _make_room(self, key: ConditionKey, severity: Severity, now: float) -> bool:
        """Forget what is over for `key`, as if somebody had acknowledged it, but in nobody's name."""
        track = self._shares.dispensable(key, self._tracks, self.states, now)
        if track is None:
            return False
        folded = track.unfold()
        if track.key in self.states:
            self._write(ChangeKind.ACKNOWLEDGED, track.key, count=folded or None)
        elif folded:
            self._write(ChangeKind.FOLDED, track.key, count=folded)
        self._forget(track)
        return not self._shares.is_full(key, severity)

    def _forget(self, track: Track) -> None:
        del self._tracks[track.key]
        self._unsaid.touch(track.key)
        self._shares.remove(track.key)

    def _resume(self, state: ConditionState, now: float) -> None:
        """Go on after a restart: what is active stays so until its source speaks; waits begin again."""
        track = self._track(state.key)
        track.severity, track.values = state.severity, dict(state.values)
        track.is_wanted, track.is_pulse, track.turned_at = state.is_active, state.is_pulse, now
        if state.is_active and state.is_pulse:
            self._ends.resume_pulse(track, state.pulse_until_utc_ms, now, self._utc_ms)
        if state.is_flapping:
            track.steady_at = now + FLAPS_WITHIN_S
        if state.shelved_until_utc_ms is not None:
            self._ends.resume_shelf(track, state, now, self._utc_ms)
        if state.is_active:
            self._suppression.resume(state.key, track.entry)
        self._arm(track)

    def _take_up(self, unsaid: Unsaid, now: float) -> None:
        """Hear again what no change tells; it is told when its wait, which begins again, is over."""
        track = self._tracks.get(unsaid.key) or self._track(unsaid.key)
        track.fold(unsaid.count, now)
        self._hear(track, unsaid.heard(), now)
        if track.is_pulse and track.is_wanted:
            self._ends.resume_pulse(track, unsaid.until_utc_ms, now, self._utc_ms)
        self._arm(track)

    def _start(self, now: float, newest_utc_ms: int) -> None:
        for track in self._ends.began(self._tracks, self.states, now, newest_utc_ms):
            self._arm(track)
        self._write(ChangeKind.STARTED, None)
        self._suppression.look_at_all()

    def _clock_jumped(self, by_s: int, now: float) -> None:
        self._write(ChangeKind.CLOCK_JUMPED, None, values={"by_s": by_s})
        for track in self._ends.clock_jumped(self._tracks, self.states, by_s, now, self._utc_ms):
            self._unsaid.touch(track.key)
            self._arm(track)

    # -- what has become due ----------------------------------------------------------------------

    def _tick(self, now: float) -> None:
        due: list[ConditionKey] = []
        while self._waiting and self._waiting[0][0] <= now:
            due.append(heapq.heappop(self._waiting)[2])
        for key in due:
            track = self._tracks.get(key)
            if track is not None and track.armed_at is not None and track.armed_at <= now:
                track.armed_at = None
                self._settle(track, now)

    def _settle(self, track: Track, now: float) -> None:
        """Write what is due of one condition, and wait for what comes next."""
        self._unsaid.touch(track.key)
        if track.unshelve_at is not None and now >= track.unshelve_at:
            track.unshelve_at = None
            self._write(ChangeKind.UNSHELVED, track.key)
            self._suppression.changed(track.key)
        track.forget_flips(now)
        if track.is_pulse and track.is_wanted and track.clear_at is not None and now >= track.clear_at:
            track.is_wanted = False  # the pulse is over; nothing said so but time
        state = self.states.get(track.key)
        if state is not None and state.is_out_of_service:
            track.raise_at = track.steady_at = None
            track.is_dirty = False
            if not track.is_wanted:
                track.clear_at = None
        elif state is not None and state.is_flapping:
            self._settle_flapping(track, now)
        else:
            self._settle_steady(track, state, now)
        self._sum_up(track, now)
        self._arm(track)
        if track.key not in self.states and track.is_idle:
            self._forget(track)

    def _settle_steady(self, track: Track, state: ConditionState | None, now: float) -> None:
        is_active = state is not None and state.is_active
        if not is_active and track.raise_at is not None and now >= track.raise_at:
            track.raise_at = None
            self._raise(track, now)
            if track.steady_at is not None:
                return
            is_active = True
        if is_active and track.clear_at is not None and now >= track.clear_at:
            self._clear(track, now)
        elif not is_active and not track.is_wanted:
            track.clear_at = None
        self._tell_changed(track, now)

    def _settle_flapping(self, track: Track, now: float) -> None:
        track.raise_at = None
        track.is_dirty = False
        if track.is_wanted is False or not track.is_pulse:
            track.clear_at = None
        track.steady_at = max(track.steady_at or 0.0, track.turned_at + FLAPS_WITHIN_S)
        if now < track.steady_at:
            return
        track.steady_at = None
        track.flips.clear()
        self._write_folded(ChangeKind.STEADY, track)
        if not track.is_wanted:
            self._clear(track, now)

    def _raise(self, track: Track, now: float) -> None:
        is_flapping = track.flipped(now)
        self._say(ChangeKind.FLAPPING if is_flapping else ChangeKind.RAISED, track, now)
        if is_flapping:
            track.steady_at = now + FLAPS_WITHIN_S
        self._suppression.turned(track.key, track.entry, is_active=True)

    def _clear(self, track: Track, now: float) -> None:
        track.clear_at, track.is_dirty, track.is_wanted = None, False, False
        if track.flipped(now):
            self._say(ChangeKind.FLAPPING, track, now)
            track.steady_at = now + FLAPS_WITHIN_S
            return
        kind = ChangeKind.LATCHED if track.entry.is_latched else ChangeKind.CLEARED
        self._write(kind, track.key, count=track.unfold() or None)
        self._suppression.turned(track.key, track.entry, is_active=False)

    def _tell_changed(self, track: Track, now: float) -> None:
        state = self.states.get(track.key)
        if state is None or not state.is_active:
            track.is_dirty = False
        if not track.is_dirty or state is None or now < track.told_at + CHANGED_EVERY_S:
            return
        track.is_dirty, track.told_at = False, now
        texts = self._catalogue.tell(track.key, track.values)
        if track.severity is not state.severity or texts != state.texts:
            self._say(ChangeKind.CHANGED, track, now)
            self._suppression.changed(track.key)

    def _say(self, kind: ChangeKind, track: Track, now: float) -> None:
        track.told_at, track.is_dirty = now, False
        self._write(
            kind,
            track.key,
            severity=track.severity,
            texts=self._catalogue.tell(track.key, track.values),
            values=track.values,
            count=track.unfold() or None,
            until_utc_ms=track.until_utc_ms if track.is_pulse else None,
        )

    def _sum_up(self, track: Track, now: float) -> None:
        due_at = track.fold_due_at()
        if due_at is not None and now >= due_at:
            track.folded_at = now
            self._write_folded(ChangeKind.FOLDED, track)

    def _arm(self, track: Track) -> None:
        due_at = track.due_at()
        if due_at is not None and (track.armed_at is None or due_at < track.armed_at):
            track.armed_at = due_at
            heapq.heappush(self._waiting, (due_at, next(self._order), track.key))

    # -- acts -------------------------------------------------------------------------------------

    def _act(self, act: Act, now: float) -> None:
        key, by = act.key, act.by
        match act:
            case Acknowledge():
                self._write(ChangeKind.ACKNOWLEDGED, key, by=by)
            case Shelve():
                until_utc_ms = self._utc_ms + act.for_s * 1000
                self._ends.begin_shelf(self._tracks[key], act.for_s, now)
                self._write(ChangeKind.SHELVED, key, by=by, why=act.why, until_utc_ms=until_utc_ms)
                self._suppression.changed(key)
            case Unshelve():
                self._tracks[key].unshelve_at = None
                self._write(ChangeKind.UNSHELVED, key, by=by)
                self._suppression.changed(key)
            case ResetLatch():
                self._write(ChangeKind.LATCH_RESET, key, by=by)
            case PutOutOfService():
                self._serve(act, now)
        if (track := self._tracks.get(key)) is not None:
            self._settle(track, now)

    def _serve(self, act: PutOutOfService, now: float) -> None:
        track = self._tracks.get(act.key) or self._track(act.key)
        if not act.back:
            severity = None if act.key in self.states else track.entry.severity
            self._write(ChangeKind.OUT_OF_SERVICE, act.key, by=act.by, why=act.why, severity=severity)
            self._suppression.turned(track.key, track.entry, is_active=False)
            return
        self._write(ChangeKind.IN_SERVICE, act.key, by=act.by, why=act.why)
        track.raise_at = now + track.entry.on_after_s if track.is_wanted else None

    def _stop(self) -> None:
        for track in self._tracks.values():
            if track.folded:
                self._unsaid.touch(track.key)
                self._write_folded(ChangeKind.FOLDED, track)
        self._write(ChangeKind.STOPPED, None)

    # -- writing ----------------------------------------------------------------------------------

    def _write_folded(self, kind: ChangeKind, track: Track) -> None:
        """With the end of the newest pulse among them: it lasts longer than what was written before says."""
        until_utc_ms = track.until_utc_ms if track.is_pulse and track.is_wanted else None
        self._write(kind, track.key, count=track.unfold() or None, until_utc_ms=until_utc_ms)

    def _write(
        self, kind: ChangeKind, key: ConditionKey | None, *, values: Values | None = None, count: int | None = None,
        **what: object,
    ) -> None:  # fmt: skip
        change = drafted(
            kind, self._utc_ms, key, values=values or {}, count=None if count is None else min(count, MAX_COUNT),
            **{name: value for name, value in what.items() if value is not None},
        )  # fmt: skip
        apply(self.states, change)
        self._changes.append(change)
