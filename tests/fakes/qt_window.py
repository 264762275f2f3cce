"""A real Qt program with a text field, which says each key press, click and text as a line of JSON.

Run as a program on a display of its own: `python qt_window.py`.
"""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit


def say(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Field(QLineEdit):
    def event(self, event: QEvent) -> bool:
        kinds = {QEvent.Type.KeyPress: "down", QEvent.Type.KeyRelease: "up"}
        if isinstance(event, QKeyEvent) and event.type() in kinds and not event.isAutoRepeat():
            key = Qt.Key(event.key()).name if event.key() in Qt.Key._value2member_map_ else hex(event.key())
            held = [each.name for each in Qt.KeyboardModifier if each.value and each in event.modifiers()]
            say(key=kinds[event.type()], name=key, text=event.text(), modifiers=held)
        if isinstance(event, QMouseEvent) and event.type() in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonRelease,
        ):
            at = event.globalPosition().toPoint()
            say(button=event.type().name, which=event.button().name, at=[at.x(), at.y()])
        if isinstance(event, QWheelEvent):
            say(wheel=[event.angleDelta().x(), event.angleDelta().y()])
        return super().event(event)


class Emptier(QObject):
    """F12 empties the field, so that a test starts clean."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F12 and isinstance(watched, QLineEdit):
            if event.type() == QEvent.Type.KeyPress:
                watched.clear()
                say(cleared=True)
            return True
        return False


app = QApplication(sys.argv)
field = Field()
field.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
field.resize(400, 300)
field.move(0, 0)
emptier = Emptier()
field.installEventFilter(emptier)
field.textChanged.connect(lambda text: say(text=text))
field.setWindowFlag(Qt.WindowType.X11BypassWindowManagerHint)
field.show()
field.activateWindow()
field.setFocus()
say(ready=int(field.winId()))
sys.exit(app.exec())
