"""A whole session with a Windows PC: the agent a service, its pipe, a host in the log-in, Chromium as the console."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.demo.children import Children
from examples.demo.world import SITE, World, make_world, run, sign_in_associate
from examples.engineer.engineer import Engineer
from project import wine
from tests.windows.pc import SERVICE, WindowsPC

from benchside.protocol.wire.audit import DETAILS

pytestmark = [pytest.mark.long, pytest.mark.system]

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PIPE = "\\\\.\\pipe\\benchside-agent"
STATE = "C:\\ProgramData\\Benchside\\agent"
NEW_PASSWORD = "four-words-of-the-smoke"
SETTLE_S = 3.0
"""Wine draws a window some time after it has one."""
# Of the panel (panel.py) on the desktop: its lamp, its button, its field.
LAMP, LASER, FIELD = (180, 280), (160, 140), (420, 240)
RED, GREEN = (192, 32, 32), (32, 192, 32)


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    with Children(tmp_path_factory.mktemp("windows")) as children:
        yield children


@pytest.fixture(scope="module")
def world(children: Children) -> World:
    return make_world(children, tls=True)


@pytest.fixture(scope="module")
def pc(children: Children, world: World) -> Iterator[WindowsPC]:
    """Enrolled, reviewed, and with its service running: all with the product's own words, on Windows."""
    pc = WindowsPC(children, world.folder)
    try:
        enrol(pc, world)
        pc.command("sc", "delete", SERVICE)
        start = f"{wine.windows_path(wine.PYTHON)}\\pythonw.exe -m benchside agent --state {STATE} run"
        pc.command("sc", "create", SERVICE, "binPath=", start, "start=", "demand")
        pc.command("net", "start", SERVICE)
        pc.wait(lambda: any("RUNNING" in line for line in pc.command("sc", "query", SERVICE)), "a running service")
        yield pc
        pc.command("net", "stop", SERVICE)
        assert any("STOPPED" in line for line in pc.command("sc", "query", SERVICE)), "the service ends in order"
    finally:
        pc.close()


def enrol(pc: WindowsPC, world: World) -> None:
    for old in sorted(pc.state.glob("*")) if pc.state.exists() else ():
        old.unlink()
    pc.state.mkdir(parents=True, exist_ok=True)
    assert world.certificates is not None
    (pc.state / "agent.toml").write_text(f"ca_file = '{wine.windows_path(world.certificates.authority)}'\n")
    token = world.folder / "token"
    token.write_text(run("admin", "enrolment-token", "--data", world.server_folder, "--site", SITE))
    agent = ("-m", "benchside", "agent", "--state", STATE)
    pc.run(
        *agent, "enrol", "--token-file", token, "--device", "Analyser PC 3", "--site-name", "St. Anna Hospital",
        "--registrant", "Jordi Puig", "--email", "jordi.puig@st-anna.example",
        "--instrument", "CX-3,CX-200,SN-20482,no-patient-data",
    )  # fmt: skip
    pc.run(*agent, "review", "--by", "Hospital IT, A. Serra")
    pc.run(*agent, "accept-terms", "--by", "Dr. N. Vidal", "--version", "2026-1", "--text",
           ROOT / "examples" / "demo" / "terms.txt")  # fmt: skip


