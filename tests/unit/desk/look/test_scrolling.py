"""An area that scrolls: its bar works, and a screen reader finds the same parts in it whatever is shown."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QWidget

from benchside.desk.look.scrolling import Scrolling


@pytest.fixture
def application() -> QApplication:
    found = QApplication.instance()
    return found if isinstance(found, QApplication) else QApplication([])


def shown(application: QApplication, height_px: int) -> tuple[Scrolling, QWidget]:
    inner = QWidget()
    inner.setMinimumHeight(height_px)
    scrolling = Scrolling(inner)
    scrolling.resize(300, 200)
    scrolling.show()
    application.processEvents()
    return scrolling, inner


def test_the_bar_and_the_area_move_each_other(application: QApplication) -> None:
    scrolling, inner = shown(application, 1000)
    assert scrolling.bar.isVisible()
    scrolling.bar.setValue(300)
    assert inner.y() == -300
    scrolling.area.ensureVisible(0, 0)
    assert scrolling.bar.value() == 0


def test_the_bar_goes_when_all_fits_and_the_width_stays(application: QApplication) -> None:
    """Else text that wraps anew without it would need it again, for ever."""
    scrolling, inner = shown(application, 1000)
    width = inner.width()
    inner.setMinimumHeight(100)
    application.processEvents()
    assert not scrolling.bar.isVisible()
    assert inner.width() == width
    scrolling.close()


def test_a_screen_reader_finds_the_same_parts_before_and_after(application: QApplication) -> None:
    """Qt crashes when it is asked for one that has just gone."""
    scrolling, inner = shown(application, 1000)
    found = QAccessible.queryAccessibleInterface(scrolling.area)
    assert found.childCount() == 1
    inner.setMinimumHeight(100)
    application.processEvents()
    assert found.childCount() == 1
    scrolling.hide()
    assert found.childCount() == 1
    scrolling.close()
