"""Covers are drawn by a person, while nothing of the screen goes out, and are in force before it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from tests.fakes.desk_states import after, all_states, prompt, session

from benchside.desk.models.guard import DEAF_S
from benchside.desk.views.cover_box import STEP_PX, CoverBox
from benchside.desk.views.covering import Covering, CoverScreen
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.cover import CoverShown, DesktopBox
from benchside.protocol.wire.desk import CoversWanted, DeskMessage, PromptClosed, SessionOver, SetCovers, SetPaused
from benchside.protocol.wire.session import SessionEnd

if TYPE_CHECKING:
    from tests.unit.desk.views.conftest import Desk

LEFT = Qt.MouseButton.LeftButton
VIEWED = after([session(Capability.VIEW)], all_states()["connected"])


def said(desk: Desk) -> list[DeskMessage]:
    return [message for message in desk.sent if isinstance(message, SetCovers | SetPaused)]


def draw(screen: CoverScreen, one: tuple[int, int], other: tuple[int, int]) -> None:
    QTest.mousePress(screen, LEFT, pos=QPoint(*one))
    QTest.mouseMove(screen, QPoint(*other))
    QTest.mouseRelease(screen, LEFT, pos=QPoint(*other))


def press(screen: CoverScreen, text: str) -> None:
    QTest.mouseClick(next(b for b in screen.findChildren(QPushButton) if b.text() == text), LEFT)


def boxes(screen: CoverScreen) -> list[CoverBox]:
    return [box for box in screen.findChildren(CoverBox) if box.isVisible()]


def opened(desk: Desk) -> tuple[Covering, CoverScreen]:
    desk.windows.drawing.open()
    covering = desk.windows.drawing.covering
    assert covering is not None
    return covering, covering.screens[0]


@pytest.fixture
def screen(desk: Desk) -> CoverScreen:
    """Opened from the indicator while somebody views."""
    desk.show(VIEWED)
    cover = next(b for b in desk.windows.indicator.findChildren(QPushButton) if b.text() == "Cover…")
    QTest.mouseClick(cover, LEFT)
    assert desk.windows.drawing.is_open
    return opened(desk)[1]


def test_the_picture_stands_still_before_anything_is_shown_and_goes_on_after_the_covers(
    desk: Desk, screen: CoverScreen
) -> None:
    assert said(desk) == [SetPaused(paused=True)]
    assert any(isinstance(message, CoversWanted) for message in desk.sent)
    draw(screen, (10, 20), (110, 70))
    press(screen, "Done")
    area = DesktopBox(10, 20, 110, 70)
    assert said(desk) == [SetPaused(paused=True), SetCovers(areas=(area,)), SetPaused(paused=False)]
    assert not desk.windows.drawing.is_open
    assert desk.conversation.state.covered_by_hand == (area,)


def test_cancel_changes_nothing(desk: Desk, screen: CoverScreen) -> None:
    draw(screen, (10, 20), (110, 70))
    QTest.keyClick(screen, Qt.Key.Key_Escape)
    assert said(desk) == [SetPaused(paused=True), SetPaused(paused=False)]
    assert not desk.windows.drawing.is_open


def test_a_pause_of_the_technicians_own_stays(desk: Desk) -> None:
    desk.show(after([session(Capability.VIEW, paused=True)], all_states()["connected"]))
    desk.windows.main.covering_wanted.emit()
    _, screen = opened(desk)
    press(screen, "Cancel")
    assert said(desk) == []


@pytest.mark.parametrize("by_key", [True, False])
def test_a_program_draws_nothing_and_takes_nothing_away(desk: Desk, screen: CoverScreen, by_key: bool) -> None:
    draw(screen, (10, 20), (110, 70))
    desk.sources.by_program = True
    (box,) = boxes(screen)
    if by_key:
        box.setFocus()
        for key in (Qt.Key.Key_Delete, Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Escape, Qt.Key.Key_Return):
            QTest.keyClick(box, key)
    else:
        draw(screen, (300, 300), (400, 400))
        QTest.mouseClick(box, LEFT)
        for text in ("Add a cover", "Cancel", "Done"):
            press(screen, text)
    assert desk.windows.drawing.is_open
    assert [(b.x(), b.y()) for b in boxes(screen)] == [(10, 20)]
    assert said(desk) == [SetPaused(paused=True)]


def test_a_program_does_not_open_it(desk: Desk) -> None:
    desk.show(VIEWED)
    desk.sources.by_program = True
    for button in desk.windows.indicator.findChildren(QPushButton):
        if button.text() == "Cover…":
            QTest.mouseClick(button, LEFT)
            QTest.keyClick(button, Qt.Key.Key_Return)
    assert not desk.windows.drawing.is_open


def test_a_click_takes_a_cover_away_and_a_drag_moves_it(desk: Desk, screen: CoverScreen) -> None:
    draw(screen, (10, 20), (110, 70))
    draw(screen, (200, 200), (300, 300))
    first, second = boxes(screen)
    QTest.mousePress(second, LEFT, pos=QPoint(10, 10))
    QTest.mouseMove(second, QPoint(40, 10))
    QTest.mouseRelease(second, LEFT, pos=QPoint(10, 10))
    assert (second.x(), second.y()) == (230, 200)
    QTest.mouseClick(first, LEFT)
    press(screen, "Done")
    assert SetCovers(areas=(DesktopBox(230, 200, 330, 300),)) in said(desk)


def test_everything_can_be_done_by_key(desk: Desk, screen: CoverScreen) -> None:
    add = next(b for b in screen.findChildren(QPushButton) if b.text() == "Add a cover")
    add.setFocus()
    QTest.keyClick(add, Qt.Key.Key_Return)
    (box,) = boxes(screen)
    assert box.hasFocus() or screen.focusWidget() is box
    at, size = box.pos(), box.size()
    QTest.keyClick(box, Qt.Key.Key_Right)
    QTest.keyClick(box, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert box.pos() - at == QPoint(STEP_PX, 1)
    QTest.keyClick(box, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert box.height() - size.height() == STEP_PX
    QTest.keyClick(add, Qt.Key.Key_Return)
    assert len(boxes(screen)) == 2
    QTest.keyClick(boxes(screen)[0], Qt.Key.Key_Delete)
    assert len(boxes(screen)) == 1
    assert box.accessibleName() == "Cover 1 of 1"


def test_what_a_rule_covers_is_no_button(desk: Desk, screen: CoverScreen) -> None:
    ruled = CoverShown(DesktopBox(10, 10, 300, 300), False)
    desk.show(replace(desk.conversation.state, covers=(ruled,)))
    QTest.mouseClick(screen, LEFT, pos=QPoint(50, 50))
    assert boxes(screen) == []
    covering = desk.windows.drawing.covering
    assert covering is not None
    assert len(covering.plan.by_rule) == 1
    press(screen, "Done")
    assert SetCovers(areas=()) in said(desk)


def test_it_closes_with_the_session(desk: Desk, screen: CoverScreen) -> None:
    desk.conversation.received(SessionOver(outcome=SessionEnd.STOPPED))
    assert not desk.windows.drawing.is_open
    assert said(desk) == [SetPaused(paused=True)]


def test_a_question_steps_aside_and_comes_back_deaf(desk: Desk) -> None:
    desk.show(after([prompt(Capability.VIEW)], all_states()["connected"]))
    window = desk.windows.prompt
    assert window is not None
    cover = next(b for b in window.findChildren(QPushButton) if b.text() == "Cover areas…")
    QTest.mouseClick(cover, LEFT)
    assert not desk.windows.drawing.is_open, "too soon"
    desk.now_s += DEAF_S
    QTest.mouseClick(cover, LEFT)
    assert desk.windows.drawing.is_open
    assert not window.isVisible()
    _, screen = opened(desk)
    assert any("waits for" in label.text() for label in screen.findChildren(QLabel))
    draw(screen, (10, 20), (110, 70))
    press(screen, "Done")
    assert said(desk) == [SetCovers(areas=(DesktopBox(10, 20, 110, 70),))], (
        "nobody saw anything that had to stand still"
    )
    assert window.isVisible()
    allow = next(b for b in window.findChildren(QPushButton) if b.text() == "Allow")
    count = len(desk.sent)
    QTest.mouseClick(allow, LEFT)
    assert len(desk.sent) == count


def test_a_question_that_ended_meanwhile_does_not_come_back(desk: Desk) -> None:
    desk.show(after([prompt(Capability.VIEW)], all_states()["connected"]))
    desk.windows.main.covering_wanted.emit()
    _, screen = opened(desk)
    desk.conversation.received(PromptClosed(prompt=1))
    draw(screen, (10, 20), (110, 70))
    press(screen, "Done")
    assert desk.windows.prompt is None
    assert len(said(desk)) == 1
