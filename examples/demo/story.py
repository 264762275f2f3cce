"""Plays the whole story with nobody there, and writes down what happened and when.

The analyser breaks; a card comes up on its PC; the technician asks for help with just that; the engineer sees what is
wrong, helps, and is stopped; the analyser is mended, and nothing is left of it on either side.

The technician works from outside on the accessibility tree of the desk's own window, the engineer in a real
Chromium on the console. Nothing of the product knows that they are not people.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from examples.demo.seat import Seat
from examples.demo.world import ROOT, World, run, sign_in_associate
from examples.engineer.engineer import Engineer
from examples.technician.client import SYSTEM_PYTHON

NEW_PASSWORD = "four-words-of-the-demo"
STATE_WITHIN_S = 10.0
FAULT = "laser_hot"
TOO_HOT = "The laser is too hot"
"""What the notice of FAULT says, in the words of the analyser's own catalogue (examples/instrument/watch)."""
ALARM = "its laser is too hot"
"""What the notice of its OPC UA alarm says; the log's notice suppresses it."""
TECHNICIAN = "Pia Roca"


class StoryError(Exception):
    """A step of the story did not come true; the text says which."""


class Story:
    """The steps, each with its moment in milliseconds since the analyser broke."""

    def __init__(self, world: World, seat: Seat, state_file: Path, control: Path) -> None:
        self._world = world
        self._seat = seat
        self._state_file = state_file
        self._control = control
        self._began = 0.0
        self.steps: list[dict[str, object]] = []

    def note(self, step: str, **more: object) -> None:
        """Writes a step down as done now."""
        self.steps.append({"step": step, "at_ms": round((time.monotonic() - self._began) * 1000, 1), **more})

    def technician(self, *words: str) -> list[dict[str, str]]:
        """One verb of the scripted technician; returns what it says."""
        done = subprocess.run(
            [SYSTEM_PYTHON, ROOT / "examples" / "technician" / "desk.py", *words],
            env={**os.environ, **self._seat.environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        if done.returncode:
            raise StoryError(f"the technician could not {words[0]}: {done.stderr.strip()[-400:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def tell(self, engineer: Engineer) -> None:
        """From sign-in to a verified log."""
        world = self._world
        engineer.sign_in(world.account, world.password, NEW_PASSWORD)
        fingerprint = engineer.make_key()
        sign_in_associate(world, fingerprint)
        engineer.wait_for_policy()

        self._began = time.monotonic()
        code = self._break(engineer)
        engineer.claim()
        self.note("claim")
        engineer.enter_code(code)
        self.note("code accepted")
        self._ask(engineer, "view", "look at the rack's state")
        engineer.wait_exact()
        self.note("first exact picture")
        self._ask(engineer, "control", "start the run")
        self._click(engineer)
        self.technician("stop")
        self.note("stop")
        outcome = engineer.wait_over()
        self.note("session over", outcome=outcome)
        self._verify(engineer)
        self._mend(engineer)

    def _break(self, engineer: Engineer) -> str:
        """The analyser breaks, its PC's user hears of it and asks for help with it; returns the code."""
        self._order("on")
        self.note("the analyser is broken", fault=FAULT)
        card = self.technician("open-pop-up", TOO_HOT)[-1]["card"]
        self.note("the card came up, and the technician opens the notices", card=card)
        notice = self.technician("read-notice", TOO_HOT)[-1]["notice"]
        alarm = self.technician("read-notice", ALARM)[-1]["notice"]
        self.note("the notice is read, from the log and from OPC UA", notice=notice, alarm=alarm)
        code = self.technician("request-about", TOO_HOT, "--name", TECHNICIAN)[-1]["code"]
        self.note("request")
        engineer.open_fleet("active")
        self.note("the engineer sees it on the fleet's page", line=engineer.see_condition(TOO_HOT))
        engineer.open_queue()
        reason = engineer.read_reason()
        if TOO_HOT not in reason:
            raise StoryError(f"expected the request to say what is wrong, got {reason!r}")
        self.note("the engineer reads the request", reason=reason)
        return code

    def _mend(self, engineer: Engineer) -> None:
        """The fault is over, and nothing is left of it: on the PC, and on the fleet's page."""
        engineer.open_fleet()
        engineer.see_condition(TOO_HOT)
        self._order("off")
        self.note("the analyser is mended", fault=FAULT)
        for words in (TOO_HOT, ALARM):
            said = self.technician("see-over", words, "--name", TECHNICIAN)[-1]["notice"]
            self.note("the technician has seen that it is over", notice=said)
        for words in (TOO_HOT, ALARM):
            engineer.see_condition_gone(words)
        self.note("nothing of it is left on the fleet's page")

    def _order(self, word: str) -> None:
        """Has FAULT begin or end: a line in the analyser's log, and an alarm of its OPC UA server."""
        done = subprocess.run(
            [sys.executable, "-m", "examples.instrument", "--control", self._control, "--send", f"{word} {FAULT}"],
            cwd=ROOT,
            env={**os.environ, **self._seat.environment, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            raise StoryError(
                f"the analyser did not take the order {word} {FAULT}: {(done.stderr or done.stdout)[-400:]}"
            )

    def _ask(self, engineer: Engineer, capability: str, purpose: str) -> None:
        """The engineer asks and waits for the picture while the technician reads and allows."""
        failures: list[Exception] = []

        def allow() -> None:
            try:
                self.technician("allow", capability)
            except (StoryError, subprocess.TimeoutExpired) as error:
                failures.append(error)

        technician = threading.Thread(target=allow, name=f"technician allows {capability}")
        engineer.ask(capability, purpose)
        self.note(f"{capability} asked")
        technician.start()
        try:
            engineer.wait_granted(capability)
            self.note(f"{capability} granted")
        finally:
            technician.join()
        if failures:
            raise failures[0]

    def _click(self, engineer: Engineer) -> None:
        """A click on the instrument's own button, until the instrument itself says that it happened."""
        before = self._instrument()
        left, top, width, height = before["boxes"]["start"]
        engineer.click_pc(left + width / 2, top + height / 2)
        self.note("first click")
        until = time.monotonic() + STATE_WITHIN_S
        while (now := self._instrument())["state"] == before["state"]:
            if time.monotonic() > until:
                raise StoryError(f"the click on the instrument changed nothing: it is still {before['state']}")
            time.sleep(0.02)
        self.note("state change seen", before=before["state"], after=now["state"])

    def _instrument(self) -> dict[str, dict[str, list[int]]]:
        found: dict[str, dict[str, list[int]]] = json.loads(self._state_file.read_text())
        return found

    def _verify(self, engineer: Engineer) -> None:
        """Both ends' logs: the server's commitments and the PC's chain."""
        request = engineer.page.url.rstrip("/").rsplit("/", 1)[-1]
        until = time.monotonic() + STATE_WITHIN_S
        while True:
            answer = engineer.page.request.get(f"{engineer.web_url}/api/sessions/{request}").json()
            kinds = [event["kind"] for event in answer["events"]]
            if "session_ended" in kinds or time.monotonic() > until:
                break
            time.sleep(0.1)
        checked = engineer.page.request.get(f"{engineer.web_url}/api/sessions/{request}/verify").json()
        journal = run("agent", "--state", self._world.pc_folder, "verify")
        if not checked["intact"] or "intact" not in journal or "session_ended" not in kinds:
            raise StoryError(f"the log could not be verified: {checked}, {journal}, {kinds}")
        self.note("log verified", events=checked["events"], kinds=kinds)
