"""The governor: how much of the machine pictures may take, so that the instrument's program keeps the rest.

A bucket of processor time: it fills with the allowed share of the machine and is emptied by what was used.  A click
after a rest is answered from what has gathered; motion comes as often as the share allows.
"""

from __future__ import annotations

from benchside.protocol.errors import CallerError

__all__ = ["DEFAULT_SHARE", "Governor"]

DEFAULT_SHARE = 0.3
"""Of the whole machine: three tenths of all cores together."""

# What may gather while nothing happens: a whole page, some clicks.  More would let a burst be felt by an assay.
MAX_GATHERED_S = 0.25


class Governor:
    """The budget of one host.  Times are seconds: `now` of a monotonic clock, `used_s` of the processor's so far."""

    def __init__(self, cores: int, now: float, used_s: float, share: float = DEFAULT_SHARE) -> None:
        """`cores` the machine's, `share` of them all."""
        self._cores = cores
        self._left_s = MAX_GATHERED_S
        self._now, self._used_s = now, used_s
        self.share = share

    @property
    def share(self) -> float:
        """Of the whole machine, 0.01 to 1."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        if not 0.01 <= share <= 1.0:
            raise CallerError(f"expected a share of the machine of 0.01 to 1, got {share}")
        self._share = share

    @property
    def cores(self) -> float:
        """The share in cores: 0.6 is six tenths of one."""
        return self._share * self._cores

    def may_work(self, now: float, used_s: float) -> bool:
        """Whether there is processor time left to take a picture with."""
        self._left_s += (now - self._now) * self.cores - (used_s - self._used_s)
        self._left_s = min(self._left_s, MAX_GATHERED_S)
        self._now, self._used_s = now, used_s
        return self._left_s > 0

    def deadline(self) -> float:
        """When `may_work` becomes true if nothing else is used; in the past when it is."""
        return self._now + max(0.0, 1e-4 - self._left_s) / self.cores
