"""Who is silent while what is active: nothing is, unless something that is as good as told says so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.board_world import BoardWorld, key

from benchside.protocol.flow.conditions.entry import Entry
from benchside.protocol.flow.conditions.event import Act, Signalled, Started
from benchside.protocol.flow.conditions.projection import replay
from benchside.protocol.flow.conditions.suppression import find_ring
from benchside.protocol.wire.condition import ConditionKey, ConditionState, Severity, Signal, SignalState
from benchside.protocol.wire.notice import PutOutOfService, Shelve, Unshelve

HERE = "test.one"
S = Severity
SHELVE = Shelve(key=key("cause"), by="Eva", why="known", for_s=600)


def entry(severity: Severity, *codes: str) -> Entry:
    return Entry(severity, suppresses=tuple((HERE, code) for code in codes))


def world(**entries: Entry) -> BoardWorld:
    return BoardWorld(entries=entries)


def silent(world: BoardWorld) -> set[str]:
    assert replay(world.changes) == world.board.states
    return {state.key.code for state in world.board.states.values() if state.is_suppressed}


def test_two_that_suppress_each_other_are_both_told() -> None:
    ours = world(a=entry(S.CRITICAL, "b"), b=entry(S.CRITICAL, "a"))
    assert [*ours.on("a"), *ours.on("b")] == ["raised", "raised"]
    assert silent(ours) == set()


def test_what_follows_from_a_ring_is_silent_and_the_ring_is_told() -> None:
    ours = world(
        a=entry(S.WARNING, "b"), b=entry(S.WARNING, "c"), c=entry(S.WARNING, "a", "d"), d=entry(S.INFO),
        cause=entry(S.WARNING, "b"),
    )  # fmt: skip
    ours.on("a")
    ours.on("b")
    assert silent(ours) == {"b"}, "no ring as long as one of it is not active"
    ours.on("d")
    ours.on("c")
    assert silent(ours) == {"d"}
    ours.on("cause")
    assert silent(ours) == {"b", "d"}
    ours.off("a")
    ours.off("cause")
    assert silent(ours) == {"c", "d"}


def test_what_follows_from_what_follows_is_silent_still() -> None:
    """Else finding the cause of all would have its effects' effects pop up."""
    ours = world(cause=entry(S.SERIOUS, "effect"), effect=entry(S.WARNING, "trend"), trend=entry(S.WARNING))
    ours.on("effect")
    ours.on("trend")
    assert silent(ours) == {"trend"}
    assert ours.on("cause") == ["raised", "suppressed"]
    assert silent(ours) == {"effect", "trend"}


def test_what_is_suppressed_itself_silences_nothing_worse() -> None:
    ours = world(cause=entry(S.WARNING, "effect"), effect=entry(S.WARNING, "danger"), danger=entry(S.CRITICAL))
    ours.on("effect")
    ours.on("danger")
    assert silent(ours) == {"danger"}, "the catalogue may say so"
    ours.on("cause")
    assert silent(ours) == {"effect"}
    ours.off("cause")
    assert silent(ours) == {"danger"}


def test_what_is_shelved_silences_nothing_worse_and_all_else_still() -> None:
    ours = world(cause=entry(S.WARNING, "same", "worse"), same=entry(S.WARNING), worse=entry(S.SERIOUS))
    for code in ("cause", "same", "worse"):
        ours.on(code)
    assert silent(ours) == {"same", "worse"}
    assert ours.act(SHELVE) == ["shelved", "unsuppressed"]
    assert silent(ours) == {"same"}
    assert ours.act(Unshelve(key=key("cause"), by="Eva")) == ["unshelved", "suppressed"]
    ours.act(SHELVE)
    assert ours.wait(600) == ["unshelved", "suppressed"], "by time, too"


def test_what_gets_worse_than_its_shelved_cause_is_told() -> None:
    ours = world(cause=entry(S.WARNING, "same"), same=entry(S.WARNING))
    ours.on("cause")
    ours.on("same")
    ours.act(SHELVE)
    assert silent(ours) == {"same"}
    ours.wait(20)
    for severity, kinds in ((S.CRITICAL, ["changed", "unsuppressed"]), (S.INFO, ["changed", "suppressed"])):
        assert ours.step(Signalled(Signal(key("same"), SignalState.ON, severity=severity))) == kinds
        ours.wait(20)


