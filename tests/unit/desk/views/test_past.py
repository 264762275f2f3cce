"""What happened before reads as sentences, also where the change that had the words is no longer in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel
from tests.fakes.desk_states import all_states
from tests.fakes.notice_states import DISK, DISK_LOW, LIS, UTC_MS, WELL

from benchside.protocol.wire.condition import ChangeKind, ConditionChange
from benchside.protocol.wire.notice import HistoryOfConditions, NoticesShown

if TYPE_CHECKING:
    from tests.unit.desk.views.conftest import Desk


def change(sequence: int, kind: ChangeKind, **what: object) -> ConditionChange:
    return ConditionChange(sequence=sequence, kind=kind, at_utc_ms=UTC_MS, head=bytes(32), **what)  # type: ignore[arg-type]


def test_a_change_without_words_has_those_of_its_condition(desk: Desk) -> None:
    desk.show(all_states()["ready"])
    desk.windows.main.show_notices()
    changes = (
        change(420, ChangeKind.ACKNOWLEDGED, key=DISK, by="Eva"),
        change(419, ChangeKind.CLEARED, key=LIS),
        change(417, ChangeKind.RAISED, key=LIS, texts={"en": "The LIS is not connected."}),
        change(416, ChangeKind.CUT, count=415),
    )
    past = HistoryOfConditions(changes=changes, more=False, intact=True)
    desk.notice(NoticesShown(notices=(DISK_LOW,), watches=WELL), past)
    said = {label.text() for label in desk.windows.main.findChildren(QLabel)}
    assert "Eva has seen it: Drive C: is almost full: 3 GB are left." in said
    assert "Over: The LIS is not connected." in said
    assert "Entries up to number 415 were removed for their age" in said
