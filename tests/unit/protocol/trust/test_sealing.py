"""An enrolment's answer: only whoever could open the request can make it, and for that request alone."""

from __future__ import annotations

import os

import msgspec
import pytest

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.sealing import open_answer, seal_answer
from benchside.protocol.wire.enrolment import ENROLMENT, DeviceEnrolled, EnrolDevice, EnrolmentTaken

KEY = bytes(range(32))
REQUEST = EnrolDevice(wrapped_key=b"w" * 512, content=b"c" * 100, proof=b"p" * 512)
ANSWER = DeviceEnrolled(device_id=b"d" * 16, policy=b"y" * 64, relay="relay-1", relay_url="wss://r", phone="+1 800")
TAKEN = seal_answer(ANSWER, device_key=KEY, request=REQUEST, fresh_nonce=b"n" * 12)


def is_refused(message: EnrolmentTaken, *, key: bytes = KEY, request: EnrolDevice = REQUEST) -> bool:
    with pytest.raises(PeerError) as refused:
        open_answer(message, device_key=key, request=request)
    return refused.value.fault is PeerFault.NOT_AUTHENTIC


def test_the_answer_arrives_and_shows_nothing_on_its_way() -> None:
    message = ENROLMENT.decode(ENROLMENT.encode(TAKEN))
    assert isinstance(message, EnrolmentTaken)
    assert open_answer(message, device_key=KEY, request=REQUEST) == ANSWER
    assert b"relay-1" not in message.content


def test_it_answers_one_request_of_one_device() -> None:
    assert is_refused(TAKEN, key=os.urandom(32))
    for field in ("wrapped_key", "content", "proof"):
        other = msgspec.structs.replace(REQUEST, **{field: b"x" + getattr(REQUEST, field)[1:]})
        assert is_refused(TAKEN, request=other)


def test_cut_or_changed_at_any_place_it_is_refused() -> None:
    for length in range(28, len(TAKEN.content)):
        assert is_refused(EnrolmentTaken(content=TAKEN.content[:length]))
    for place in range(len(TAKEN.content)):
        changed = bytearray(TAKEN.content)
        changed[place] ^= 1
        assert is_refused(EnrolmentTaken(content=bytes(changed)))