def test_what_is_out_of_service_silences_nothing() -> None:
    ours = world(cause=entry(S.CRITICAL, "same"), same=entry(S.WARNING))
    ours.on("cause")
    ours.on("same")
    assert ours.act(PutOutOfService(key=key("cause"), by="root", why="x")) == ["out_of_service", "unsuppressed"]
    ours.off("same")
    assert ours.on("same") == ["raised"]


def test_after_a_restart_the_same_are_silent() -> None:
    ours = world(cause=entry(S.WARNING, "same", "worse"), same=entry(S.WARNING), worse=entry(S.SERIOUS))
    for code in ("cause", "same", "worse"):
        ours.on(code)
    ours.act(SHELVE)
    ours.begin(replay(ours.changes), ())
    assert ours.step(Started()) == ["started"]


_CODES = ("a", "b", "c", "d")
_ENTRIES = st.fixed_dictionaries(
    {
        code: st.builds(
            lambda severity, codes: entry(severity, *codes), st.sampled_from([*S]), st.sets(st.sampled_from(_CODES))
        )
        for code in _CODES
    }
)
_KEYS = st.sampled_from([key(code) for code in _CODES])
_STEPS = st.lists(
    st.one_of(
        st.builds(Signal, _KEYS, st.sampled_from([SignalState.ON, SignalState.OFF])),
        st.builds(Shelve, key=_KEYS, by=st.just("Eva"), why=st.just("known"), for_s=st.sampled_from([60, 600])),
        st.builds(PutOutOfService, key=_KEYS, by=st.just("root"), why=st.just("known"), back=st.booleans()),
        st.sampled_from([1.0, 700.0]),
    ),
    max_size=30,
)


@pytest.mark.slow
@given(_ENTRIES, _STEPS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_silent_follows_from_what_is_told_or_put_aside(
    entries: dict[str, Entry], story: list[Signal | Act | float]
) -> None:
    ours = BoardWorld(entries=entries)
    for happening in story:
        match happening:
            case float():
                ours.wait(happening)
            case Signal():
                ours.step(Signalled(happening))
            case _:
                ours.act(happening)
        for code in silent(ours):
            assert _is_answered_for(ours.board.states, entries, key(code), ())
        again = BoardWorld(replay(ours.changes), entries=entries)
        assert not {"suppressed", "unsuppressed"} & {*again.step(Started())}


def _is_answered_for(
    states: dict[ConditionKey, ConditionState], entries: dict[str, Entry], of: ConditionKey,
    seen: tuple[ConditionKey, ...],
) -> bool:  # fmt: skip
    for by, cause in states.items():
        if by == of or not cause.is_active or by in seen or (HERE, of.code) not in entries[by.code].suppresses:
            continue
        is_as_bad = states[of].severity.rank <= cause.severity.rank
        if not cause.is_suppressed and (cause.shelved_until_utc_ms is None or is_as_bad):
            return True
        if cause.is_suppressed and is_as_bad and _is_answered_for(states, entries, by, (*seen, of)):
            return True
    return False


@pytest.mark.parametrize(
    ("rules", "ring"),
    [
        ({"a": "b", "b": "c"}, None),
        ({"a": "a"}, None),
        ({"a": "bc", "b": "d", "c": "d"}, None),
        ({"a": "b", "b": "a"}, "ab"),
        ({"a": "b", "b": "xc", "c": "ydb"}, "bc"),
        ({"a": "ab", "b": "ba"}, "ab"),
    ],
)
def test_a_ring_is_found(rules: dict[str, str], ring: str | None) -> None:
    suppresses = {(HERE, code): [(HERE, other) for other in others] for code, others in rules.items()}
    found = find_ring(suppresses, [(HERE, "a")])
    assert found == (None if ring is None else [(HERE, code) for code in ring])


def test_a_chain_of_any_length_is_walked() -> None:
    rules = {(HERE, str(number)): [(HERE, str(number + 1))] for number in range(20_000)}
    assert find_ring(rules, [*rules]) is None
    rules[HERE, "20000"] = [(HERE, "0")]
    found = find_ring(rules, [*rules])
    assert found is not None
    assert len(found) == 20_001
