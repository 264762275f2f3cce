"""Starts the simulator: `python -m examples.instrument [--full-screen] [--state-file PATH] [--seed N]`.

Its faults (faults.py) are switched by `--fault NAME` at the start, by Ctrl and F1 to F4 in the window, and by lines
`on NAME` and `off NAME` to a socket (`--control PATH`, sent by `--control PATH --send "on door_open"`).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from examples.instrument.analyser import new_analyser
from examples.instrument.faults import FAULTS, Faults, log_to
from examples.instrument.look import STYLE
from examples.instrument.window import AnalyserWindow

# A burst of changes is one write; a test that looks sees a change after a twentieth of a second at most.
WRITE_AFTER_MS = 50
LOG_LINES = 50


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="instrument", description="a simulated analyser's own program")
    parser.add_argument("--full-screen", action="store_true")
    parser.add_argument("--state-file", type=Path, help="where to write what is visible, as JSON, for tests")
    parser.add_argument("--seed", type=int, default=1, help="the same seed measures the same events")
    parser.add_argument("--log-file", type=Path, help="where to write a log as vendors do")
    parser.add_argument("--opcua", type=int, metavar="PORT", help="tell faults as OPC UA alarms on this loopback port")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS), help="begin with this fault")
    parser.add_argument("--control", help="a socket that takes the orders `on FAULT` and `off FAULT`")
    parser.add_argument("--send", metavar="ORDER", help="send an order to the socket of --control, and end")
    chosen = parser.parse_args(argv)
    if chosen.send:
        return send(chosen.control, chosen.send)
    application = QApplication(["CX-200"])
    application.setApplicationName("CX-200")
    application.setStyle("Fusion")
    application.setStyleSheet(STYLE)
    window = AnalyserWindow(new_analyser(chosen.seed))
    window.resize(1180, 760)
    if chosen.full_screen:
        window.showFullScreen()
    else:
        window.show()
    faults = Faults()
    faults.listeners.append(lambda fault, is_on: window.log(fault.began if is_on else fault.ended))
    if chosen.log_file:
        faults.listeners.append(log_to(chosen.log_file))
    alarms = None
    if chosen.opcua:
        # only here: it costs a second and 30 MB
        from examples.instrument.alarms import AlarmServer

        alarms = AlarmServer(chosen.opcua)
        alarms.start()
        faults.listeners.append(alarms.tell)
        application.aboutToQuit.connect(alarms.stop)
    for number, name in enumerate(FAULTS, 1):
        QShortcut(QKeySequence(f"Ctrl+F{number}"), window, lambda name=name: faults.toggle(name))
    if chosen.control:
        Control(window, chosen.control, faults)
    for name in chosen.fault:
        faults.switch(name, True)
    signal.signal(signal.SIGTERM, lambda *_: application.quit())
    # Python runs its signal handlers between Qt's events only, and the window's timer provides those.
    if chosen.state_file:
        StateFile(window, chosen.state_file)
    return application.exec()


class Control(QObject):
    """Takes orders on a local socket of the log-in; lives as long as the window, its parent."""

    def __init__(self, window: AnalyserWindow, name: str, faults: Faults) -> None:
        super().__init__(window)
        self._faults = faults
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(name)
        self._server.newConnection.connect(self._greet)
        if not self._server.listen(name):
            raise SystemExit(f"the control socket {name} cannot be made: {self._server.errorString()}")

    def _greet(self) -> None:
        caller = self._server.nextPendingConnection()
        caller.readyRead.connect(lambda: self._read(caller))

    def _read(self, caller: QLocalSocket) -> None:
        while caller.canReadLine():
            order = bytes(caller.readLine().data()).decode(errors="replace")
            caller.write(b"done\n" if self._faults.obey(order) else b"no such order\n")


def send(name: str | None, order: str) -> int:
    """Sends one order to a simulator that runs; 0 when it was obeyed."""
    socket = QLocalSocket()
    socket.connectToServer(name or "")
    if not socket.waitForConnected(2000):
        print(f"no simulator listens at {name}", file=sys.stderr)
        return 1
    socket.write(f"{order}\n".encode())
    socket.waitForReadyRead(2000)
    answer = bytes(socket.readAll().data()).decode(errors="replace").strip()
    print(answer)
    return 0 if answer == "done" else 1


class StateFile(QObject):
    """Keeps a JSON file equal to what the window shows; lives as long as the window, its parent."""

    def __init__(self, window: AnalyserWindow, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITE_AFTER_MS)
        self._timer.timeout.connect(self._write)
        self._written = ""
        window.changed.connect(self._changed)
        window.installEventFilter(self)
        self._changed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window manager places a window some time after it is shown: its controls are somewhere else then."""
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._changed()
        return super().eventFilter(watched, event)

    def _changed(self) -> None:
        # Not restarted by each further change, else a steady stream of them would put it off for ever.
        if not self._timer.isActive():
            self._timer.start()

    def _write(self) -> None:
        text = json.dumps(visible(self._window))
        if text == self._written:
            return
        self._written = text
        # Renamed into place, so that a reader never sees half of it.
        part = self._path.with_suffix(".part")
        part.write_text(text)
        part.replace(self._path)


def visible(window: AnalyserWindow) -> dict[str, object]:
    """What a person sees, and where the controls are: boxes are x, y, width, height on the screen."""
    widgets: dict[str, QWidget] = {
        **window.buttons,
        "pause": window.pause,
        "service": window.service,
        "notes": window.notes,
        "state": window.state,
        "plot": window.plot,
        "worklist": window.worklist,
    }
    if window.service_menu is not None:
        widgets |= {b.text(): b for b in window.service_menu.findChildren(QPushButton)}
    return {
        "state": window.analyser.state.value,
        "notes": window.notes.text(),
        "log": window.journal.toPlainText().splitlines()[-LOG_LINES:],
        "samples": [[s.number, s.status.value, round(s.progress, 2)] for s in window.analyser.samples],
        "plot_paused": window.pause.isChecked(),
        "service_open": window.service_menu is not None,
        "boxes": {name: box(widget) for name, widget in widgets.items()},
    }


def box(widget: QWidget) -> list[int]:
    corner = widget.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), widget.width(), widget.height()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
