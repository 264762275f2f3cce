"""The scripted technician works the simulated instrument through the accessibility tree alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.demo.children import Children
from examples.demo.display import start_desktop, start_display
from examples.technician.client import PROGRAM, SYSTEM_PYTHON, Technician, TechnicianError
from tests.fakes.xclient import XClient

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[3]


class Instrument:
    """The simulator on a screen of its own."""

    def __init__(self, environment: dict[str, str], state_file: Path) -> None:
        self.environment = environment
        self._state_file = state_file

    def shows(self, true_of: Callable[[dict[str, Any]], bool], timeout_s: float = 30.0) -> dict[str, Any]:
        until = time.monotonic() + timeout_s
        while True:
            state = json.loads(self._state_file.read_text()) if self._state_file.exists() else {}
            if state and true_of(state):
                return state
            assert time.monotonic() < until, state
            time.sleep(0.02)


@pytest.fixture(scope="module")
def instrument(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instrument]:
    folder = tmp_path_factory.mktemp("instrument")
    with Children(folder) as children:
        display = start_display(children, size=(1280, 800), numbers=range(50, 60))
        environment = start_desktop(children, display)
        command = [sys.executable, "-m", "examples.instrument", "--state-file", str(folder / "state.json")]
        children.start("instrument", command, env=environment, cwd=ROOT)
        instrument = Instrument(environment, folder / "state.json")
        instrument.shows(lambda state: state["state"] == "READY", 15)
        yield instrument


@pytest.fixture
def technician(instrument: Instrument) -> Iterator[Technician]:
    with Technician(instrument.environment, app="CX-200") as technician:
        yield technician


def test_button_changes_what_the_instrument_shows(instrument: Instrument, technician: Technician) -> None:
    technician.press("button", "Start run")
    assert technician.read("label", "State: RUNNING") == "State: RUNNING"
    technician.press("button", "Hold")
    instrument.shows(lambda state: state["state"] == "HOLD")


def test_text_arrives_whole(instrument: Instrument, technician: Technician) -> None:
    technician.type_text("entry", "Operator notes", "Küvette 3 geprüft: ¿todo bien?")
    instrument.shows(lambda state: state["notes"] == "Küvette 3 geprüft: ¿todo bien?")
    assert technician.read("entry", "Operator notes") == "Küvette 3 geprüft: ¿todo bien?"


def test_window_is_waited_for_and_its_going_too(technician: Technician) -> None:
    technician.press("button", "Open service menu")
    technician.press("button", "Close service menu", window="Service menu")
    technician.wait_gone("button", "Close service menu")


def test_what_is_not_there_is_one_clear_sentence(technician: Technician) -> None:
    with pytest.raises(TechnicianError, match=r"button Self-destruct of CX-200 is not shown after 0\.1 s"):
        technician.press("button", "Self-destruct", timeout_s=0.1)
    with pytest.raises(TechnicianError, match="cannot be typed into"):
        technician.type_text("button", "Hold", "x")


def test_name_is_the_whole_name(technician: Technician) -> None:
    """Else "Allow" would press "Do not allow"."""
    with pytest.raises(TechnicianError, match="is not shown"):
        technician.press("button", "Service", timeout_s=0.1)


def test_command_line_of_each_verb_is_usable_from_outside(instrument: Instrument) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": "/usr/bin:/bin", **instrument.environment}
        command = [SYSTEM_PYTHON, str(PROGRAM), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert "button: 'Start run'" in run("tree", "--app", "CX-200").stdout
    assert run("press", "--app", "CX-200", "--role", "button", "--name", "Eject rack").returncode == 0
    instrument.shows(lambda state: state["state"] == "RACK OUT")
    absent = run("read", "--name", "nothing", "--timeout-s", "0.1")
    assert absent.returncode == 1
    assert absent.stderr.strip() == "node nothing of .* is not shown after 0.1 s"


def test_controls_are_told_where_the_window_manager_puts_them(
    instrument: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may place the window later than the first word of where everything is: a click would go beside."""
    monkeypatch.setenv("XAUTHORITY", instrument.environment["XAUTHORITY"])
    screen = XClient(instrument.environment["DISPLAY"])
    listed = screen.core.InternAtom(False, 16, "_NET_CLIENT_LIST").reply().atom
    [window] = screen.core.GetProperty(False, screen.root, listed, 0, 0, 10).reply().value.to_atoms()
    for x, y in ((37, 41), (20, 24)):
        before = instrument.shows(lambda state: True)["boxes"]["start"]
        screen.move(window, x, y)
        after = instrument.shows(lambda state, at=before: state["boxes"]["start"][:2] != at[:2])["boxes"]["start"]
        assert after[2:] == before[2:]
    screen.close()


def test_instrument_at_rest_is_told_once(instrument: Instrument, technician: Technician) -> None:
    """Its screen stands still when it does not run: measurements of "nothing moves" rely on it."""
    until, state, after = time.monotonic() + 15.0, {}, instrument.shows(lambda state: True)
    while after != state:  # the window was moved just now
        assert time.monotonic() < until, "it does not come to rest"
        time.sleep(0.5)
        state, after = after, instrument.shows(lambda state: True)
    time.sleep(0.5)
    assert instrument.shows(lambda state: True) == state
