"""What one contact watches: once each, what comes late too; and what it takes until something is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
from asyncua import ua
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import opcua_watched as module
from benchside.notifier.adapters.lads import LADS_SOURCE, Devices, StateKind
from benchside.notifier.adapters.opcua_contact import Contact
from benchside.notifier.adapters.opcua_states import MAX_STATES, Found, StateNode
from benchside.notifier.adapters.opcua_watched import FIRST_AGAIN_S, GONE_S, MAX_AGAIN_S, Watched
from benchside.protocol.wire.condition import ConditionKey

SICK = (LADS_SOURCE, "cx: A", "health_failure")
BEFORE = ConditionKey(*SICK)


def health(device: str, node: object = None) -> StateNode:
    return StateNode(f"cx: {device}", StateKind.HEALTH, ua.NodeId(node or device, 3))


def whole(*states: StateNode, others: tuple[str, ...] = ()) -> Found:
    return Found(states, frozenset(one.subject for one in states) | frozenset(others), is_all=True)


def part(*states: StateNode) -> Found:
    return Found(states, frozenset(one.subject for one in states), is_all=False)


@dataclass
class Server:
    """A contact, and what it was asked for.  `watched`: by the server's own numbers, what it watches under which."""

    watched: dict[int, tuple[int, object]] = field(default_factory=dict)
    asked: int = 0
    refused: set[object] = field(default_factory=set)
    is_mute: bool = False
    """It does what it is asked for, and does not answer."""
    client: object = None

    async def watch_states(self, nodes: dict[int, ua.NodeId]) -> dict[int, int]:
        answer = {}
        for number, node in nodes.items():
            self.asked += 1
            if node.Identifier not in self.refused:
                self.watched[self.asked] = (number, node.Identifier)
                answer[number] = self.asked
        if self.is_mute:
            raise TimeoutError
        return answer

    async def release_states(self, ids: list[int]) -> None:
        for one in ids:
            del self.watched[one]

    @property
    def nodes(self) -> list[object]:
        return [node for _number, node in self.watched.values()]

    def number(self, node: object) -> int:
        """The last under which it is watched."""
        return [number for number, one in self.watched.values() if one == node][-1]


@dataclass
class Place:
    """A contact that goes on, and a clock.  `finds`: what each look does."""

    finds: Found | Exception = field(default_factory=part)
    server: Server = field(default_factory=Server)
    reporter: KeepingReporter = field(default_factory=KeepingReporter)
    devices: Devices = field(default_factory=Devices)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.watched = self.contact()

    def contact(self) -> Watched:
        return Watched("cx", self.devices, self.reporter.tell, lambda: self.at)

    async def find(self, _client: object, _server: str) -> Found:
        if isinstance(self.finds, Exception):
            raise self.finds
        return self.finds

    async def look(self, finds: Found | Exception, after_s: float = 0.0) -> None:
        self.finds, self.at = finds, self.at + after_s
        await self.watched.look(cast(Contact, self.server))

    @property
    def ended(self) -> set[str]:
        return {subject for subject, _code, state in self.reporter.of(LADS_SOURCE) if state == "off"}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place(devices=Devices([BEFORE]))
    monkeypatch.setattr(module, "find_states", place.find)
    return place


async def test_each_state_is_watched_once_and_what_comes_late_is_too(place: Place) -> None:
    await place.look(part())
    assert place.server.asked == 0
    await place.look(whole(health("A")))
    await place.look(whole(health("A")))
    await place.look(whole(health("B"), health("A"), health("B")))
    assert (place.server.nodes, place.server.asked) == (["A", "B"], 2)
    place.watched.take(place.server.number("B"), 1)
    place.watched.take(99, 1)
    assert place.reporter.active() == {(LADS_SOURCE, "cx: B", "health_failure")}


