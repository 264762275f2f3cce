"""The waiting page's words: how far the request is, and what became of the code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from benchside.desk.models.phrase import Phrase
from benchside.desk.models.state import DeskState
from benchside.protocol.wire.desk import RequestPhase

__all__ = ["Step", "StepState", "code_is_over", "steps", "why_code_gone"]


class StepState(IntEnum):
    """Where a step is."""

    AHEAD = 0
    NOW = 1
    DONE = 2


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way from asking to being helped."""

    state: StepState
    text: Phrase


_ORDER = (RequestPhase.OPENING, RequestPhase.QUEUED, RequestPhase.CLAIMED, RequestPhase.CHECKING)


def steps(state: DeskState) -> tuple[Step, ...]:
    """Return the four steps; each is done, now, or ahead."""
    here = _ORDER.index(state.phase) if state.phase in _ORDER else len(_ORDER)
    result = []
    for place, phase in enumerate(_ORDER):
        at = StepState.DONE if place < here else StepState.NOW if place == here else StepState.AHEAD
        text = Phrase(f"step.{phase}.{at.name.lower()}")
        if phase is RequestPhase.CLAIMED and at is not StepState.AHEAD and state.associate is not None:
            by = "step.claimed.by" if at is StepState.NOW else "step.claimed.by.done"
            text = Phrase(by, {"name": state.associate.name})
        result.append(Step(at, text))
    return tuple(result)


def code_is_over(state: DeskState, now_s: float) -> bool:
    """Return whether there is no code that an engineer could still use."""
    return state.code is None or state.code.ends_at <= now_s or state.code.attempts_left == 0


def why_code_gone(state: DeskState) -> Phrase:
    """Return why the code is dead; out of time when the agent has not said otherwise yet."""
    return Phrase(f"code.gone.{state.code_gone or 'expired'}")
