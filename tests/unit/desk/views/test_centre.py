"""What pops up goes to the system's own notification service once, and is closed there when it is dealt with."""

from __future__ import annotations

import msgspec
import pytest
from tests.fakes.notice_states import DISK, DOOR_OPEN, MANY_POP_UP, ONE_POP_UP, all_shown, notice
from tests.unit.desk.views.conftest import Desk

from benchside.desk.texts import open_texts
from benchside.desk.views.centre import MAX_TEXT, Telling, TrayCentre
from benchside.protocol.wire.condition import Severity
from benchside.protocol.wire.notice import NoticesShown, PopUp


class FakeCentre:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str, str, Severity]] = []
        self.withdrawn: list[int] = []

    def tell(self, number: int, head: str, text: str, severity: Severity) -> None:
        self.told.append((number, head, text, severity))

    def withdraw(self, number: int) -> None:
        self.withdrawn.append(number)


class FakeTray:
    """A tray's icon that is shown or not."""

    def __init__(self, *, visible: bool) -> None:
        self.visible = visible
        self.said: list[tuple[str, str]] = []

    def isVisible(self) -> bool:
        return self.visible

    def supportsMessages(self) -> bool:
        return True

    def showMessage(self, head: str, text: str, icon: object) -> None:
        del icon
        self.said.append((head, text))


@pytest.fixture
def centre(desk: Desk) -> FakeCentre:
    centre = FakeCentre()
    desk.windows.__dict__["_telling"] = Telling(centre)
    return centre


def test_a_card_is_told_once_and_in_words(desk: Desk, centre: FakeCentre) -> None:
    desk.notice(all_shown()["one"], ONE_POP_UP, ONE_POP_UP)
    desk.noticing.close_pop_up()
    desk.notice(ONE_POP_UP)
    words = f"{DOOR_OPEN.text}\n{DOOR_OPEN.advice}"
    assert centre.told == [(1, "Critical: Loader", words, Severity.CRITICAL)]
    desk.notice(MANY_POP_UP)
    assert centre.told[1][1] == "6 notices"
    assert centre.told[1][2].endswith("\nAnd 4 more.")


def test_it_is_closed_when_it_is_acknowledged_and_not_before(desk: Desk, centre: FakeCentre) -> None:
    desk.notice(all_shown()["one"], ONE_POP_UP)
    desk.noticing.close_pop_up()  # its time on the screen is over: it stays in the centre
    desk.notice(all_shown()["many"])  # a list that was cut
    assert centre.withdrawn == []
    seen = msgspec.structs.replace(DOOR_OPEN, state=msgspec.structs.replace(DOOR_OPEN.state, is_acknowledged=True))
    desk.notice(NoticesShown(notices=(seen,)))
    desk.notice(NoticesShown(notices=()))
    assert centre.withdrawn == [1]


def test_words_are_in_the_desks_language_and_bounded() -> None:
    centre = FakeCentre()
    long = tuple(notice(DISK, Severity.INFO, f"{n}" * 300, "", subject="C") for n in range(5))
    Telling(centre).tell(open_texts("es"), PopUp(number=1, severity=Severity.INFO, notices=long))
    _, head, text, _ = centre.told[0]
    assert head == "5 avisos"
    assert len(text) == MAX_TEXT
    assert text.endswith("…")


def test_the_tray_says_it_only_where_its_icon_is_shown_and_within_windows_limits() -> None:
    for visible in (False, True):
        tray = FakeTray(visible=visible)
        centre = TrayCentre(tray)  # type: ignore[arg-type]
        centre.tell(1, "h" * 120, "t" * 1000, Severity.SERIOUS)
        centre.withdraw(1)
        assert [(len(head), len(text)) for head, text in tray.said] == ([(63, 255)] if visible else [])
