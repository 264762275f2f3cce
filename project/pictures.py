"""Makes the pictures of docs/pictures/: a whole world is played, and photographed at both ends.

`python3 tasks.py docs --pictures` runs it. Names are END-WHAT.LANGUAGE[-dark].png, and those are made that a
document shows; looks that are named are made alone: `python3 tasks.py docs --pictures en es en-dark`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from examples.demo.app import start_instrument
from examples.demo.children import Children
from examples.demo.seat import Seat, start_seat
from examples.demo.world import World, make_world, sign_in_associate, start_desk, start_notifier
from examples.engineer.engineer import Engineer
from examples.technician.client import SYSTEM_PYTHON
from PySide6.QtGui import QImage

from benchside.platform.display.linux import Display
from project import administration_pictures as administration
from project import notice_pictures as notices
from project.paths import ROOT
from project.progress import StepError, say

PICTURES = ROOT / "docs" / "pictures"
LOOKS = ("en", "es", "en-dark")
# A page with two of them loads on a telephone too.
MAX_BYTES = 300_000
CONSOLE_SIZE = (1440, 900)
Z_PIXMAP, ALL_PLANES = 2, 0xFFFFFFFF
# A window that has just appeared is drawn, and the instrument's plot has something in it.
SETTLE_S = 1.5
REQUESTS = {
    "en": ("Pia Roca", "The rack does not come out, and the lid stays locked"),
    "es": ("Pia Roca", "El rack no sale y la tapa sigue bloqueada"),
}
PURPOSES = {
    "en": ("look at the state of the rack", "move the rack back and start the run"),
    "es": ("ver el estado del rack", "retirar el rack e iniciar la serie"),
}


class Session:
    """One world in one look, from the request to the history."""

    def __init__(self, world: World, seat: Seat, look: str, instrument: Path) -> None:
        self._world = world
        self._seat = seat
        self._look = look
        self._language = look.removesuffix("-dark")
        self._instrument = instrument

    def play(self, engineer: Engineer) -> None:
        world, (who, why) = self._world, REQUESTS[self._language]
        password = "four-words-of-the-demo"  # noqa: S105 - of a world that ends with the pictures
        engineer.sign_in(world.account, world.password, password, lambda: self.console("factor", engineer))
        fingerprint = engineer.make_key()
        self.console("key", engineer)
        sign_in_associate(world, fingerprint)
        engineer.wait_for_policy()
        engineer.open_queue()
        self.pc("ready")
        code = self.technician("request", "--name", who, "--reason", why)["code"]
        self.pc("code")
        engineer.see("request-claim")
        self.console("queue", engineer)
        engineer.claim()
        self.console("code", engineer)
        engineer.enter_code(code)
        self.allow(engineer, "view", PURPOSES[self._language][0])
        engineer.wait_exact()
        self.allow(engineer, "control", PURPOSES[self._language][1])
        left, top, width, height = json.loads(self._instrument.read_text())["boxes"]["start"]
        engineer.click_pc(left + width / 2, top + height / 2)
        self.pc("indicator")
        if json.loads(self._instrument.read_text())["state"] != "RUNNING":
            raise StepError("the engineer's click on the instrument changed nothing")
        self.console("session", engineer)
        self.technician("stop")
        engineer.wait_over()
        self.pc("over")
        self.console("over", engineer)
        engineer.page.goto(engineer.page.url.replace("/session/", "/history/"))
        engineer.see("events")
        engineer.click("verify")
        engineer.see("verify-result")
        self.console("history", engineer)

    def allow(self, engineer: Engineer, capability: str, purpose: str) -> None:
        engineer.ask(capability, purpose)
        self.technician("read-prompt")
        self.pc(f"prompt-{capability}")
        self.technician("allow", capability)
        engineer.wait_granted(capability)

    def technician(self, *words: str) -> dict[str, str]:
        """One verb of the scripted technician; its last line."""
        program = ROOT / "examples" / "technician" / "desk.py"
        done = subprocess.run(
            [SYSTEM_PYTHON, program, "--language", self._language, *words],
            env={**os.environ, **self._seat.environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        if done.returncode:
            raise StepError(f"the technician could not {words[0]}: {done.stderr.strip()[-400:]}")
        said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return said

    def pc(self, what: str) -> None:
        """The whole screen of the instrument PC."""
        time.sleep(SETTLE_S)
        keep(photograph(self._seat), f"pc-{what}.{self._look}")

    def console(self, what: str, engineer: Engineer) -> None:
        """What the engineer's browser shows."""
        time.sleep(SETTLE_S)
        engineer.page.mouse.move(2, 2)
        taken = QImage.fromData(engineer.page.screenshot())
        keep(taken, f"console-{what}.{self._look}")


