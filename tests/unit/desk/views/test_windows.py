"""Every state shows without a fault, in both languages; windows come and go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from tests.fakes.desk_states import CODE, CYTOMETER, PHONE, READER, all_states

from benchside.desk.look.button import Button
from benchside.desk.models.state import lose_agent
from benchside.desk.texts import LANGUAGES
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.place import CORNERS, nearest_corner, place_in_corner, place_prompt
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import (
    AssayShown,
    CancelRequest,
    DeskAlive,
    HistoryWanted,
    IndicatorGone,
    IndicatorShown,
    NewCode,
    OpenRequest,
    RevokeGrant,
    SetAssay,
    SetPaused,
    StopSession,
)

if TYPE_CHECKING:
    from tests.unit.desk.views.conftest import Desk

LEFT = Qt.MouseButton.LeftButton
STATES = all_states()


def shown_buttons(window: QWidget) -> dict[str, QPushButton]:
    return {b.text(): b for b in window.findChildren(QPushButton) if b.isVisible()}


def shown_text(window: QWidget) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_shows_large_named_controls(desk: Desk, language: str) -> None:
    desk.windows.main.setting_chosen.emit("language", language)
    for name, state in STATES.items():
        desk.show(state)
        for window in (desk.windows.main, desk.windows.indicator, desk.windows.prompt):
            if window is None or not window.isVisible():
                continue
            for control in window.findChildren(QAbstractButton):
                if control.isVisible() and isinstance(control, Button | ChoiceCard):
                    assert control.height() >= 48, (name, control.text())
                    assert control.accessibleName() or control.text(), name
            for label in window.findChildren(QLabel):
                assert label.textFormat() is Qt.TextFormat.PlainText or not label.text(), label.text()
                assert label.font().pixelSize() >= 16 or not label.text(), label.text()


def test_a_refusal_says_what_to_do(desk: Desk) -> None:
    desk.show(STATES["busy"])
    assert "Finish it in the window in which it is open" in shown_text(desk.windows.main)


def test_asking_for_help(desk: Desk) -> None:
    desk.show(STATES["two"])
    main = desk.windows.main
    QTest.mouseClick(shown_buttons(main)["Request help"], LEFT)
    QTest.mouseClick(shown_buttons(main)["Request help"], LEFT)
    assert "Please write your name." in shown_text(main)
    assert "Please choose the instrument." in shown_text(main)
    name = next(field for field in main.findChildren(QLineEdit) if field.isVisible())
    reason = next(field for field in main.findChildren(QPlainTextEdit) if field.isVisible())
    name.setText("Maria Soto")
    reason.setPlainText("Error 41 " * 400)
    assert len(reason.toPlainText()) == 1000
    card = next(c for c in main.findChildren(ChoiceCard) if c.isVisible() and c.text() == READER.model)
    QTest.mouseClick(card, LEFT)
    QTest.mouseClick(shown_buttons(main)["Request help"], LEFT)
    (asked,) = [m for m in desk.sent if isinstance(m, OpenRequest)]
    assert (asked.technician, asked.instrument) == ("Maria Soto", READER.id)
    desk.show(STATES["queued"])
    assert not name.text()
    assert CYTOMETER.model not in shown_text(main)


def test_the_code_is_on_the_screen_only_while_it_lives(desk: Desk) -> None:
    desk.show(STATES["queued"])
    main = desk.windows.main
    spelt = [label for label in main.findChildren(QLabel) if label.accessibleName().startswith("Code ")]
    assert [label.text().replace(" ", "") for label in spelt] == [CODE]
    assert "seven, Kilo, three, Mike" in spelt[0].accessibleDescription()
    assert PHONE in shown_text(main)
    desk.show(STATES["code_gone"])
    assert not any(CODE[:4] in label.text() + label.accessibleName() for label in main.findChildren(QLabel))
    QTest.mouseClick(shown_buttons(main)["New code"], LEFT)
    QTest.mouseClick(shown_buttons(main)["Cancel request"], LEFT)
    assert desk.sent[-2:] == [NewCode(), CancelRequest()]


def test_the_code_runs_out_on_the_clock(desk: Desk) -> None:
    desk.show(STATES["queued"])
    desk.now_s += 585
    desk.windows.main.refresh()
    assert "This code is no longer valid" in shown_text(desk.windows.main)


def test_nothing_can_be_marked_and_copied(desk: Desk) -> None:
    desk.show(STATES["queued"])
    none = Qt.TextInteractionFlag.NoTextInteraction
    for label in desk.windows.main.findChildren(QLabel):
        assert label.textInteractionFlags() in (none, Qt.TextInteractionFlag.LinksAccessibleByMouse)


def test_the_indicator_comes_and_goes_with_the_grants(desk: Desk) -> None:
    desk.show(STATES["connected"])
    assert not desk.windows.indicator.isVisible()
    desk.show(STATES["controlled"])
    assert desk.windows.indicator.isVisible()
    desk.show(STATES["over_stopped"])
    assert not desk.windows.indicator.isVisible()
    said = [type(message) for message in desk.sent if not isinstance(message, DeskAlive)]
    assert said == [IndicatorShown, IndicatorGone]


def test_the_indicator_stops_pauses_and_revokes_whoever_presses(desk: Desk) -> None:
    desk.sources.by_program = True
    desk.show(STATES["controlled"])
    desk.sent.clear()
    indicator = desk.windows.indicator
    QTest.mouseClick(shown_buttons(indicator)["Pause"], LEFT)
    revoke = next(b for b in indicator.findChildren(QPushButton) if "mouse" in b.accessibleName())
    QTest.mouseClick(revoke, LEFT)
    QTest.mouseClick(shown_buttons(indicator)["Stop"], LEFT)
    assert desk.sent == [SetPaused(paused=True), RevokeGrant(capability=Capability.CONTROL), StopSession()]


@pytest.mark.parametrize("place", ["indicator", "main"])
def test_only_a_person_lets_it_go_on(desk: Desk, place: str) -> None:
    desk.show(STATES["paused"])
    desk.sent.clear()
    resume = shown_buttons(getattr(desk.windows, place))["Continue"]
    desk.sources.by_program = True
    QTest.mouseClick(resume, LEFT)
    QTest.keyClick(resume, Qt.Key.Key_Space)
    QTest.keyClick(resume, Qt.Key.Key_Return)
    assert desk.sent == []
    desk.sources.by_program = False
    QTest.mouseClick(resume, LEFT)
    assert desk.sent == [SetPaused(paused=False)]


def test_the_indicator_cannot_be_closed(desk: Desk) -> None:
    desk.show(STATES["viewed"])
    desk.windows.indicator.close()
    assert desk.windows.indicator.isVisible()


def test_the_indicator_shows_what_is_shared(desk: Desk) -> None:
    words = {}
    for name in ("viewed", "controlled", "paused", "line_lost"):
        desk.show(STATES[name])
        words[name] = shown_text(desk.windows.indicator).splitlines()[0]
    assert len(set(words.values())) == 4
    assert "Anna Lindqvist" in shown_text(desk.windows.indicator)


def test_changing_the_language_leaves_no_moment_without_indicator(desk: Desk) -> None:
    desk.show(STATES["viewed"])
    desk.sent.clear()
    old = desk.windows.indicator
    desk.windows.main.setting_chosen.emit("language", "es")
    assert desk.windows.indicator is not old
    assert desk.windows.indicator.isVisible()
    assert [type(m) for m in desk.sent] == [IndicatorShown]
    assert "Están viendo su pantalla" in shown_text(desk.windows.indicator)


def test_losing_the_agent_takes_everything_down(desk: Desk) -> None:
    desk.show(STATES["controlled"])
    desk.show(STATES["asked"])
    assert desk.windows.prompt is not None
    desk.show(lose_agent(STATES["asked"]))
    assert desk.windows.prompt is None
    assert not desk.windows.indicator.isVisible()
    assert "The Benchside service on this PC stopped" in shown_text(desk.windows.main)


def test_closing_the_window_only_hides_it_until_there_is_news(desk: Desk) -> None:
    desk.show(STATES["controlled"])
    desk.windows.main.close()
    assert not desk.windows.main.isVisible()
    desk.show(STATES["over_line_lost"])
    assert desk.windows.main.isVisible()


def test_the_window_stands_aside_for_the_instrument_and_comes_back(desk: Desk) -> None:
    main = desk.windows.main
    desk.show(STATES["connected"])
    assert not main.isMinimized()
    desk.show(STATES["viewed"])
    assert main.isMinimized()
    main.bring_to_front()
    main.setting_chosen.emit("language", "en")
    desk.application.processEvents()
    assert not main.isMinimized()
    assert "Connected with Anna Lindqvist" in shown_text(main)
    main.showMinimized()
    desk.show(STATES["over_stopped"])
    assert not main.isMinimized()
    assert "You stopped the session." in shown_text(main)


def test_history_is_read_when_it_is_looked_at(desk: Desk) -> None:
    desk.show(STATES["ready"])
    QTest.mouseClick(shown_buttons(desk.windows.main)["Sessions"], LEFT)
    assert desk.sent == [HistoryWanted()]
    desk.show(STATES["history"])
    text = shown_text(desk.windows.main)
    assert "Maria Soto" in text
    assert "complete and unchanged" in text
    desk.show(STATES["history_broken"])
    assert "damaged or changed" in shown_text(desk.windows.main)


def test_a_session_calls_the_technician_back_from_the_history(desk: Desk) -> None:
    desk.show(STATES["queued"])
    QTest.mouseClick(shown_buttons(desk.windows.main)["Sessions"], LEFT)
    desk.show(STATES["connected"])
    assert "Connected with Anna Lindqvist" in shown_text(desk.windows.main)


@pytest.mark.parametrize("pointer", [QPoint(640, 512), QPoint(0, 0), QPoint(1279, 1023), QPoint(900, 300)])
def test_a_prompt_opens_away_from_the_pointer(pointer: QPoint) -> None:
    size, screen = QSize(620, 520), QRect(0, 0, 1280, 1024)
    at, under = place_prompt(size, screen, pointer, None)
    assert not under
    assert screen.contains(QRect(at, size))
    assert not QRect(at, size).contains(pointer)


def test_a_prompt_leaves_the_indicator_free() -> None:
    taken = QRect(864, 16, 400, 230)
    at, _ = place_prompt(QSize(620, 520), QRect(0, 0, 1280, 1024), QPoint(640, 512), taken)
    assert not QRect(at, QSize(620, 520)).intersects(taken)


def test_a_prompt_on_a_tiny_screen_knows_that_it_is_under_the_pointer() -> None:
    _, under = place_prompt(QSize(620, 520), QRect(0, 0, 640, 480), QPoint(320, 240), None)
    assert under


@pytest.mark.parametrize("corner", CORNERS)
def test_corners_are_on_the_screen(corner: str) -> None:
    screen, size = QRect(1920, 100, 1280, 1024), QSize(400, 230)
    box = QRect(place_in_corner(corner, size, screen), size)
    assert screen.contains(box)
    assert nearest_corner(box, screen) == corner


def test_a_run_is_flagged_by_a_tick_and_shown_whoever_flagged_it(desk: Desk) -> None:
    desk.show(all_states()["viewed"])
    (tick,) = desk.windows.indicator.findChildren(TickCard)
    assert not tick.isChecked()
    desk.sources.by_program = True
    QTest.mouseClick(tick, LEFT)
    desk.sources.by_program = False
    assert not any(isinstance(message, SetAssay) for message in desk.sent)
    QTest.mouseClick(tick, LEFT)
    assert [m for m in desk.sent if isinstance(m, SetAssay)] == [SetAssay(running=True)]
    desk.conversation.received(AssayShown(running=True))
    assert tick.isChecked()
    desk.conversation.received(AssayShown(running=False))
    assert not tick.isChecked()
