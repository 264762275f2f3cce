"""An honest PC is never held, whatever breaks; a restored disk and a copy always are, before they can ask for help."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from benchside.protocol.errors import PeerError
from benchside.protocol.trust.device import LinkState
from benchside.server.identity.chain import Chain, Hold, Said, hold, judge, keep, release

SCHEDULES, EVENTS = 3000, 120
FIRST = LinkState(0, bytes(32))


@dataclass(eq=False)
class Line:
    """One connection: a hello on its way, then an offer, then the word that it was kept.  Each may be late or lost."""

    number: int
    pc: Pc
    hello: LinkState | None
    judged: LinkState | None = None
    offer: LinkState | None = None
    kept: bool = False


@dataclass(eq=False)
class Pc:
    """What is on a disk, and the one connection that its agent has."""

    name: bytes
    state: LinkState = FIRST
    line: Line | None = None
    keeps: list[int] = field(default_factory=list)
    """The numbers of its links that went all the way."""


@dataclass
class Network:
    """A server that remembers `chain`, and everything that is on its way to it, however old."""

    dice: random.Random
    chain: Chain = field(default_factory=lambda: Chain(FIRST))
    lines: list[Line] = field(default_factory=list)
    numbers: int = 0
    newest: int = 0

    def step(self, pc: Pc) -> None:
        self.dice.choices(
            [self.dial, self.hear_hello, self.hear_welcome, self.hear_kept, self.drop, self.lose, self.restart],
            weights=[6, 8, 8, 8, 2, 2, 1],
        )[0](pc)

    def dial(self, pc: Pc) -> None:
        if pc.line is None:
            self.numbers += 1
            pc.line = Line(self.numbers, pc, pc.state)
            self.lines.append(pc.line)

    def drop(self, pc: Pc) -> None:
        """The agent, its power or its network went; what it has sent may still arrive."""
        pc.line = None

    def lose(self, _pc: Pc) -> None:
        if self.lines:
            lost = self.dice.choice(self.lines)
            self.lines.remove(lost)
            lost.hello, lost.offer, lost.kept = None, None, False

    def restart(self, _pc: Pc) -> None:
        """The server begins anew: it has its disk and no connection."""
        for line in self.lines:
            line.hello, line.kept = None, False
        self.lines.clear()
        self.newest = 0

    def hear_hello(self, _pc: Pc) -> None:
        line = self._some(lambda one: one.hello is not None)
        if line is None or line.hello is None:
            return
        said, line.hello = line.hello, None
        if line.number < self.newest:  # as gateway/meeting.py does
            return
        self.newest = line.number
        fresh = self.dice.randbytes(32)
        self.chain, is_welcome = judge(self.chain, Said(line.pc.name, said.step, lambda one: one == said), fresh)
        line.judged = line.offer = self.chain.offer if is_welcome else None

    def hear_welcome(self, _pc: Pc) -> None:
        line = self._some(lambda one: one.offer is not None and one.pc.line is one)
        if line is not None and line.offer is not None:
            line.pc.state, line.offer, line.kept = line.offer, None, True

    def hear_kept(self, _pc: Pc) -> None:
        line = self._some(lambda one: one.kept)
        if line is None or line.judged is None:
            return
        line.kept = False
        try:
            self.chain = keep(self.chain, line.judged)
        except PeerError:
            return
        line.pc.keeps.append(line.number)

    def link(self, pc: Pc) -> bool:
        """A link without any trouble; whether it was welcome."""
        self.restart(pc)
        pc.line, before = None, len(pc.keeps)
        self.dial(pc)
        self.hear_hello(pc)
        self.hear_welcome(pc)
        self.hear_kept(pc)
        return self.chain.hold is None and len(pc.keeps) == before + 1

    def _some(self, wanted: Callable[[Line], bool]) -> Line | None:
        found = [one for one in self.lines if wanted(one)]
        return self.dice.choice(found) if found else None


def test_an_honest_pc_is_never_held() -> None:
    links = 0
    for seed in range(SCHEDULES):
        network, pc = Network(random.Random(seed)), Pc(b"one")
        for _ in range(EVENTS):
            network.step(pc)
            assert network.chain.hold is None, f"seed {seed}"
        assert network.link(pc), f"seed {seed}"
        links += len(pc.keeps)
    assert links > SCHEDULES * 2, "the schedules get through often enough to say anything"


def test_a_disk_from_before_is_held_at_its_first_word() -> None:
    tried = 0
    for seed in range(SCHEDULES):
        network, pc = Network(random.Random(seed)), Pc(b"one")
        images = []
        for _ in range(EVENTS):
            images.append(pc.state)
            network.step(pc)
        network.restart(pc)
        image = network.dice.choice(images)
        if image in (network.chain.kept, network.chain.offer):
            continue  # nothing went back: it is the state that the PC has
        tried += 1
        restored = Pc(b"two", image)
        assert not network.link(restored)
        assert (network.chain.hold, restored.keeps) == (Hold.WENT_BACK, [])
    assert tried > SCHEDULES / 3


def test_of_two_copies_only_one_ever_gets_in() -> None:
    for seed in range(SCHEDULES):
        network, pc = Network(random.Random(seed)), Pc(b"one")
        for _ in range(network.dice.randrange(EVENTS)):
            network.step(pc)
        copy = Pc(b"two", pc.state)
        since = network.numbers
        for _ in range(EVENTS):
            network.step(network.dice.choice((pc, copy)))
            if network.chain.hold is not None:
                break
            in_since = [any(number > since for number in one.keeps) for one in (pc, copy)]
            assert not all(in_since), f"seed {seed}: both got in and nobody knew"
        if network.chain.hold is None:
            assert not (network.link(pc) and network.link(copy)), f"seed {seed}"
            assert network.chain.hold is Hold.WENT_BACK, f"seed {seed}"


def test_a_server_from_before_says_that_it_is_the_one() -> None:
    network, pc = Network(random.Random(1)), Pc(b"one")
    assert network.link(pc)
    backup = network.chain
    for _ in range(3):
        assert network.link(pc)
    network.chain = backup
    assert not network.link(pc)
    assert network.chain.hold is Hold.AHEAD


def test_a_held_device_stays_held_until_one_of_it_is_chosen() -> None:
    network, one, two = Network(random.Random(1)), Pc(b"one"), Pc(b"two")
    assert network.link(one)
    network.chain = hold(network.chain, Hold.COPIED)
    assert not network.link(one)
    network.chain = release(network.chain, two.name)
    assert not network.link(one), "its state fits, but it was not chosen"
    assert network.chain.hold is None, "and it holds up nobody"
    assert network.link(two)
    network.link(one)
    assert (network.chain.hold, one.state == network.chain.kept) == (None, False)
    assert network.link(two)


@pytest.mark.parametrize("lost_after", ["hear_hello", "hear_welcome", "hear_kept"])
def test_a_release_survives_whatever_breaks_while_it_is_taken_up(lost_after: str) -> None:
    network, pc, other = Network(random.Random(1)), Pc(b"one", LinkState(9, b"x" * 32)), Pc(b"two")
    network.chain = release(hold(network.chain, Hold.WENT_BACK), None)
    for name in ("dial", "hear_hello", "hear_welcome", "hear_kept"):
        getattr(network, name)(pc)
        if name == lost_after:
            break
    if lost_after != "hear_kept":
        assert not network.link(other)
    assert network.link(pc)
    assert network.chain.hold is None


def test_who_was_released_and_loses_power_before_its_word_arrives_is_let_in_under_another_number() -> None:
    """It has stored what it was offered and forgotten its number: its next start makes another."""
    network, pc, other = Network(random.Random(1)), Pc(b"one", LinkState(9, b"x" * 32)), Pc(b"two")
    network.chain = release(hold(network.chain, Hold.WENT_BACK), None)
    for step in (network.dial, network.hear_hello, network.hear_welcome):
        step(pc)
    pc.name = b"one, started again"
    assert not network.link(other)
    assert network.link(pc)
    assert network.chain.hold is None
    assert not network.link(other)


def test_an_offer_from_before_a_release_lets_nobody_in_who_was_not_chosen() -> None:
    network, one, two = Network(random.Random(1)), Pc(b"one"), Pc(b"two")
    for step in (network.dial, network.hear_hello, network.hear_welcome):  # stored, and the word of it is lost
        step(two)
    network.chain = release(hold(network.chain, Hold.COPIED), one.name)
    assert not network.link(two)
    assert network.link(one)
    assert not network.link(two)
