"""The records of a link: only the other end's next one opens."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import pytest

from benchside.protocol.errors import CallerError, PeerError, PeerFault
from benchside.protocol.trust.device import LinkNonces
from benchside.protocol.trust.link import LinkEnd, link_records
from benchside.protocol.wire.channel import REKEY_AFTER_RECORDS
from benchside.protocol.wire.link import LINK, LinkMessage, LinkPing, LinkPong, PolicyOffered, RequestQueued

KEY = bytes(range(32))
NONCES = LinkNonces(b"d" * 16, agent=b"a" * 32, gateway=b"g" * 32)
QUEUED = RequestQueued(request_id=b"r" * 16)


class End:
    """One end of a link, as agent and gateway are."""

    def __init__(self, key: bytes, nonces: LinkNonces, own: LinkEnd) -> None:
        self.sealer, self.opener = link_records(key, nonces, own=own)

    def seal(self, message: LinkMessage) -> bytes:
        return self.sealer.seal(LINK.encode(message))

    def open(self, record: bytes) -> LinkMessage:
        return LINK.decode(self.opener.open(record))


def ends(key: bytes = KEY, nonces: LinkNonces = NONCES) -> tuple[End, End]:
    return End(key, nonces, LinkEnd.AGENT), End(key, nonces, LinkEnd.GATEWAY)


def fault_of(end: End, record: bytes) -> PeerFault:
    with pytest.raises(PeerError) as broken:
        end.open(record)
    return broken.value.fault


def test_both_ways_and_in_order_they_open() -> None:
    agent, gateway = ends()
    for message in (QUEUED, LinkPing(), LinkPong(), QUEUED):
        assert agent.open(gateway.seal(message)) == message
        assert gateway.open(agent.seal(message)) == message


def test_the_bytes_stay_what_they_are() -> None:
    """Both ends of different releases must read each other; whoever changes this raises the version."""
    agent, gateway = ends()
    assert agent.seal(LinkPing()).hex() == "d041020026260038381c3efd837a5384dd111acb81c43eef"
    assert gateway.seal(LinkPing()).hex() == "4249bffe1503ef98964d951fcbfac9c66d302ea5e7a46514"


def test_a_record_is_worth_nothing_in_another_place() -> None:
    agent, gateway = ends()
    first, second = gateway.seal(QUEUED), gateway.seal(QUEUED)
    assert first != second, "the same words look different"
    assert fault_of(agent, second) is PeerFault.NOT_AUTHENTIC, "one is missing, or they came in another order"
    agent, _ = ends()
    assert agent.open(first) == QUEUED
    assert fault_of(agent, first) is PeerFault.NOT_AUTHENTIC, "it came before"


def test_what_an_end_said_does_not_come_back_to_it() -> None:
    agent, gateway = ends()
    assert fault_of(agent, agent.seal(QUEUED)) is PeerFault.NOT_AUTHENTIC
    assert fault_of(gateway, gateway.seal(QUEUED)) is PeerFault.NOT_AUTHENTIC


@pytest.mark.parametrize(
    "other",
    [
        lambda: ends(key=os.urandom(32)),
        lambda: ends(nonces=dataclasses.replace(NONCES, agent=os.urandom(32))),
        lambda: ends(nonces=dataclasses.replace(NONCES, gateway=os.urandom(32))),
        lambda: ends(nonces=dataclasses.replace(NONCES, device_id=os.urandom(16))),
        lambda: ends(nonces=dataclasses.replace(NONCES, agent=NONCES.gateway, gateway=NONCES.agent)),
    ],
    ids=["key", "agent's nonce", "gateway's nonce", "device", "swapped"],
)
def test_a_record_of_another_link_does_not_open(other: Callable[[], tuple[End, End]]) -> None:
    agent, gateway = ends()
    other_agent, other_gateway = other()
    assert fault_of(agent, other_gateway.seal(QUEUED)) is PeerFault.NOT_AUTHENTIC
    assert fault_of(gateway, other_agent.seal(QUEUED)) is PeerFault.NOT_AUTHENTIC


def test_cut_at_each_length_changed_at_each_byte_or_made_longer_it_does_not_open() -> None:
    record = ends()[1].seal(QUEUED)
    for length in range(len(record)):
        fault = PeerFault.NOT_AUTHENTIC if length > 16 else PeerFault.TOO_LARGE
        assert fault_of(ends()[0], record[:length]) is fault
    for place in range(len(record)):
        changed = bytearray(record)
        changed[place] ^= 0x80
        assert fault_of(ends()[0], bytes(changed)) is PeerFault.NOT_AUTHENTIC
    assert fault_of(ends()[0], record + b"\0") is PeerFault.NOT_AUTHENTIC


def test_after_one_that_does_not_open_none_does() -> None:
    agent, gateway = ends()
    record = gateway.seal(QUEUED)
    assert fault_of(agent, b"x" * 40) is PeerFault.NOT_AUTHENTIC
    with pytest.raises(CallerError):
        agent.open(record)


def test_plain_words_are_not_believed() -> None:
    assert fault_of(ends()[0], LINK.encode(QUEUED)) is PeerFault.NOT_AUTHENTIC


def test_what_is_sealed_and_breaks_the_form_is_refused() -> None:
    agent, gateway = ends()
    assert fault_of(agent, gateway.sealer.seal(b"\xc1")) is PeerFault.MALFORMED


@pytest.mark.slow
def test_the_largest_message_fits_and_nothing_larger_is_opened() -> None:
    agent, gateway = ends()
    largest = PolicyOffered(policy=bytes(4 * 1024 * 1024), rotations=tuple(bytes(2048) for _ in range(64)))
    assert agent.open(gateway.seal(largest)) == largest
    assert fault_of(agent, bytes(LINK.max_bytes + 17)) is PeerFault.TOO_LARGE


@pytest.mark.slow
def test_a_link_of_days_goes_on_under_keys_that_follow() -> None:
    agent, gateway = ends()
    for _ in range(REKEY_AFTER_RECORDS + 2):
        agent.open(gateway.seal(LinkPing()))
    assert agent.open(gateway.seal(QUEUED)) == QUEUED