def test_an_engineer_sees_the_windows_desktop_and_clicks_in_it(pc: WindowsPC, world: World, tmp_path: Path) -> None:
    state = tmp_path / "panel.txt"
    pc.start(HERE / "panel.py", state)
    pc.wait(state.exists, "the panel")
    with Engineer(world.web_url, tmp_path, size=(1500, 1000)) as engineer:
        engineer.sign_in(world.account, world.password, NEW_PASSWORD)
        sign_in_associate(world, engineer.make_key())
        engineer.wait_for_policy()
        engineer.open_queue()
        technician = pc.start(HERE / "technician.py", PIPE)
        code = technician.wait_for("code ")
        engineer.claim()
        engineer.enter_code(code)
        engineer.ask("view", "look at the laser")
        engineer.wait_granted("view")
        wait_for_colour(pc, engineer, LAMP, RED)
        engineer.ask("control", "switch the laser on")
        engineer.wait_granted("control")
        engineer.click_pc(*LASER)
        pc.wait(lambda: state.read_text(encoding="utf-8").startswith("on"), "the laser on")
        wait_for_colour(pc, engineer, LAMP, GREEN)
        engineer.click_pc(*FIELD)
        engineer.type_pc("Lot 7 ñ€@")
        pc.wait(lambda: "Lot 7 ñ€@" in state.read_text(encoding="utf-8"), "what was typed")
        engineer.picture("windows")
        engineer.click("leave")
        engineer.click("leave-yes")
        assert technician.wait_for("over ") == "left"


def test_a_technician_asks_for_help_in_the_real_window(pc: WindowsPC) -> None:
    """By keys of the X server, which for Wine are those of a keyboard.  What is asked stands in the PC's journal."""
    before = len(requests(pc))
    desk = pc.start("-m", "benchside", "desk", "--socket", PIPE, "--language", "en")
    # Keys that come while the window opens would go into half of it, and some that come just after do nothing, so it
    # is waited for, and all is typed again until it was heard.
    pc.wait(lambda: is_shown(pc, "Benchside"), "the desk's window", 120)
    time.sleep(SETTLE_S)
    pc.wait(lambda: ask_by_hand(pc) or len(requests(pc)) > before, "a request in the journal", 120)
    assert "Pia Roca" in requests(pc)[-1]
    desk.process.terminate()
    pc.command("taskkill", "/F", "/IM", "python.exe")
    pc.wait(lambda: len(requests(pc, "session_ended")) > before, "the end of a request whose desk is gone")


def is_shown(pc: WindowsPC, title: str) -> bool:
    """Whether a window of this title is on the X display."""
    words = ["xdotool", "search", "--onlyvisible", "--name", f"^{title}$"]
    done = subprocess.run(words, env=pc.environment, capture_output=True, text=True, timeout=30, check=False)
    return bool(done.stdout.split())


def ask_by_hand(pc: WindowsPC) -> None:
    for words in (
        ("mousemove", "640", "700", "key", "Return"),
        ("type", "--delay", "40", "Pia Roca"),
        ("key", "Tab"),
        ("type", "--delay", "40", "The laser stays off"),
        ("key", "Tab", "Tab", "Return"),
    ):
        subprocess.run(["xdotool", *words], env=pc.environment, check=True, timeout=30)
        time.sleep(0.7)
    time.sleep(2)


def requests(pc: WindowsPC, kind: str = "request_opened") -> list[str]:
    """The details of these entries of the PC's journal, the oldest first."""
    with contextlib.closing(sqlite3.connect(f"file:{pc.state / 'journal.db'}?mode=ro", uri=True, timeout=5)) as file:
        rows = file.execute("SELECT details FROM entry WHERE kind = ? ORDER BY sequence", (kind,)).fetchall()
    return [str(DETAILS.decode(details)) for (details,) in rows]


def wait_for_colour(pc: WindowsPC, engineer: Engineer, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Until the console's canvas has this colour at a pixel of the PC; pictures on a full line may be lossy for now."""

    def is_there() -> bool:
        seen = engineer.page.evaluate(
            "([x, y]) => { const c = document.querySelector('[data-testid=screen] canvas');"
            " if (!c) return [];"
            " const w = new OffscreenCanvas(1, 1).getContext('2d'); w.drawImage(c, x, y, 1, 1, 0, 0, 1, 1);"
            " return Array.from(w.getImageData(0, 0, 1, 1).data); }",
            list(place),
        )
        return bool(seen) and max(abs(one - other) for one, other in zip(seen, colour, strict=False)) < 8

    try:
        pc.wait(is_there, f"{colour} at {place} on the console")
    except AssertionError:
        print("see", engineer.picture("failure"))
        raise