async def test_what_is_there_no_more_is_let_go_and_watched_again_when_it_is_back(place: Place) -> None:
    await place.look(whole(health("A"), health("B")))
    old = place.server.number("A")
    await place.look(part(health("B")))
    await place.look(whole(health("B"), others=("cx: A",)))
    assert place.server.nodes == ["A", "B"], "not seen is not gone"
    await place.look(whole(health("B")))
    assert place.server.nodes == ["B"]
    await place.look(whole(health("B"), health("A")))
    assert place.server.nodes == ["B", "A"]
    place.watched.take(old, 1)
    assert place.reporter.active() == set(), "a late word of the one from before"
    await place.look(part(health("B"), health("A", "another")))
    assert place.server.nodes == ["B", "another"]


async def test_a_node_without_a_value_is_asked_for_again(place: Place) -> None:
    await place.look(whole(health("A")))
    place.watched.take(place.server.number("A"), None)
    await place.look(whole(health("A")))
    assert (place.server.nodes, place.server.asked) == (["A"], 2)
    place.watched.take(place.server.number("A"), 0)
    await place.look(whole(health("A")))
    assert place.server.asked == 2


async def test_who_does_not_answer_and_does_it_all_the_same_is_asked_once(place: Place) -> None:
    place.server.is_mute = True
    await place.look(whole(health("A"), health("B")))
    place.watched.take(place.server.number("A"), 1)
    assert place.reporter.active() == {SICK}
    place.server.is_mute = False
    await place.look(whole(health("A"), health("B")))
    assert place.server.nodes == ["A", "B", "B"], "nothing was heard of B"
    await place.look(whole(health("A"), health("B")))
    assert place.server.asked == 3
    await place.look(whole(health("B")))
    assert place.server.nodes == ["A", "B", "B"], "what the server calls it was never said"


async def test_a_refused_state_is_asked_for_again_and_costs_the_others_nothing(place: Place) -> None:
    place.server.refused.add("A")
    await place.look(whole(health("A"), health("B")))
    assert place.server.nodes == ["B"]
    place.server.refused.clear()
    await place.look(whole(health("A"), health("B")))
    assert (place.server.nodes, place.server.asked) == (["B", "A"], 3)


async def test_no_more_is_watched_than_may_be_whatever_a_server_shows(place: Place) -> None:
    for turn in range(3):
        await place.look(part(*(health(f"{turn}.{number}") for number in range(60))))
    assert len(place.server.watched) == MAX_STATES
    assert {f"2.{number}" for number in range(60)} <= set(place.server.nodes)


async def test_it_takes_minutes_without_it_until_something_is_gone(place: Place) -> None:
    await place.look(whole(health("B")))
    await place.look(whole(health("B")), GONE_S - 1)
    assert place.ended == set()
    await place.look(whole(health("B")), 1)
    assert place.ended == {"cx: A"}
    await place.look(whole(health("B")), GONE_S)
    assert len(place.reporter.signals) == 1


@pytest.mark.parametrize("between", [whole(health("A")), whole(others=("cx: A",)), part(), part(health("B"))])
async def test_looks_that_show_it_or_not_everything_begin_anew(place: Place, between: Found) -> None:
    await place.look(whole(health("B")))
    await place.look(between, GONE_S)
    await place.look(whole(health("B")))
    await place.look(whole(health("B")), GONE_S - 1)
    assert place.ended == set()


async def test_minutes_are_of_one_contact(place: Place) -> None:
    await place.look(whole(health("B")))
    place.watched = place.contact()
    await place.look(whole(health("B")), GONE_S)
    assert place.ended == set()


@pytest.mark.parametrize("error", [TimeoutError(), ua.UaError(), ValueError()])
async def test_a_look_that_fails_ends_nothing(place: Place, error: Exception) -> None:
    await place.look(whole(health("B")))
    await place.look(error, GONE_S)
    assert (place.server.nodes, place.ended) == (["B"], set())


async def test_only_a_lost_connection_ends_the_looks_which_become_rare(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def wait(wait_s: float) -> None:
        waits.append(wait_s)
        place.finds = TimeoutError() if len(waits) < 8 else ConnectionError()

    monkeypatch.setattr(asyncio, "sleep", wait)
    with pytest.raises(ConnectionError):
        await place.watched.run(cast(Contact, place.server))
    assert waits == [FIRST_AGAIN_S, 20, 40, 80, 160, MAX_AGAIN_S, MAX_AGAIN_S, MAX_AGAIN_S]
