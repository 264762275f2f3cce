"""What the states of a LADS device say (OPC 30500-1), as signals `opcua.lads` / server: device or unit / code.

    FunctionalUnit.FunctionalUnitState    Aborting, Aborted, Clearing       unit_aborted
    LADSDevice.DeviceState                Shutdown                          device_shut_down
                                          Sleep                             device_asleep
    Device.DeviceHealth (OPC 10000-100)   1 to 4, as NAMUR NE 107           health_failure, health_check,
                                                                            health_off_spec, health_maintenance

Running and Stopped are how a unit works and rests; neither is wrong.  A state is taken by its standard name alone, so
no text of the server goes anywhere but its names of devices and units, without long numbers (names.py).
A device or unit that is there no more has no conditions any more either (opcua_watched.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from benchside.protocol.wire.condition import ConditionKey, Signal, SignalState

__all__ = ["LADS_SOURCE", "MAX_ON", "Devices", "StateKind", "state_signals"]

LADS_SOURCE = "opcua.lads"
MAX_ON = 500
"""Conditions that are remembered as on, so that a liar fills no memory.  Of more, what is gone ends after a restart."""


class StateKind(Enum):
    """Which of a device's states."""

    UNIT = "FunctionalUnitState"
    DEVICE = "DeviceState"
    HEALTH = "DeviceHealth"


_CODES: dict[StateKind, dict[str | int, str]] = {
    StateKind.UNIT: {"Aborting": "unit_aborted", "Aborted": "unit_aborted", "Clearing": "unit_aborted"},
    StateKind.DEVICE: {"Shutdown": "device_shut_down", "Sleep": "device_asleep"},
    StateKind.HEALTH: {1: "health_failure", 2: "health_check", 3: "health_off_spec", 4: "health_maintenance"},
}
_WELL: dict[StateKind, frozenset[str | int]] = {
    StateKind.UNIT: frozenset(("Running", "Stopping", "Stopped")),
    StateKind.DEVICE: frozenset(("Initialization", "Operate")),
    StateKind.HEALTH: frozenset((0,)),
}


def state_signals(subject: str, kind: StateKind, value: object) -> list[Signal]:
    """Return how each condition of this state is; nothing for a value that the standard does not have."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return []
    codes = _CODES[kind]
    if value not in codes and value not in _WELL[kind]:
        return []
    now = codes.get(value)
    return [
        Signal(ConditionKey(LADS_SOURCE, subject, code), SignalState.ON if code == now else SignalState.OFF)
        for code in dict.fromkeys(codes.values())
    ]


class Devices:
    """What is on of the devices and units of one server.  `restored`: keys that were told as on before we began."""

    def __init__(self, restored: Iterable[ConditionKey] = ()) -> None:
        self._on = set(restored)

    def take(self, subject: str, kind: StateKind, value: object) -> list[Signal]:
        """Return what a state says, as `state_signals` does."""
        signals = state_signals(subject, kind, value)
        for signal in signals:
            if signal.state is SignalState.OFF:
                self._on.discard(signal.key)
            elif len(self._on) < MAX_ON:
                self._on.add(signal.key)
        return signals

    @property
    def subjects(self) -> frozenset[str]:
        """The devices and units of which something is on."""
        return frozenset(key.subject for key in self._on)

    def end(self, subjects: Collection[str]) -> list[Signal]:
        """Return OFF for what is on of these, which are there no more."""
        over = sorted(key for key in self._on if key.subject in subjects)
        self._on.difference_update(over)
        return [Signal(key, SignalState.OFF) for key in over]
