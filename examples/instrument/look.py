"""How the program looks: its colours and its style sheet."""

from __future__ import annotations

from examples.instrument.analyser import State

# Background and text of the large state field; far apart also for those who cannot tell red from green.
STATE_COLOURS = {
    State.READY: ("#2f6f8f", "#ffffff"),
    State.RUNNING: ("#1f9d55", "#ffffff"),
    State.HOLD: ("#f2b705", "#202020"),
    State.RACK_OUT: ("#7a3fb0", "#ffffff"),
}

STYLE = """
* { font-family: "DejaVu Sans", "Liberation Sans", sans-serif; font-size: 13px; color: #1d2731; }
QMainWindow, QDialog { background: #d9e0e6; }
#header { background: #16324a; }
#header QLabel { color: #dbe7f1; }
#title { font-size: 20px; font-weight: bold; color: #ffffff; }
#state { font-size: 26px; font-weight: bold; border-radius: 4px; padding: 4px 26px; }
QGroupBox { background: #f4f6f8; border: 1px solid #b4c0ca; border-radius: 4px; margin-top: 18px; }
QGroupBox::title { subcontrol-origin: margin; left: 8px; padding: 0 4px; color: #40525f; font-weight: bold; }
QTableView { background: #ffffff; alternate-background-color: #f1f5f8; border: 0;
  selection-background-color: #cfe4f7; selection-color: #1d2731; }
QHeaderView::section { background: #e3e9ee; border: 0; border-bottom: 1px solid #b4c0ca; padding: 4px; }
QPushButton { background: #eef2f5; border: 1px solid #8fa0ad; border-radius: 4px; padding: 6px 16px; }
QPushButton:hover { background: #ffffff; }
QPushButton:pressed, QPushButton:checked { background: #c5d3de; }
QPushButton:focus { border: 2px solid #0b6bcb; padding: 5px 15px; }
QPushButton[large="true"] { font-size: 17px; font-weight: bold; min-height: 38px; }
#start { background: #1f9d55; color: white; border-color: #15713d; }
#start:pressed { background: #15713d; }
#hold { background: #f2b705; border-color: #b88a00; }
#hold:pressed { background: #c99700; }
#eject { background: #7a3fb0; color: white; border-color: #582a82; }
#eject:pressed { background: #582a82; }
QLineEdit, QPlainTextEdit, QComboBox { background: #ffffff; border: 1px solid #8fa0ad; border-radius: 3px;
  padding: 3px; }
QLineEdit:focus { border: 2px solid #0b6bcb; padding: 2px; }
QProgressBar { border: 1px solid #8fa0ad; border-radius: 3px; background: #ffffff; text-align: center;
  max-height: 16px; }
QProgressBar::chunk { background: #6fb3e0; }
QStatusBar { background: #c8d2da; }
"""
