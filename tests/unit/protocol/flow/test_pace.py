"""A flood is broken off, and what a person does is not."""

from __future__ import annotations

import pytest

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.flow.pace import Pace


def test_as_many_as_allowed_pass_in_any_span() -> None:
    pace = Pace(most=3, within_s=10.0)
    for now in (0.0, 1.0, 9.0, 10.0, 11.0, 19.0):
        pace.count(now)


def test_one_more_is_too_many() -> None:
    pace = Pace(most=3, within_s=10.0)
    for now in (0.0, 1.0, 2.0):
        pace.count(now)
    with pytest.raises(PeerError) as broken:
        pace.count(9.9)
    assert broken.value.fault is PeerFault.TOO_MANY
    pace.count(10.0)
