"""The waits and counts of consent, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ConsentLimits"]


@dataclass(frozen=True, kw_only=True)
class ConsentLimits:
    """All in seconds but for the counts.  A lab may shorten them, never lengthen."""

    silence_s: float = 60.0
    """A prompt that nobody answers is a no: time to walk from the bench to the PC, not to leave it open."""
    again_after_s: float = 60.0
    """The same question after a no: an associate cannot wear a technician down."""
    asked_again: int = 2
    """How often the same question may come again after a no, in a session."""
    withdrawn_s: float = 10.0
    """After a question that was shown and taken back, so that prompts cannot be made to flash."""
    withdrawn_is_no: int = 3
    """Every third question that was shown and taken back counts as a no."""
    grant_s: float = 1800.0
    """A grant's length: most help takes less, and what takes longer is asked again."""
    renew_before_s: float = 300.0
    """The question whether to go on comes so long before the end, so that work is not cut off."""
    still_there_s: float = 1200.0
    """Under control: whether anybody is still watching."""

    @classmethod
    def of_lab(cls, *, grant_s: float, silence_s: float) -> ConsentLimits:
        """The lab's own, shorter times; a short grant is not asked again as soon as it is given."""
        return cls(grant_s=grant_s, silence_s=silence_s, renew_before_s=min(cls.renew_before_s, grant_s / 4))
