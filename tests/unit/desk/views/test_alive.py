"""What the desk's program says by itself, without anybody at it."""

from __future__ import annotations

import pytest

from benchside.desk.app import stay_alive
from benchside.desk.operations.noticing import Noticing
from benchside.notifier.door import SILENT_AFTER_S
from benchside.protocol.wire.notice import NoticeAlive, NoticeMessage


@pytest.mark.usefixtures("application")
def test_a_quiet_desk_is_heard_at_least_twice_before_the_notifier_gives_it_up() -> None:
    sent: list[NoticeMessage] = []
    noticing = Noticing(send=sent.append, locale="en")
    timer = stay_alive(noticing)
    assert timer.isActive()
    assert timer.interval() * 2 < SILENT_AFTER_S * 1000
    timer.timeout.emit()
    timer.stop()
    assert sent == [NoticeAlive()]
