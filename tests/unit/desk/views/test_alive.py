"""What the desk's program says by itself, without anybody at it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from benchside.desk.app import stay_alive
from benchside.desk.operations.noticing import Noticing
from benchside.notifier.door import SILENT_AFTER_S
from benchside.protocol.wire.notice import NoticeAlive, NoticeMessage


def test_a_quiet_desk_is_heard_at_least_twice_before_the_notifier_gives_it_up(application: QApplication) -> None:
    sent: list[NoticeMessage] = []
    timer = stay_alive(Noticing(send=sent.append, locale="en"))
    assert timer.isActive()
    assert timer.interval() * 2 < SILENT_AFTER_S * 1000
    timer.setInterval(0)  # due at once
    application.processEvents()
    timer.stop()
    assert sent[0] == NoticeAlive()
