"""The technician's hands: the acts of the story, from outside on the accessibility tree, without time to think."""

from __future__ import annotations

import gettext
import re
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from examples.technician.client import Technician
from project.paths import ROOT

from bench.session.doorway import Doorway
from benchside.desk.models.guard import DEAF_S
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import (
    AnswerPrompt,
    CodeShown,
    DeskRefused,
    OpenRequest,
    PromptShown,
    SetPaused,
    StopSession,
)

CATALOGUE = ROOT / "src" / "benchside" / "desk" / "locale" / "en.mo"
SLACK_S = 0.1
"""On top of the prompt's own deaf time."""
HEARD_WITHIN_S = 2.0
"""From a press on the accessibility tree to the desk's answer, on a busy machine; then the press came too soon."""
NAME, REASON = "Pia Roca", "The rack does not come out"


class Hands:
    """Knows the window's texts from the product's own catalogue.  A context manager."""

    def __init__(self, environment: Mapping[str, str], doorway: Doorway) -> None:
        self._technician = Technician(environment, app="Benchside")
        self._doorway = doorway
        with Path(CATALOGUE).open("rb") as file:
            self._texts = gettext.GNUTranslations(file)

    def __enter__(self) -> Hands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._technician.close()

    def wait_ready(self) -> None:
        """Until help can be requested."""
        self._technician.read("button", self._name("home.request"), timeout_s=30)

    def request(self) -> tuple[float, float, str]:
        """Ask for help; the moments of the press and of the code's arrival at the desk, and the code."""
        self._press("home.request")
        self._technician.type_text("entry", self._name("ask.name"), NAME)
        self._technician.type_text("entry", self._name("ask.reason"), REASON)
        mark = self._doorway.mark()
        self._press("ask.send")
        pressed_at, _ = self._doorway.wait(OpenRequest, mark)
        coded_at, shown = self._doorway.wait((CodeShown, DeskRefused), mark)
        if not isinstance(shown, CodeShown):
            raise RuntimeError(f"expected a code, got the refusal {shown}")
        return pressed_at, coded_at, shown.code

    def allow(self, capability: Capability, since: int) -> float:
        """Allow the prompt that came after the mark, as soon as it hears; the moment when the desk has the yes."""
        shown_at, prompt = self._doorway.wait(PromptShown, since)
        if prompt.capability is not capability:
            raise ValueError(f"expected to be asked for {capability}, got {prompt.capability}")
        while True:
            # The window opens some time after the message; it hears nothing in its first 700 ms.
            time.sleep(max(0.0, shown_at + DEAF_S + SLACK_S - time.monotonic()))
            self._press("prompt.allow")
            try:
                return self._doorway.wait(AnswerPrompt, since, within_s=HEARD_WITHIN_S)[0]
            except TimeoutError:
                if time.monotonic() > shown_at + 20:
                    raise

    def stop(self) -> float:
        """Press Stop; the moment when the desk sends it."""
        mark = self._doorway.mark()
        self._press("session.stop")
        return self._doorway.wait(StopSession, mark)[0]

    def pause(self, paused: bool) -> None:
        mark = self._doorway.mark()
        self._press("session.pause" if paused else "session.resume")
        self._doorway.wait(SetPaused, mark)

    def done(self) -> None:
        """Put the outcome away, so that help can be requested again."""
        self._press("over.seen")
        self.wait_ready()

    def _press(self, message_id: str) -> None:
        self._technician.press("button", self._name(message_id), timeout_s=20)

    def _name(self, message_id: str) -> str:
        text = self._texts.gettext(message_id)
        return re.sub(r"\\\{(\w+)\\\}", ".+", re.escape(text))
