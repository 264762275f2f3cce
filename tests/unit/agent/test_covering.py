"""What the technician covers is written down before it takes effect; a run stays flagged over a restart."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from benchside.agent.assay import AssayFlag
from benchside.agent.child import HostChild
from benchside.agent.covering import MAX_COVERINGS, Covering
from benchside.protocol.errors import PeerError, UnavailableError
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.cover import DesktopBox
from benchside.protocol.wire.host import CoverByHand, HostMessage
from benchside.protocol.wire.session import SessionEnd

ONE, TWO = (DesktopBox(0, 0, 5, 5),), (DesktopBox(0, 0, 5, 5), DesktopBox(5, 5, 9, 9))


class Around:
    """A journal, a host, and the order of what came to them."""

    def __init__(self) -> None:
        self.order: list[EventDetails | HostMessage] = []
        self.is_full = False

    def journalled(self, kind: EventKind, details: EventDetails) -> None:
        if self.is_full:
            raise UnavailableError("expected a disk with room, got a full one")
        assert kind is EventKind.COVERS_CHANGED
        self.order.append(details)

    def help_over(self, outcome: SessionEnd) -> None:
        """Nothing of that here."""

    def send(self, message: HostMessage) -> None:
        self.order.append(message)


def stage() -> tuple[Covering, Around]:
    around = Around()
    return Covering(cast(HostChild, around), around, "Pia Roca"), around


def test_the_journal_has_how_many_and_by_whom_before_the_host_has_where() -> None:
    covering, around = stage()
    covering.begin(3)
    covering.change(TWO, 0.0)
    assert around.order == [
        EventDetails(count="3", cause="rule"),
        EventDetails(technician="Pia Roca", count="2", cause="hand"),
        CoverByHand(areas=TWO),
    ]


def test_without_rules_there_is_nothing_to_write_and_the_same_again_is_no_news() -> None:
    covering, around = stage()
    covering.begin(0)
    covering.change((), 0.0)
    covering.change(ONE, 0.0)
    count = len(around.order)
    covering.change(ONE, 1.0)
    assert len(around.order) == count == 2


def test_what_cannot_be_written_down_does_not_happen() -> None:
    covering, around = stage()
    around.is_full = True
    with pytest.raises(UnavailableError):
        covering.change(ONE, 0.0)
    assert around.order == []
    around.is_full = False
    covering.change(ONE, 1.0)
    assert around.order[-1] == CoverByHand(areas=ONE)


def test_a_desk_that_covers_without_end_is_at_fault() -> None:
    covering, _ = stage()
    for number in range(MAX_COVERINGS):
        covering.change((ONE, TWO)[number % 2], 0.0)
    with pytest.raises(PeerError):
        covering.change((), 59.0)


def test_a_run_stays_flagged_over_a_restart(tmp_path: Path) -> None:
    flag = AssayFlag(tmp_path)
    assert not flag.is_running
    assert flag.change(True)
    assert not flag.change(True)
    again = AssayFlag(tmp_path)
    assert again.is_running
    assert again.change(False)
    assert not AssayFlag(tmp_path).is_running


def test_a_flag_that_the_disk_does_not_take_stays_as_it_was(tmp_path: Path) -> None:
    flag = AssayFlag(tmp_path / "gone")
    with pytest.raises(UnavailableError):
        flag.change(True)
    assert not flag.is_running
