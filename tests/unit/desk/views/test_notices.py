"""The page of notices and the card that pops up, in both languages, without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from tests.fakes.desk_states import all_states
from tests.fakes.notice_states import (
    DISK,
    DISK_LOW,
    DOOR,
    DOOR_OPEN,
    MANY_POP_UP,
    ONE_POP_UP,
    PAST,
    WELL,
    all_shown,
    notice,
)

from benchside.desk.look.button import Button
from benchside.desk.texts import LANGUAGES
from benchside.desk.views.choice import ChoiceCard
from benchside.protocol.wire.condition import ConditionKey, ConditionTold, Severity
from benchside.protocol.wire.desk import OpenRequest
from benchside.protocol.wire.notice import Acknowledge, NoticesShown, PopUpShown, Shelve

if TYPE_CHECKING:
    from tests.unit.desk.views.conftest import Desk

LEFT = Qt.MouseButton.LeftButton


def buttons(window: QWidget, text: str) -> list[QPushButton]:
    return [one for one in window.findChildren(QPushButton) if one.isVisible() and one.text() == text]


def shown_text(window: QWidget) -> str:
    return "\n".join(label.text() for label in window.findChildren(QLabel) if label.isVisible())


@pytest.fixture
def page(desk: Desk) -> Desk:
    desk.show(all_states()["two"])
    desk.notice(all_shown()["many"])
    QTest.mouseClick(buttons(desk.windows.main, "Notices (6)")[0], LEFT)
    return desk


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_shows_large_named_controls(desk: Desk, language: str) -> None:
    desk.windows.main.setting_chosen.emit("language", language)
    desk.show(all_states()["two"])
    desk.windows.main.show_notices()
    for name, shown in all_shown().items():
        desk.notice(shown, PAST)
        for pop_up in (ONE_POP_UP, MANY_POP_UP):
            desk.notice(pop_up)
        assert desk.windows.pop_up is not None
        for window in (desk.windows.main, desk.windows.pop_up):
            for control in window.findChildren(QAbstractButton):
                if control.isVisible() and isinstance(control, Button | ChoiceCard):
                    assert control.height() >= 48, (name, control.text())
                    assert control.accessibleName() or control.text(), name
            for label in window.findChildren(QLabel):
                assert label.textFormat() is Qt.TextFormat.PlainText or not label.text(), label.text()


def test_the_worst_comes_first_and_says_what_to_do(page: Desk) -> None:
    text = shown_text(page.windows.main)
    assert text.index("Critical: Loader") < text.index("Warning: Drive C:")
    assert "Close the door." in text
    assert "seen 14 times" in text


def test_an_acknowledgement_needs_a_name(page: Desk) -> None:
    seen = buttons(page.windows.main, "I have seen it")[0]
    QTest.mouseClick(seen, LEFT)
    assert page.told[-1:] != [Acknowledge(key=DOOR, by="Mara")]
    assert "Please write your name." in shown_text(page.windows.main)
    QTest.keyClicks(page.windows.main.findChild(QLineEdit), "Mara")
    for field in page.windows.main.findChildren(QLineEdit):
        if field.isVisible():
            field.setText("Mara")
    QTest.mouseClick(seen, LEFT)
    shown = DOOR_OPEN.state
    assert page.told[-1] == Acknowledge(key=DOOR, by="Mara", since_utc_ms=shown.since_utc_ms, severity=shown.severity)


def test_the_next_person_does_not_find_the_name(page: Desk) -> None:
    field = next(one for one in page.windows.main.findChildren(QLineEdit) if one.isVisible())
    field.setText("Mara")
    QTest.mouseClick(buttons(page.windows.main, "Help")[0], LEFT)
    QTest.mouseClick(buttons(page.windows.main, "Notices (6)")[0], LEFT)
    assert field.text() == ""


def test_putting_aside_needs_a_reason_and_survives_news(page: Desk) -> None:
    next(one for one in page.windows.main.findChildren(QLineEdit) if one.isVisible()).setText("Mara")
    QTest.mouseClick(buttons(page.windows.main, "Put aside …")[0], LEFT)
    page.notice()
    QTest.mouseClick(buttons(page.windows.main, "Put aside")[0], LEFT)
    assert "Please say in a few words why." in shown_text(page.windows.main)
    page.notice(NoticesShown(notices=(DISK_LOW, DOOR_OPEN), watches=WELL))  # the order changes while somebody writes
    why = next(
        one for one in page.windows.main.findChildren(QLineEdit) if one.isVisible() and one.accessibleName() == "Why?"
    )
    QTest.keyClicks(why, "door is being mended")
    QTest.keyClick(why, Qt.Key.Key_Return)
    assert page.told[-1] == Shelve(key=DOOR, by="Mara", why="door is being mended", for_s=3600)


def test_help_with_this_carries_the_condition(page: Desk) -> None:
    QTest.mouseClick(buttons(page.windows.main, "Request help with this")[0], LEFT)
    main = page.windows.main
    reason = next(one for one in main.findChildren(QPlainTextEdit) if one.isVisible())
    assert reason.toPlainText() == DOOR_OPEN.text
    next(one for one in main.findChildren(QLineEdit) if one.isVisible()).setText("Mara")
    next(one for one in main.findChildren(ChoiceCard) if one.isVisible()).setChecked(True)
    QTest.mouseClick(buttons(main, "Request help")[0], LEFT)
    sent = next(one for one in page.sent if isinstance(one, OpenRequest))
    assert sent.condition == ConditionTold(
        key=DOOR, severity=Severity.CRITICAL, texts=DOOR_OPEN.state.texts, since_utc_ms=DOOR_OPEN.state.since_utc_ms
    )


def test_help_without_a_notice_carries_none(page: Desk) -> None:
    QTest.mouseClick(buttons(page.windows.main, "Request help with this")[0], LEFT)
    main = page.windows.main
    QTest.mouseClick(buttons(main, "Back")[0], LEFT)
    QTest.mouseClick(buttons(main, "Request help")[0], LEFT)
    assert next(one for one in main.findChildren(QPlainTextEdit) if one.isVisible()).toPlainText() == ""
    assert "The engineer gets this notice" not in shown_text(main)


def test_copy_for_support_has_words_values_and_name(page: Desk) -> None:
    QTest.mouseClick(buttons(page.windows.main, "Copy for support")[3], LEFT)
    text = QGuiApplication.clipboard().text()
    assert "Drive C: is almost full" in text
    assert "pc.disk / C: / space_low" in text
    assert "free_gb=3" in text


def test_five_hundred_conditions_are_drawn_a_screen_at_a_time(page: Desk) -> None:
    many = tuple(
        notice(ConditionKey("pc.disk", f"D{n}", "space_low"), Severity.WARNING, "Full.", subject=f"D{n}")
        for n in range(500)
    )
    page.notice(NoticesShown(notices=many))
    assert len(buttons(page.windows.main, "I have seen it")) == 20
    QTest.mouseClick(buttons(page.windows.main, "Show more notices")[0], LEFT)
    page.notice(NoticesShown(notices=many, unsent=1))
    assert len(buttons(page.windows.main, "I have seen it")) == 40


def test_a_hostile_text_is_shown_as_it_is(page: Desk) -> None:
    bad = notice(DISK, Severity.WARNING, "<b>{name}</b> <a href='x'>%s", "{0}", subject="<i>C</i>")
    page.notice(NoticesShown(notices=(bad,)))
    assert "<b>{name}</b> <a href='x'>%s" in shown_text(page.windows.main)


def test_a_pop_up_takes_no_focus_and_is_told_of(desk: Desk) -> None:
    desk.show(all_states()["two"])
    desk.notice(all_shown()["one"], ONE_POP_UP)
    card = desk.windows.pop_up
    assert card is not None
    assert card.isVisible()
    assert card.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    assert card.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert desk.told[-1] == PopUpShown(number=1)
    QTest.mouseClick(buttons(card, "Open the notices")[0], LEFT)
    assert desk.windows.pop_up is None
    assert "Critical: Loader" in shown_text(desk.windows.main)


def test_a_newer_card_takes_the_place_of_the_older(desk: Desk) -> None:
    desk.notice(ONE_POP_UP)
    desk.notice(MANY_POP_UP)
    assert desk.windows.pop_up is not None
    assert "6 notices" in shown_text(desk.windows.pop_up)
    assert "And 4 more." in shown_text(desk.windows.pop_up)
    desk.windows.pop_up.close()
    assert desk.windows.pop_up is None