def photograph(seat: Seat) -> QImage:
    os.environ["XAUTHORITY"] = seat.environment.get("XAUTHORITY", "")
    display = Display(seat.display)
    try:
        width, height = display.screen.width_in_pixels, display.screen.height_in_pixels
        whole = display.core.GetImage(Z_PIXMAP, display.root, 0, 0, width, height, ALL_PLANES).reply()
        return QImage(bytes(whole.data.buf()), width, height, width * 4, QImage.Format.Format_RGB32).copy()
    finally:
        display.close()


def is_shown(name: str) -> bool:
    """Whether a document shows this picture."""
    documents = [ROOT / "README.md", *PICTURES.parent.rglob("*.md")]
    return any(f"{name}.png" in document.read_text() for document in documents)


def keep(taken: QImage, name: str) -> None:
    """Writes it as small as PNG can, if a document shows it; StepError when that is not small enough."""
    if not is_shown(name):
        return
    path = PICTURES / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    taken.convertToFormat(QImage.Format.Format_RGB888).save(str(path), "PNG", 0)  # type: ignore[call-overload]  # bytes in the stubs
    if path.stat().st_size > MAX_BYTES:
        raise StepError(f"{path.name} has {path.stat().st_size:,} bytes, more than {MAX_BYTES:,}")
    say(f"  {path.name} ({path.stat().st_size // 1000} kB)")


def make(look: str) -> None:
    """Plays one world and writes its pictures."""
    language, is_dark = look.removesuffix("-dark"), look.endswith("-dark")
    with tempfile.TemporaryDirectory() as folder, Children(Path(folder) / "run") as children:
        seat = start_seat(children)
        state = children.run_folder / "instrument.json"
        start_instrument(children, seat, children.run_folder)
        world = make_world(children, tls=True)
        desk_state = world.folder / "desk"
        desk_state.mkdir()
        appearance = "dark" if is_dark else "light"
        (desk_state / "desk.json").write_text(json.dumps({"appearance": appearance}))
        start_notifier(world)
        start_desk(world, seat, language)
        time.sleep(SETTLE_S)
        with Engineer(world.web_url, world.folder, size=CONSOLE_SIZE, language=language, dark=is_dark) as engineer:
            session = Session(world, seat, look, state)
            session.play(engineer)
            if is_shown(f"pc-notices.{look}"):
                control = children.sockets / f"{children.run_folder.name}.ctl"
                notices.play(world, seat, control, language, engineer, session.pc, session.console)
            if is_shown(f"console-people.{look}"):
                administration.enter_people(world)
                administration.play_administrator(world, engineer, session.console)
        if is_shown(f"console-officer.{look}"):
            officer = Path(folder) / "officer"
            with Engineer(world.web_url, officer, size=CONSOLE_SIZE, language=language, dark=is_dark) as engineer:
                administration.play_officer(world, engineer, session.console)


def main(argv: Sequence[str]) -> int:
    """Makes the pictures of the looks that are named, or of all; returns the exit code."""
    unknown = [look for look in argv if look not in LOOKS]
    if unknown:
        say(f"no look {unknown[0]}; there are: {', '.join(LOOKS)}")
        return 2
    for look in argv or LOOKS:
        say(f"- pictures: {look}")
        make(look)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
