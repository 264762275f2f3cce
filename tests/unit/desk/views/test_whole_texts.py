"""No line of any text is cut off, whatever its length, in both languages, in a wide and in a narrow window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from tests.fakes.desk_states import after, all_states, prompt
from tests.fakes.notice_states import MANY_POP_UP, ONE_POP_UP, all_shown
from tests.unit.desk.views.conftest import Desk

from benchside.protocol.wire.capability import Capability

PURPOSE = "Look at the error of the aspirator, then at the last run's log and at its washing station. " * 2


@pytest.fixture(params=["en", "es"])
def worded(request: pytest.FixtureRequest, application: QApplication, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(application, tmp_path, language=request.param)
    yield desk
    desk.close()


def cut(window: QWidget) -> list[str]:
    """The texts in sight that need more lines than they have."""
    return [
        label.text()
        for label in window.findChildren(QLabel)
        if label.isVisibleTo(window) and label.text() and label.heightForWidth(label.width()) > label.height() + 1
    ]


@pytest.mark.parametrize("capability", [Capability.VIEW, Capability.CONTROL])
def test_a_purpose_is_shown_whole(worded: Desk, capability: Capability) -> None:
    for number, length in enumerate(range(1, len(PURPOSE), 6), start=1):
        asked = msgspec.structs.replace(prompt(capability, number=number), purpose=PURPOSE[:length])
        worded.show(after([asked], all_states()["connected"]))
        assert worded.windows.prompt is not None
        assert cut(worded.windows.prompt) == []


@pytest.mark.parametrize("width_px", [760, 1000])
def test_every_state_is_shown_whole(worded: Desk, width_px: int) -> None:
    worded.windows.main.resize(width_px, 700)
    for state in all_states().values():
        worded.show(state)
        assert cut(worded.windows.main) == []


@pytest.mark.parametrize("width_px", [760, 1000])
def test_notices_and_what_pops_up_are_shown_whole(worded: Desk, width_px: int) -> None:
    sentence = (PURPOSE * 2)[:200]
    worded.show(all_states()["two"])
    worded.windows.main.resize(width_px, 700)
    worded.windows.main.show_notices()
    for shown in all_shown().values():
        long = tuple(msgspec.structs.replace(one, text=sentence, advice=sentence) for one in shown.notices)
        for notices in (shown.notices, long):
            worded.notice(msgspec.structs.replace(shown, notices=notices))
            assert cut(worded.windows.main) == []
    for card in (ONE_POP_UP, MANY_POP_UP):
        long = tuple(msgspec.structs.replace(one, text=sentence, advice=sentence) for one in card.notices)
        for number, notices in enumerate((card.notices, long)):
            worded.notice(msgspec.structs.replace(card, number=card.number + number * 10, notices=notices))
            assert worded.windows.pop_up is not None
            assert cut(worded.windows.pop_up) == []
