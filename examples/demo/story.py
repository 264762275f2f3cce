"""Plays the whole story with nobody there, and writes down what happened and when.

The technician works from outside on the accessibility tree of the desk's own window, the engineer in a real
Chromium on the console. Nothing of the product knows that they are not people.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

from examples.demo.seat import Seat
from examples.demo.world import ROOT, World, run, sign_in_associate
from examples.engineer.engineer import Engineer
from examples.technician.client import SYSTEM_PYTHON

NEW_PASSWORD = "four-words-of-the-demo"
STATE_WITHIN_S = 10.0


class StoryError(Exception):
    """A step of the story did not come true; the text says which."""


class Story:
    """The steps, each with its moment in milliseconds since the request."""

    def __init__(self, world: World, seat: Seat, state_file: Path) -> None:
        self._world = world
        self._seat = seat
        self._state_file = state_file
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
        engineer.open_queue()

        self._began = time.monotonic()
        code = self.technician("request", "--name", "Pia Roca", "--reason", "The rack does not come out")[-1]["code"]
        self.note("request")
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
