"""The service menu: the dialog that engineers know and technicians rarely open."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QDialog, QFormLayout, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

PROCEDURES = ("Prime fluidics", "Backflush flow cell", "Home sample probe", "Laser self-test", "Empty waste")
LASERS = ("488 nm: 20.1 mW", "638 nm: 25.0 mW", "405 nm: standby")


class ServiceMenu(QDialog):
    """Each procedure only writes to the log; `log` takes one line of text."""

    def __init__(self, parent: QWidget, log: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Service menu")
        self.setAccessibleName("Service menu")
        self.setMinimumWidth(460)
        facts = QFormLayout()
        for name, value in (("Serial number", "CX2-004711"), ("Firmware", "5.2.1 (build 884)"),
                            ("Operating hours", "11 204"), ("Lasers", "\n".join(LASERS))):  # fmt: skip
            label = QLabel(value)
            label.setAccessibleName(f"{name}: {value}")
            facts.addRow(f"{name}:", label)
        choice = QComboBox()
        choice.setAccessibleName("Flow rate")
        choice.addItems(["Low, 10 µl/min", "Medium, 30 µl/min", "High, 60 µl/min"])
        choice.setCurrentIndex(1)
        choice.currentTextChanged.connect(lambda text: log(f"service: flow rate {text}"))
        facts.addRow("Flow rate:", choice)
        grid = QGridLayout()
        for number, name in enumerate(PROCEDURES):
            button = QPushButton(name)
            button.setAccessibleName(name)
            button.clicked.connect(lambda _checked=False, name=name: log(f"service: {name}"))
            grid.addWidget(button, number // 2, number % 2)
        close = QPushButton("Close")
        close.setAccessibleName("Close service menu")
        close.clicked.connect(self.accept)
        grid.addWidget(close, len(PROCEDURES) // 2, 1)
        whole = QVBoxLayout(self)
        whole.addLayout(facts)
        whole.addLayout(grid)
