"""Decides whether a press on a prompt is a person's answer (docs/threats.md, "who presses Allow").

The view feeds every press in and does what comes out; no rule lives in the view.  Refused as answers are:
everything in the first 700 ms (a prompt that appears under a click in flight), presses that a program made
(X11 XTEST devices), auto-repeat, an Allow by key inside a burst of keys (barcode scanners type and end with
Enter), and a mouse press on Allow that was not made and let go there, or by a pointer that was there before
the prompt and has not moved since.  Presses by the accessibility interface come from a screen reader or a
switch; they count after the 700 ms.

A press is judged by when it was made, which a desk that stalls hears of later (`at`); what has to stand alone stands
so from when it was heard (`now`).
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["BURST_AFTER_S", "BURST_BEFORE_S", "DEAF_S", "PromptGuard", "Source", "Verdict"]

DEAF_S = 0.7
"""Longer than the half second in which a person finishes a click or word that was meant for another window."""
BURST_BEFORE_S = 0.4
"""Scanners send a key every 5 to 50 ms; nobody moves to Allow and presses within 400 ms of another key by intent."""
BURST_AFTER_S = 0.25
"""A scanner's next key follows within this; a person does not feel it."""


class Verdict(StrEnum):
    """What a press means for the answer."""

    NOTHING = "nothing"
    ALLOW = "allow"
    DENY = "deny"


class Source(StrEnum):
    """Where an input event came from."""

    PERSON = "person"
    PROGRAM = "program"


class PromptGuard:
    """One prompt's judge.  `at` and `now` are on one monotonic clock, in seconds."""

    def __init__(self, *, opened_at: float, under_pointer: bool) -> None:
        """`under_pointer`: the prompt could not be placed away from the pointer."""
        self._opened_at = opened_at
        self._hears_at = opened_at + DEAF_S
        self._pointer_moved = not under_pointer
        self._pressed_allow = False
        self._last_key_at: float | None = None
        self._allow_at: float | None = None
        self._verdict = Verdict.NOTHING

    def drawn(self, now: float) -> None:
        """It is on the screen only now: what a slow PC took to draw it is not time in which it was seen."""
        self._hears_at = max(self._hears_at, now + DEAF_S)

    def hears(self, at: float, source: Source) -> bool:
        """Return whether an input event of any kind may have an effect on the prompt at all."""
        return at >= self._hears_at and source is Source.PERSON and self._verdict is Verdict.NOTHING

    def pointer_moved(self, at: float) -> None:
        """The pointer moved over the prompt, so whoever clicks has seen it.  The click itself must be a person's."""
        self._pointer_moved = self._pointer_moved or at >= self._opened_at

    def mouse_pressed(self, at: float, source: Source, *, on_allow: bool) -> None:
        """Note where a press of the main button began."""
        self._pressed_allow = on_allow and self._pointer_moved and self.hears(at, source)

    def mouse_released(self, at: float, source: Source, *, on_allow: bool) -> Verdict:
        """Return ALLOW if this press began and ended on Allow."""
        began = self._pressed_allow
        self._pressed_allow = False
        return self._decide(Verdict.ALLOW) if began and on_allow and self.hears(at, source) else Verdict.NOTHING

    def mouse_denied(self, at: float, source: Source) -> Verdict:
        """A click on *Don't allow*."""
        return self._decide(Verdict.DENY) if self.hears(at, source) else Verdict.NOTHING

    def key_pressed(self, at: float) -> None:
        """Note any key, whoever pressed it and whatever it does: it is what makes a burst."""
        self._last_key_at = at if self._last_key_at is None else max(self._last_key_at, at)
        self._allow_at = None

    def key_allowed(self, at: float, source: Source, *, auto_repeat: bool, now: float) -> None:
        """Enter or Space on Allow: it counts at `deadline()` if no other key comes.  Instead of `key_pressed`."""
        is_burst = self._last_key_at is not None and at - self._last_key_at < BURST_BEFORE_S
        is_answer = self.hears(at, source) and not auto_repeat and not is_burst
        self.key_pressed(at)
        self._allow_at = now + BURST_AFTER_S if is_answer else None

    def key_denied(self, at: float, source: Source, *, auto_repeat: bool) -> Verdict:
        """Escape anywhere, or Enter or Space on *Don't allow*: no is the safe answer, so bursts do not matter."""
        is_answer = self.hears(at, source) and not auto_repeat
        self.key_pressed(at)
        return self._decide(Verdict.DENY) if is_answer else Verdict.NOTHING

    def accessibility_pressed(self, now: float, *, allow: bool) -> Verdict:
        """The action "Press" of a screen reader or switch; X input has no part in it."""
        if not self.hears(now, Source.PERSON):
            return Verdict.NOTHING
        return self._decide(Verdict.ALLOW if allow else Verdict.DENY)

    def deadline(self) -> float | None:
        """Return when `settle` is to be called, None when there is nothing to wait for."""
        return self._allow_at

    def settle(self, now: float) -> Verdict:
        """Return ALLOW if a key-activated Allow has stood alone for long enough."""
        if self._allow_at is None or now < self._allow_at or self._verdict is not Verdict.NOTHING:
            return Verdict.NOTHING
        self._allow_at = None
        return self._decide(Verdict.ALLOW)

    def _decide(self, verdict: Verdict) -> Verdict:
        """One prompt has one answer: INVARIANT: after this nothing else is ever returned."""
        self._verdict = verdict
        self._allow_at = None
        return verdict
