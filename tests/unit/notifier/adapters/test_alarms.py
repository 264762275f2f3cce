"""Alarms of a server that tells the truth, and of one that lies."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.adapters.alarm_rules import AlarmRule
from benchside.notifier.adapters.alarms import MAX_ACTIVE, AlarmEvent, Alarms, EventKind, read_severity
from benchside.notifier.adapters.lads import LADS_SOURCE, MAX_ON, Devices, StateKind, state_signals
from benchside.notifier.adapters.names import alarm_subject, plain
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState

START, END = AlarmEvent(EventKind.REFRESH_START), AlarmEvent(EventKind.REFRESH_END)
DOOR_RULE = AlarmRule("Centrifuge", "DoorOpen", "door_open", "Lid", frozenset({"Lid open"}))
DOOR = ConditionKey("opcua.alarm", alarm_subject("cx", "Centrifuge", "DoorOpen"), "alarm")


def event(condition: str = "1", **fields: Any) -> AlarmEvent:
    given: dict[str, Any] = {
        "source": "Centrifuge", "name": "DoorOpen", "severity": 700, "retain": True, "is_enabled": True,
        "is_active": True, "message": "x",
    }  # fmt: skip
    return AlarmEvent(EventKind.CONDITION, condition, **(given | fields))


def states(signals: list[Signal]) -> list[tuple[str, str]]:
    return [(one.key.subject, one.state.value) for one in signals]


def test_on_and_off() -> None:
    alarms = Alarms("cx", ())
    assert alarms.take(event()) == [Signal(DOOR, SignalState.ON, {}, Severity.SERIOUS)]
    assert alarms.take(event(severity=900, is_acknowledged=True)) == [
        Signal(DOOR, SignalState.ON, {"acknowledged": True}, Severity.CRITICAL)
    ]
    assert alarms.keys == {DOOR}
    assert alarms.take(event(is_active=False)) == [Signal(DOOR, SignalState.OFF)]
    assert alarms.take(event(is_active=False)) == []
    assert alarms.keys == frozenset()


@pytest.mark.parametrize(
    ("fields", "is_on"),
    [
        ({"is_active": True, "retain": False}, True),
        ({"is_active": False, "retain": True}, False),
        ({"is_active": None, "retain": True}, True),
        ({"is_active": None, "retain": False}, False),
        ({"is_enabled": False}, False),
        ({"is_branch": True}, False),
        ({"condition": ""}, False),
        ({"is_active": "yes", "retain": "yes"}, False),
        ({"is_active": 1, "retain": True}, True),
    ],
)
def test_what_is_on(fields: dict[str, Any], is_on: bool) -> None:
    assert bool(Alarms("cx", ()).take(event(**fields))) is is_on


def test_two_conditions_of_one_name() -> None:
    alarms = Alarms("cx", ())
    alarms.take(event("1", severity=900))
    assert alarms.take(event("2", severity=300))[0].severity is Severity.CRITICAL
    assert alarms.take(event("1", is_active=False)) == [Signal(DOOR, SignalState.ON, {}, Severity.WARNING)]
    assert alarms.take(event("2", is_active=False)) == [Signal(DOOR, SignalState.OFF)]


def test_what_vanished_while_we_were_away_is_off_after_the_refresh() -> None:
    before = ConditionKey("opcua.alarm", alarm_subject("cx", "A", "B"), "alarm")
    alarms = Alarms("cx", (), {before, DOOR})
    alarms.take(event("1"))
    alarms.take(event("2", name="Overheat"))
    assert alarms.take(START) == []
    alarms.take(event("1"))
    overheat = alarm_subject("cx", "Centrifuge", "Overheat")
    assert set(states(alarms.take(END))) == {(before.subject, "off"), (overheat, "off")}
    assert alarms.keys == {DOOR}
    assert alarms.take(END) == []


def test_what_was_on_before_is_off_when_a_server_without_a_refresh_says_so() -> None:
    alarms = Alarms("cx", (DOOR_RULE,), {DOOR, ConditionKey("opcua.cx", "Lid", "door_open")})
    assert alarms.take(event("2", name="Other", is_active=False)) == []
    assert states(alarms.take(event("7", is_active=False))) == [("Lid", "off")]
    assert alarms.take(event("7", is_active=False)) == []
    assert alarms.keys == {DOOR}
    assert Alarms("cx", (), {DOOR}).take(event("1", retain=False, is_active=None)) == [Signal(DOOR, SignalState.OFF)]


def test_in_a_refresh_it_is_off_at_the_end_only_since_another_of_its_name_may_be_on() -> None:
    alarms = Alarms("cx", (), {DOOR})
    alarms.take(START)
    assert alarms.take(event("1", is_active=False)) == []
    assert states(alarms.take(event("2"))) == [(DOOR.subject, "on")]
    assert alarms.take(END) == []
    assert alarms.keys == {DOOR}


def test_a_refresh_may_name_any_number_of_conditions_that_are_not_on() -> None:
    alarms = Alarms("cx", ())
    alarms.take(event("old", name="Old"))
    alarms.take(START)
    for number in range(3 * MAX_ACTIVE):
        alarms.take(event(f"i{number}", name=f"I{number}", is_active=False))
    alarms.take(event("1"))
    assert states(alarms.take(END)) == [(alarm_subject("cx", "Centrifuge", "Old"), "off")]
    assert alarms.keys == {DOOR}


def test_what_ends_in_a_refresh_and_what_it_has_no_room_for() -> None:
    last = ConditionKey("opcua.alarm", alarm_subject("cx", "Centrifuge", "Last"), "alarm")
    alarms = Alarms("cx", (), {DOOR, last})
    alarms.take(START)
    alarms.take(event("x", name="X"))
    alarms.take(event("x", name="X", is_active=False))
    for number in range(MAX_ACTIVE):
        alarms.take(event(str(number), name=f"A{number}"))
    assert alarms.take(event("last", name="Last")) == []
    assert alarms.is_full
    # the server named it, so it is not over; the other one it did not
    assert states(alarms.take(END)) == [(DOOR.subject, "off")]
    assert last in alarms.keys
    alarms.take(START)
    assert (last.subject, "off") in states(alarms.take(END))


def test_rules_and_messages() -> None:
    alarms = Alarms("cx", (DOOR_RULE,))
    key = ConditionKey("opcua.cx", "Lid", "door_open")
    assert alarms.take(event(message="Lid open")) == [
        Signal(key, SignalState.ON, {"message": "Lid open"}, Severity.SERIOUS)
    ]
    assert alarms.take(event(message="Eva Roth"))[0].values == {}
    assert alarms.take(event(source="1:Centrifuge"))[0].key == key
    assert states(alarms.take(event("2", source="Other"))) == [(alarm_subject("cx", "Other", "DoorOpen"), "on")]


def test_a_condition_that_changes_its_name_ends_under_the_old_one() -> None:
    alarms = Alarms("cx", ())
    alarms.take(event("1"))
    assert states(alarms.take(event("1", name="Other"))) == [
        (DOOR.subject, "off"), (alarm_subject("cx", "Centrifuge", "Other"), "on"),
    ]  # fmt: skip


def test_no_name_of_the_servers_is_told_without_a_rule() -> None:
    alarms = Alarms("cx", ())
    (found,) = alarms.take(event(source="GARCIA^MARIA", name="Sample 1234567", message="GARCIA^MARIA"))
    told = str(found)
    assert found.key.subject.startswith("cx: ")
    assert not [one for one in ("GARCIA", "MARIA", "Sample", "1234567") if one in told]
    assert msgspec.convert(msgspec.to_builtins(found), Signal) == found


def test_marks_tell_alarms_apart_and_not_samples() -> None:
    first = alarm_subject("cx", "Sample 1234567", "y" * 50)
    assert alarm_subject("cx", "Sample 7654321", "y" * 50) == first
    assert alarm_subject("cx", "Sample 1234567", "y" * 49 + "z") != first
    assert alarm_subject("cx", "ab", "c") != alarm_subject("cx", "a", "bc")
    assert len(alarm_subject("a" * 99, "\u202e\n" * 9000, "\ud800")) <= 80


def test_no_more_than_anybody_reads() -> None:
    alarms = Alarms("cx", ())
    told = [one for n in range(2 * MAX_ACTIVE) for one in alarms.take(event(str(n), name=f"A{n}"))]
    assert len(told) == MAX_ACTIVE == len(alarms.keys)
    assert alarms.is_full
    alarms.take(START)
    assert not alarms.is_full
    assert len(alarms.take(END)) == MAX_ACTIVE


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        (1, Severity.INFO), (200, Severity.INFO), (201, Severity.WARNING), (500, Severity.WARNING),
        (501, Severity.SERIOUS), (800, Severity.SERIOUS), (801, Severity.CRITICAL), (1000, Severity.CRITICAL),
        (0, None), (1001, None), (-1, None), (float("nan"), None), (500.0, None), ("900", None), (True, None),
        (None, None), ([900], None), (2**70, None),
    ],
)  # fmt: skip
def test_severities(value: object, severity: Severity | None) -> None:
    assert read_severity(value) is severity


ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=300), st.binary(), st.just([1]))


@given(
    st.lists(
        st.builds(
            AlarmEvent, st.sampled_from(EventKind), st.text(max_size=3), ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY,
            st.booleans(),
        )
    )
)  # fmt: skip
def test_nothing_a_server_says_stops_it(events: list[AlarmEvent]) -> None:
    alarms = Alarms("cx", (DOOR_RULE,))
    on: set[ConditionKey] = set()
    for one in events:
        for signal in alarms.take(one):
            assert msgspec.convert(msgspec.to_builtins(signal), Signal) == signal
            (on.add if signal.state is SignalState.ON else on.discard)(signal.key)
    assert on == alarms.keys


@pytest.mark.parametrize(
    ("kind", "value", "codes"),
    [
        (StateKind.UNIT, "Running", set()),
        (StateKind.UNIT, "Aborted", {"unit_aborted"}),
        (StateKind.DEVICE, "Sleep", {"device_asleep"}),
        (StateKind.HEALTH, 0, set()),
        (StateKind.HEALTH, 1, {"health_failure"}),
    ],
)
def test_states_of_devices(kind: StateKind, value: object, codes: set[str]) -> None:
    found = state_signals("cx: A", kind, value)
    assert found
    assert {one.key.code for one in found if one.state is SignalState.ON} == codes


@pytest.mark.parametrize("kind", StateKind)
@pytest.mark.parametrize("value", ["Eva Roth", "", 7, -1, True, False, None, float("nan"), [1], b"Aborted"])
def test_states_that_the_standard_does_not_have(kind: StateKind, value: object) -> None:
    assert state_signals("cx: A", kind, value) == []


def test_a_device_that_is_there_no_more_has_no_conditions() -> None:
    before = ConditionKey(LADS_SOURCE, "cx: B, U", "unit_aborted")
    devices = Devices([before])
    assert devices.take("cx: A", StateKind.HEALTH, 1) == state_signals("cx: A", StateKind.HEALTH, 1)
    devices.take("cx: C", StateKind.DEVICE, "Sleep")
    devices.take("cx: C", StateKind.DEVICE, "Operate")
    assert devices.subjects == {"cx: A", "cx: B, U"}
    assert devices.end({"cx: B", "cx: C"}) == []
    assert states(devices.end({"cx: B, U"})) == [("cx: B, U", "off")]
    assert devices.subjects == {"cx: A"}


def test_no_more_devices_are_remembered_than_a_liar_may_have() -> None:
    devices = Devices()
    told = [one for n in range(2 * MAX_ON) for one in devices.take(f"cx: {n}", StateKind.UNIT, "Aborted")]
    assert len(told) == 2 * MAX_ON
    assert len(devices.end(devices.subjects)) == MAX_ON


def test_a_name_is_told_without_what_cannot_be_shown_and_without_long_numbers() -> None:
    assert plain("Unit 1234567\u202e\n left") == "Unit … left"
    assert plain("\u202e") == "?"
