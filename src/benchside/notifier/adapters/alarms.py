"""From OPC UA events (OPC 10000-9) to signals: what is active at one server, by condition id.

    events ─► take ─► signals          RefreshStart … RefreshEnd: what was active and was not among them is over

Everything here is what a server says, and a server may lie: each field is taken only in its own type and range, names
go nowhere but into a rule's search, and no more than MAX_ACTIVE conditions are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from benchside.notifier.adapters.alarm_rules import AlarmRule, find_rule
from benchside.notifier.adapters.names import alarm_subject
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState, Values

__all__ = ["ALARM_SOURCE", "MAX_ACTIVE", "AlarmEvent", "Alarms", "EventKind", "read_severity"]

ALARM_SOURCE = "opcua.alarm"
"""Of alarms that no rule names."""
MAX_ACTIVE = 500
"""Conditions of one server that are on at a time: nobody reads more, and a liar makes no more of them."""
MAX_CRITICAL = 50
"""So many more where they are critical (protocol/flow/conditions/shares.py)."""
MAX_ID = 200
"""Characters of a condition's id; longer ones are kept as their hash."""

_NAMESPACE = re.compile(r"^[0-9]{1,5}:")
"""Some servers write a browse name's namespace before it, whose number may be another after the next start."""


class EventKind(Enum):
    """What kind of event came."""

    CONDITION = auto()
    REFRESH_START = auto()
    REFRESH_END = auto()
    REFRESH_NEEDED = auto()
    """The server asks for it, or its queue for us ran over."""
    OTHER = auto()


@dataclass(frozen=True)
class AlarmEvent:
    """One event, fields as they came; None where the server has none."""

    kind: EventKind
    condition: str = ""
    """ConditionId; the server's own and stable."""
    source: object = None
    name: object = None
    severity: object = None
    retain: object = None
    is_enabled: object = None
    is_active: object = None
    is_acknowledged: object = None
    message: object = None
    is_branch: bool = False
    """An earlier state that still waits for somebody; how things are now has an event of its own."""


@dataclass(frozen=True)
class _Active:
    key: ConditionKey
    severity: Severity | None


class Alarms:
    """What is active at one server.  `restored`: keys that were told as on before this process began."""

    def __init__(self, server: str, rules: tuple[AlarmRule, ...], restored: Iterable[ConditionKey] = ()) -> None:
        self._server = server
        self._rules = rules
        self._active: dict[str, _Active] = {}
        self._restored = set(restored)
        self._in_refresh: set[str] | None = None
        """Of the conditions in `_active` those that the refresh named; None while there is none."""
        self._left_out: set[ConditionKey] = set()
        """Of the restored keys those that the refresh named while there was no room for another condition."""
        self.is_full = False
        """More were active than MAX_ACTIVE since the last refresh."""
        self.malformed = 0
        """Events with a field of another type or range than the standard's."""

    @property
    def keys(self) -> frozenset[ConditionKey]:
        """What is on now, as it was told."""
        return frozenset(one.key for one in self._active.values()) | self._restored

    def take(self, event: AlarmEvent) -> list[Signal]:
        """Return what an event says."""
        if event.kind is EventKind.REFRESH_START:
            self._in_refresh, self._left_out, self.is_full = set(), set(), False
        elif event.kind is EventKind.REFRESH_END:
            return self._end_refresh()
        elif event.kind is EventKind.CONDITION and not event.is_branch and event.condition:
            return self._take_condition(_short_id(event.condition), event)
        return []

    def _take_condition(self, condition: str, event: AlarmEvent) -> list[Signal]:
        if not self._is_on(event):
            return self._end(condition) if condition in self._active else self._end_restored(event)
        known, severity = self._active.get(condition), read_severity(event.severity)
        most = MAX_ACTIVE + (MAX_CRITICAL if severity is Severity.CRITICAL else 0)
        if known is None and len(self._active) >= most:
            self.is_full = True
            self._left_out |= {self._name(event)[0]} & self._restored
            return []
        if severity is None:
            self.malformed += 1
        key, values = self._name(event)
        ended = self._end(condition) if known is not None and known.key != key else []
        self._active[condition] = _Active(key, severity)
        self._restored.discard(key)
        if self._in_refresh is not None:
            self._in_refresh.add(condition)
        return [*ended, Signal(key, SignalState.ON, values, self._worst(key))]

    def _is_on(self, event: AlarmEvent) -> bool:
        """An alarm is on while active (5.8.2); a condition without that state while it is retained (5.5.2)."""
        if event.is_enabled is False:
            return False
        if isinstance(event.is_active, bool):
            return event.is_active
        if event.is_active is not None or not isinstance(event.retain, bool):
            self.malformed += 1
        return event.retain is True

    def _end(self, condition: str) -> list[Signal]:
        ended = self._active.pop(condition, None)
        if self._in_refresh is not None:
            self._in_refresh.discard(condition)
        if ended is None:
            return []
        if any(one.key == ended.key for one in self._active.values()):
            # two conditions of one name: it is over when both are
            return [Signal(ended.key, SignalState.ON, {}, self._worst(ended.key))]
        return [Signal(ended.key, SignalState.OFF)]

    def _end_restored(self, event: AlarmEvent) -> list[Signal]:
        """End what was on before this process began: a server without a refresh says it in no other way."""
        # a refresh may name one of two conditions of one name before the other, and what it says counts at its end
        if not self._restored or self._in_refresh is not None:
            return []
        key, _ = self._name(event)
        if key not in self._restored:
            return []
        self._restored.discard(key)
        return [Signal(key, SignalState.OFF)]

    def _end_refresh(self) -> list[Signal]:
        if self._in_refresh is None:
            return []
        seen, self._in_refresh = self._in_refresh, None
        signals = [one for condition in set(self._active) - seen for one in self._end(condition)]
        for key in sorted(self._restored - self._left_out):
            signals.append(Signal(key, SignalState.OFF))
        self._restored &= self._left_out
        return signals

    def _worst(self, key: ConditionKey) -> Severity | None:
        found = [one.severity for one in self._active.values() if one.key == key and one.severity is not None]
        return max(found, key=lambda severity: severity.rank, default=None)

    def _name(self, event: AlarmEvent) -> tuple[ConditionKey, Values]:
        source, name = self._text(event.source), self._text(event.name)
        rule = find_rule(self._rules, source, name)
        acknowledged = {"acknowledged": event.is_acknowledged} if isinstance(event.is_acknowledged, bool) else {}
        if rule is None:
            # the server's name with it: two servers may have alarms of the same names
            return ConditionKey(ALARM_SOURCE, alarm_subject(self._server, source, name), "alarm"), {**acknowledged}
        values: Values = {**acknowledged}
        if isinstance(event.message, str) and event.message in rule.messages:
            values["message"] = event.message
        return ConditionKey(f"opcua.{self._server}", rule.subject, rule.code), values

    def _text(self, value: object) -> str:
        if isinstance(value, str):
            return _NAMESPACE.sub("", value, count=1)
        self.malformed += 1
        return ""


def read_severity(value: object) -> Severity | None:
    """Return what a number from 1 to 1000 means; None for anything else (NaN, text, 0, 70000)."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1000:
        return None
    if value <= 200:
        return Severity.INFO
    if value <= 500:
        return Severity.WARNING
    return Severity.SERIOUS if value <= 800 else Severity.CRITICAL


def _short_id(condition: str) -> str:
    return condition if len(condition) <= MAX_ID else hashlib.sha256(condition.encode("utf-8", "replace")).hexdigest()
