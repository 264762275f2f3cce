"""The analyser's window: state, worklist, plot, buttons, notes and log."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTime, QTimer, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from examples.instrument.analyser import Analyser, SampleStatus, State
from examples.instrument.look import STATE_COLOURS
from examples.instrument.plot import ScatterPlot
from examples.instrument.service import ServiceMenu
from examples.instrument.worklist import WorklistModel, make_worklist

TICK_MS = 200
# Longer than anybody scrolls back, short enough that the widget stays quick.
MAX_LOG_LINES = 500


class AnalyserWindow(QMainWindow):
    """Drives the analyser by its own timer. `changed` is sent after anything visible has changed."""

    changed = Signal()

    def __init__(self, analyser: Analyser) -> None:
        super().__init__()
        self.analyser = analyser
        self.setWindowTitle("CX-200 Analyser")
        self.setAccessibleName("CX-200 Analyser")
        self.plot = ScatterPlot()
        self.model = WorklistModel(analyser)
        self.worklist = make_worklist(self.model)
        self.state = QLabel()
        self.state.setObjectName("state")
        self.state.setMinimumWidth(230)
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.buttons = {
            "start": self._button("start", "Start run", analyser.start),
            "hold": self._button("hold", "Hold", analyser.hold),
            "eject": self._button("eject", "Eject rack", analyser.eject_rack),
        }
        self.pause = QPushButton("Pause plot")
        self.pause.setCheckable(True)
        self.pause.setAccessibleName("Pause plot")
        self.pause.toggled.connect(lambda on: self.log(f"plot {'paused' if on else 'live'}"))
        self.service = QPushButton("Service menu …")
        self.service.setAccessibleName("Open service menu")
        self.service.clicked.connect(self._open_service)
        self.service_menu: ServiceMenu | None = None
        self.notes = QLineEdit()
        self.notes.setAccessibleName("Operator notes")
        self.notes.setPlaceholderText("operator notes, Enter to add them to the log")
        self.notes.setMaxLength(200)
        self.notes.textChanged.connect(lambda _text: self.changed.emit())
        self.notes.returnPressed.connect(self._add_note)
        self.journal = QPlainTextEdit()
        self.journal.setReadOnly(True)
        self.journal.setAccessibleName("Event log")
        self.journal.setMaximumBlockCount(MAX_LOG_LINES)
        self.facts = {name: QLabel() for name in ("Temperature", "Pressure", "Events", "Done", "Clock")}
        self.levels = {"Sheath": self._level("Sheath"), "Waste": self._level("Waste")}
        self._lay_out()
        self.worklist.clicked.connect(lambda index: self.log(f"selected {self.analyser.samples[index.row()].number}"))
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(TICK_MS)
        self.log("system check passed")
        self.log("rack R1 loaded, 28 samples")
        self._refresh()
        self.plot.show_events(analyser.events)

    def log(self, text: str) -> None:
        self.journal.appendPlainText(f"{QTime.currentTime().toString('hh:mm:ss')}  {text}")
        self.changed.emit()

    def _button(self, name: str, text: str, act: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setProperty("large", True)
        button.setAccessibleName(text)

        def press() -> None:
            assert callable(act)
            act()
            self.log(f"{text} pressed: {self.analyser.state.value}")
            self._refresh()

        button.clicked.connect(press)
        return button

    def _level(self, name: str) -> QProgressBar:
        bar = QProgressBar()
        bar.setAccessibleName(name)
        bar.setRange(0, 100)
        return bar

    def _tick(self) -> None:
        if self.analyser.state is not State.RUNNING:
            self._set(self.facts["Clock"], QTime.currentTime().toString("hh:mm"))
            return
        self.analyser.advance(TICK_MS / 1000)
        self._refresh()
        if not self.pause.isChecked():
            self.plot.show_events(self.analyser.events)

    def _refresh(self) -> None:
        analyser = self.analyser
        background, text = STATE_COLOURS[analyser.state]
        self._set(self.state, analyser.state.value)
        self.state.setStyleSheet(f"background: {background}; color: {text};")
        self.state.setAccessibleName(f"State: {analyser.state.value}")
        done = sum(s.status is SampleStatus.DONE for s in analyser.samples)
        self._set(self.facts["Temperature"], f"{analyser.temperature_c:.1f} °C")
        self._set(self.facts["Pressure"], f"{analyser.pressure_kpa:.1f} kPa")
        self._set(self.facts["Events"], f"{analyser.measured}")
        self._set(self.facts["Done"], f"{done} of {len(analyser.samples)}")
        self._set(self.facts["Clock"], QTime.currentTime().toString("hh:mm"))
        self.levels["Sheath"].setValue(round(analyser.sheath * 100))
        self.levels["Waste"].setValue(round(analyser.waste * 100))
        self.model.refresh()
        self.changed.emit()

    def _set(self, label: QLabel, text: str) -> None:
        # Without a change there is nothing to paint: an instrument at rest damages no pixel.
        if label.text() != text:
            label.setText(text)

    def _add_note(self) -> None:
        text = self.notes.text().strip()
        if text:
            self.notes.clear()
            self.log(f"note: {text}")

    def _open_service(self) -> None:
        if self.service_menu is not None:
            self.service_menu.raise_()
            return
        self.service_menu = ServiceMenu(self, self.log)
        self.service_menu.finished.connect(self._service_closed)
        # Not modal: the window can be used meanwhile.
        self.service_menu.show()
        self.log("service menu opened")

    def _service_closed(self) -> None:
        self.service_menu = None
        self.log("service menu closed")

    def _lay_out(self) -> None:
        header = QFrame()
        header.setObjectName("header")
        row = QHBoxLayout(header)
        title = QLabel("CX-200 Analyser")
        title.setObjectName("title")
        row.addWidget(title)
        row.addWidget(QLabel("Haematology · rack R1 · QC passed"))
        row.addStretch(1)
        row.addWidget(self.facts["Clock"])
        row.addWidget(self.state)

        left = boxed("Worklist", self.worklist)
        plot = boxed("Live events", self.plot)
        plot_buttons = QHBoxLayout()
        plot_buttons.addWidget(self.pause)
        plot_buttons.addStretch(1)
        plot_buttons.addWidget(self.service)
        layout = plot.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addLayout(plot_buttons)

        facts = QFormLayout()
        facts.setVerticalSpacing(4)
        for name in ("Temperature", "Pressure", "Events", "Done"):
            facts.addRow(f"{name}:", self.facts[name])
        for name, bar in self.levels.items():
            facts.addRow(f"{name}:", bar)
        status = QGroupBox("Instrument")
        status.setLayout(facts)

        notes = boxed("Log and notes", self.journal)
        layout = notes.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.addWidget(self.notes)

        actions = QHBoxLayout()
        actions.setSpacing(10)
        for button in self.buttons.values():
            actions.addWidget(button, 1)

        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.addWidget(left, 0, 0, 2, 1)
        grid.addWidget(plot, 0, 1, 1, 2)
        grid.addWidget(status, 1, 1)
        grid.addWidget(notes, 1, 2)
        grid.addLayout(actions, 2, 0, 1, 3)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 2)
        grid.setColumnStretch(2, 5)
        grid.setRowStretch(0, 5)
        grid.setRowStretch(1, 2)
        body = QVBoxLayout()
        body.setContentsMargins(10, 4, 10, 10)
        body.addLayout(grid)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(header)
        whole.addLayout(body)
        middle = QWidget()
        middle.setLayout(whole)
        self.setCentralWidget(middle)
        self.statusBar().showMessage("Signed in: day shift · LIS connected · next calibration in 6 days")


def boxed(title: str, widget: QWidget) -> QGroupBox:
    box = QGroupBox(title)
    layout = QVBoxLayout(box)
    layout.setContentsMargins(6, 6, 6, 6)
    layout.addWidget(widget)
    return box
