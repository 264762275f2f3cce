"""What a prompt says, sentence by sentence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from benchside.desk.models.phrase import Phrase
from benchside.protocol.wire.capability import Capability, GrantScope, MonitorInfo
from benchside.protocol.wire.desk import PromptKind, PromptShown

__all__ = ["Question", "first_scope", "phrase_question", "say_place"]


@dataclass(frozen=True, slots=True)
class Question:
    """`allows` and `keeps`: what would be possible, and what would stay impossible."""

    title: Phrase
    allows: Phrase
    keeps: Phrase
    length: Phrase
    allow: Phrase
    deny: Phrase
    chooses_scope: bool
    asks_paste: bool = False


def phrase_question(prompt: PromptShown) -> Question:
    """Return the words of `prompt`.  *Who* comes beside them from the policy's entry, never from here."""
    what = prompt.capability
    name = {"name": prompt.associate.name}
    minutes = {"minutes": max(1, round(prompt.grant_s / 60))}
    match prompt.kind:
        case PromptKind.GRANT:
            return Question(
                title=Phrase(f"prompt.title.{what}", name),
                allows=Phrase(f"prompt.allows.{what}"),
                keeps=Phrase(f"prompt.keeps.{what}"),
                length=Phrase("prompt.length", minutes),
                allow=Phrase("prompt.allow"),
                deny=Phrase("prompt.deny"),
                chooses_scope=what is Capability.VIEW,
                asks_paste=what is Capability.CONTROL,
            )
        case PromptKind.EXTEND:
            return Question(
                title=Phrase(f"prompt.extend.{what}", name),
                allows=Phrase(f"prompt.allows.{what}"),
                keeps=Phrase("prompt.extend.keeps"),
                length=Phrase("prompt.extend.length", minutes),
                allow=Phrase("prompt.extend.allow"),
                deny=Phrase("prompt.extend.deny"),
                chooses_scope=False,
            )
        case PromptKind.STILL_THERE:
            return Question(
                title=Phrase("prompt.still_there"),
                allows=Phrase("prompt.still_there.allows", {**name, "capability": Phrase(f"capability.{what}")}),
                keeps=Phrase("prompt.still_there.keeps"),
                length=Phrase("prompt.still_there.length"),
                allow=Phrase("prompt.still_there.allow"),
                deny=Phrase("prompt.still_there.deny"),
                chooses_scope=False,
            )


def first_scope(monitors: tuple[MonitorInfo, ...]) -> GrantScope:
    """Return the scope that is chosen when the prompt opens: the primary monitor, which shares least by surprise."""
    if not monitors:
        return GrantScope()
    primary = next((monitor for monitor in monitors if monitor.primary), monitors[0])
    return GrantScope(monitors=(primary.id,))


def say_place(monitor: MonitorInfo, monitors: tuple[MonitorInfo, ...]) -> Phrase | None:
    """Return where a screen stands, which its number tells nobody; None where they are in no plain row or column."""
    across = [(one.x_px, one.x_px + one.width_px, one.id) for one in monitors]
    down = [(one.y_px, one.y_px + one.height_px, one.id) for one in monitors]
    for spans, (first, last) in ((across, ("left", "right")), (down, ("top", "bottom"))):
        row = sorted(spans)
        if len(row) > 1 and all(one[1] <= two[0] for one, two in pairwise(row)):
            at = [span[2] for span in row].index(monitor.id)
            return Phrase(f"prompt.monitor.{first if at == 0 else last if at == len(row) - 1 else 'middle'}")
    return None
