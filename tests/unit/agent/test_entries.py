"""A host, which runs as the shared log-in, writes what a session does and nothing of what the agent alone knows."""

from __future__ import annotations

import pytest

from benchside.agent.entries import ENTRIES_A_MINUTE, HostEntries
from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.wire.audit import EventKind

OF_A_SESSION = [
    "associate_refused",
    "capability_asked",
    "capability_refused",
    "capability_denied",
    "capability_granted",
    "grant_extended",
    "grant_ended",
    "session_paused",
    "session_resumed",
    "line_lost",
    "line_back",
    "record_forged",
]


@pytest.mark.parametrize("kind", EventKind)
def test_a_host_writes_what_happens_in_its_session_alone(kind: EventKind) -> None:
    entries = HostEntries()
    if kind.value in OF_A_SESSION:
        entries.check(kind, 0.0)
        return
    with pytest.raises(PeerError) as caught:
        entries.check(kind, 0.0)
    assert caught.value.fault is PeerFault.NOT_GRANTED


def test_every_kind_of_the_list_exists() -> None:
    assert set(OF_A_SESSION) <= {kind.value for kind in EventKind}


def test_a_host_cannot_fill_the_disk() -> None:
    entries = HostEntries()
    for number in range(ENTRIES_A_MINUTE):
        entries.check(EventKind.CAPABILITY_ASKED, number / 100)
    with pytest.raises(PeerError) as caught:
        entries.check(EventKind.CAPABILITY_ASKED, 7.0)
    assert caught.value.fault is PeerFault.TOO_MANY
    entries.check(EventKind.CAPABILITY_ASKED, 67.0)
