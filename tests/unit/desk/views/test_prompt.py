"""The prompt feeds its guard with every press, and does only what the guard decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from tests.fakes.desk_states import WINDOWS, after, all_states, prompt

from benchside.desk.models.guard import BURST_AFTER_S, DEAF_S
from benchside.desk.models.state import DeskState
from benchside.desk.views.choice import ChoiceCard
from benchside.desk.views.prompt import PromptWindow
from benchside.desk.views.tick import TickCard
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.desk import AnswerPrompt, AssayShown, PromptClosed, PromptKind

if TYPE_CHECKING:
    from tests.unit.desk.views.conftest import Desk

LEFT = Qt.MouseButton.LeftButton


def asked(capability: Capability = Capability.CONTROL, number: int = 1) -> DeskState:
    return after([prompt(capability, number=number)], all_states()["connected"])


@pytest.fixture
def shown(desk: Desk) -> PromptWindow:
    """A prompt for control that listens already."""
    desk.show(asked())
    assert desk.windows.prompt is not None
    desk.now_s += DEAF_S
    return desk.windows.prompt


def button(window: PromptWindow, text: str) -> QPushButton:
    return next(found for found in window.findChildren(QPushButton) if found.text() == text)


def answers(desk: Desk) -> list[AnswerPrompt]:
    return [message for message in desk.sent if isinstance(message, AnswerPrompt)]


def test_a_click_allows(desk: Desk, shown: PromptWindow) -> None:
    QTest.mouseClick(button(shown, "Allow"), LEFT)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=True)]


def test_a_click_denies(desk: Desk, shown: PromptWindow) -> None:
    QTest.mouseClick(button(shown, "Don't allow"), LEFT)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=False)]


@pytest.mark.parametrize("text", ["Allow", "Don't allow"])
def test_a_program_presses_nothing(desk: Desk, shown: PromptWindow, text: str) -> None:
    desk.sources.by_program = True
    QTest.mouseClick(button(shown, text), LEFT)
    QTest.keyClick(button(shown, text), Qt.Key.Key_Return)
    desk.now_s += 1
    assert answers(desk) == []


def test_nothing_is_heard_at_first(desk: Desk) -> None:
    desk.show(asked())
    assert desk.windows.prompt is not None
    desk.now_s += DEAF_S - 0.01
    for text in ("Allow", "Don't allow"):
        QTest.mouseClick(button(desk.windows.prompt, text), LEFT)
        button(desk.windows.prompt, text).click()
    QTest.keyClick(desk.windows.prompt, Qt.Key.Key_Escape)
    assert answers(desk) == []


def test_the_time_that_a_slow_pc_draws_is_none_in_which_it_was_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(_window: PromptWindow, _event: QPaintEvent) -> None:
        desk.now_s += 2

    monkeypatch.setattr(PromptWindow, "paintEvent", draw)
    desk.show(asked())
    window = desk.windows.prompt
    assert window is not None
    for _ in range(2):
        desk.now_s += DEAF_S - 0.01
        QTest.mouseClick(button(window, "Allow"), LEFT)
        button(window, "Allow").click()
        assert answers(desk) == []
        # away and back, as when the technician covers a part of the screen first
        window.hide()
        window.appear(under_pointer=False)
        desk.application.processEvents()
        desk.application.processEvents()
    monkeypatch.undo()
    desk.now_s += DEAF_S
    desk.application.processEvents()
    QTest.mouseClick(button(window, "Allow"), LEFT)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=True)]


@pytest.mark.parametrize(("text", "allow"), [("Allow", True), ("Don't allow", False)])
def test_the_accessibility_press_answers(desk: Desk, shown: PromptWindow, text: str, allow: bool) -> None:
    button(shown, text).click()
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=allow)]


def test_letting_go_elsewhere_answers_nothing(desk: Desk, shown: PromptWindow) -> None:
    allow = button(shown, "Allow")
    QTest.mousePress(allow, LEFT)
    QTest.mouseRelease(allow, LEFT, pos=QPoint(-50, -50))
    QTest.mousePress(shown, LEFT)
    QTest.mouseRelease(allow, LEFT)
    assert answers(desk) == []


def test_enter_and_escape_are_no_by_default(desk: Desk, shown: PromptWindow) -> None:
    shown.take_keyboard()
    focused = shown.focusWidget()
    assert focused is button(shown, "Don't allow")
    QTest.keyClick(focused, Qt.Key.Key_Return)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=False)]


def test_escape_is_no_on_allow_too(desk: Desk, shown: PromptWindow) -> None:
    button(shown, "Allow").setFocus()
    QTest.keyClick(button(shown, "Allow"), Qt.Key.Key_Escape)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=False)]


def test_tab_leads_to_allow_and_enter_allows_after_a_moment(desk: Desk, shown: PromptWindow) -> None:
    shown.take_keyboard()
    QTest.keyClick(shown.focusWidget(), Qt.Key.Key_Tab)
    assert shown.focusWidget() is button(shown, "Allow")
    desk.now_s += 1
    QTest.keyClick(shown.focusWidget(), Qt.Key.Key_Return)
    assert shown.is_deciding()
    assert answers(desk) == []
    desk.now_s += BURST_AFTER_S
    shown.settle()
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=True)]


def test_a_scanner_on_allow_answers_nothing(desk: Desk, shown: PromptWindow) -> None:
    allow = button(shown, "Allow")
    allow.setFocus()
    for key in (Qt.Key.Key_4, Qt.Key.Key_0, Qt.Key.Key_6, Qt.Key.Key_Return, Qt.Key.Key_Return):
        desk.now_s += 0.02
        QTest.keyClick(allow, key)
    assert not shown.is_deciding()
    desk.now_s += 1
    shown.settle()
    assert answers(desk) == []


def test_a_held_key_answers_nothing(desk: Desk, shown: PromptWindow) -> None:
    allow = button(shown, "Allow")
    allow.setFocus()
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
    desk.application.sendEvent(allow, held)
    assert not shown.is_deciding()


def test_a_prompt_is_answered_once(desk: Desk, shown: PromptWindow) -> None:
    QTest.mouseClick(button(shown, "Don't allow"), LEFT)
    QTest.mouseClick(button(shown, "Allow"), LEFT)
    button(shown, "Allow").click()
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=False)]


def test_an_answer_to_a_prompt_that_closed_is_not_sent(desk: Desk, shown: PromptWindow) -> None:
    desk.conversation.received(PromptClosed(prompt=1))
    button(shown, "Allow").click()
    assert answers(desk) == []
    assert desk.windows.prompt is None


def test_it_does_not_close_by_itself(desk: Desk, shown: PromptWindow) -> None:
    shown.close()
    assert shown.isVisible()
    assert answers(desk) == []


def test_the_primary_screen_is_shared_unless_another_is_chosen(desk: Desk) -> None:
    desk.show(asked(Capability.VIEW))
    window = desk.windows.prompt
    assert window is not None
    desk.now_s += DEAF_S
    button(window, "Allow").click()
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=True, scope=GrantScope(monitors=(0,)))]


@pytest.mark.parametrize("by_program", [True, False])
def test_one_window_can_be_shared_by_a_person_only(desk: Desk, by_program: bool) -> None:
    desk.show(asked(Capability.VIEW))
    window = desk.windows.prompt
    assert window is not None
    desk.now_s += DEAF_S
    card = next(c for c in window.findChildren(ChoiceCard) if c.text() == WINDOWS[0].title)
    desk.sources.by_program = by_program
    QTest.mouseClick(card, LEFT)
    desk.sources.by_program = False
    QTest.mouseClick(button(window, "Allow"), LEFT)
    scope = GrantScope(monitors=(0,)) if by_program else GrantScope(window=WINDOWS[0].id)
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=True, scope=scope)]


def test_a_no_carries_no_scope(desk: Desk) -> None:
    desk.show(asked(Capability.VIEW))
    assert desk.windows.prompt is not None
    desk.now_s += DEAF_S
    button(desk.windows.prompt, "Don't allow").click()
    assert answers(desk) == [AnswerPrompt(prompt=1, allow=False)]


def test_the_next_prompt_is_deaf_again(desk: Desk, shown: PromptWindow) -> None:
    desk.show(asked(number=2))
    assert desk.windows.prompt is not None
    button(desk.windows.prompt, "Allow").click()
    assert answers(desk) == []


@pytest.mark.parametrize("kind", PromptKind)
def test_both_answers_have_the_same_weight(desk: Desk, kind: PromptKind) -> None:
    desk.show(after([prompt(Capability.CONTROL, kind)], all_states()["connected"]))
    assert desk.windows.prompt is not None
    deny, allow = desk.windows.prompt.findChildren(QPushButton)[-2:]
    assert deny.size() == allow.size()
    assert deny.height() >= 48
    assert not allow.isDefault()


def test_who_asks_is_plain_text(desk: Desk, shown: PromptWindow) -> None:
    assert "Anna Lindqvist" in shown.accessibleName()
    assert "Corvane Diagnostics, Service Nordics" in shown.accessibleDescription()


def test_a_second_associate_is_named_where_the_site_wants_one(desk: Desk, shown: PromptWindow) -> None:
    said = "Ben Ortiz has agreed to this session, too."
    assert said not in shown.accessibleDescription()
    question = prompt(Capability.CONTROL, number=2)
    of_two = msgspec.structs.replace(
        question, associate=msgspec.structs.replace(question.associate, second="Ben Ortiz")
    )
    desk.show(after([of_two], all_states()["connected"]))
    window = desk.windows.prompt
    assert window is not None
    assert said in window.accessibleDescription()
    assert any(label.text() == said for label in window.findChildren(QLabel))


def test_pasting_is_allowed_by_a_tick_of_a_persons_where_the_lab_has_it(desk: Desk) -> None:
    for number, (offered, by_program) in enumerate([(False, False), (True, True), (True, False)], start=1):
        question = msgspec.structs.replace(prompt(Capability.CONTROL, number=number), paste=offered)
        desk.show(after([question], all_states()["connected"]))
        window = desk.windows.prompt
        assert window is not None
        desk.now_s += DEAF_S
        ticks = window.findChildren(TickCard)
        assert len(ticks) == int(offered)
        desk.sources.by_program = by_program
        for tick in ticks:
            assert not tick.isChecked()
            QTest.mouseClick(tick, LEFT)
        desk.sources.by_program = False
        QTest.mouseClick(button(window, "Allow"), LEFT)
        scope = GrantScope(paste=offered and not by_program)
        assert answers(desk)[-1] == AnswerPrompt(prompt=number, allow=True, scope=scope)


@pytest.mark.parametrize("capability", [Capability.VIEW, Capability.CONTROL])
def test_a_question_for_control_says_that_a_run_is_in_progress(desk: Desk, capability: Capability) -> None:
    desk.show(after([prompt(capability), AssayShown(running=True)], all_states()["connected"]))
    window = desk.windows.prompt
    assert window is not None

    def is_said() -> bool:
        return any(
            label.text().startswith("A run is in progress") and label.isVisible()
            for label in window.findChildren(QLabel)
        )

    assert is_said() is (capability is Capability.CONTROL)
    height = window.height()
    desk.conversation.received(AssayShown(running=False))
    assert not is_said()
    assert (window.height() < height) is (capability is Capability.CONTROL)
