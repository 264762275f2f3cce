"""The rule that tells a PC from its restored disk and from its copy.  Pure: the store writes what it decides.

Each link offers the PC a fresh random state; it stores it, says so, and proves it at its next link.  Whatever breaks in
between, an honest PC has the state that was kept last or the one that was offered last, and nothing else.  A disk
from before has an older one.  Of two copies one goes on, so the other has an older one as soon as it comes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from benchside.protocol.errors import PeerError, PeerFault
from benchside.protocol.trust.device import LinkState

__all__ = ["Chain", "Hold", "Said", "hold", "judge", "keep", "release"]


class Hold(StrEnum):
    """Why a device is held."""

    WENT_BACK = "went_back"
    """Its state is older than what it had kept: a restored disk, or the copy that came second."""
    AHEAD = "ahead"
    """Its state is newer than ours: this server was restored."""
    COPIED = "copied"
    """Two of it answered at the same time."""
    OLD_KEY = "old_key"
    """It proved a key that was changed since: a disk from before, or its copy changed the key."""


@dataclass(frozen=True)
class Chain:
    """What the server remembers of a device's links."""

    kept: LinkState
    offer: LinkState | None = None
    hold: Hold | None = None
    is_freed: bool = False
    """A person released it: the one that `freed_for` names may come with any state, once."""
    freed_for: bytes | None = None
    """The instance that was, or is to be, taken for the device; any other that does not fit is told that it is held."""


@dataclass(frozen=True)
class Said:
    """What a hello says; `proves(state)`: whether it holds that state."""

    instance: bytes
    step: int
    proves: Callable[[LinkState], bool]


def judge(chain: Chain, said: Said, fresh: bytes) -> tuple[Chain, bool]:
    """Return the chain after a hello, and whether its PC is welcome; else it is held.  `fresh`: 32 random bytes.

    A PC that is welcome is offered `chain.offer`, which must be on disk before it hears of it.
    """
    if chain.hold is not None:
        return chain, False
    if chain.is_freed:
        if chain.offer is not None and said.proves(chain.offer):
            # by whatever number: what was offered since the release went to nobody but the one that goes on, which
            # forgets its number when it is welcomed and may lose power before its word of that is here
            chain = _moved(chain)
        elif chain.freed_for not in (None, said.instance):
            return chain, False
        step = max(said.step, chain.kept.step, chain.offer.step if chain.offer else 0) + 1
        return dataclasses.replace(chain, freed_for=said.instance, offer=LinkState(step, fresh)), True
    if chain.offer is not None and said.proves(chain.offer):
        chain = _moved(chain)
    elif not said.proves(chain.kept):
        if chain.freed_for is not None:  # the one that was not chosen
            return chain, False
        newest = chain.offer.step if chain.offer else chain.kept.step
        return hold(chain, Hold.AHEAD if said.step > newest else Hold.WENT_BACK), False
    # INVARIANT: an earlier offer is worth nothing from here on; an honest PC that had kept it would have proved it
    return dataclasses.replace(chain, offer=LinkState(chain.kept.step + 1, fresh)), True


def keep(chain: Chain, offered: LinkState) -> Chain:
    """Return the chain once the PC has stored what its link offered; PeerError: a later link offered something else."""
    if chain.hold is not None or chain.offer != offered:
        raise PeerError(PeerFault.OUT_OF_ORDER, "expected the state that was offered last to be kept, got another")
    return dataclasses.replace(_moved(chain), is_freed=False)


def hold(chain: Chain, cause: Hold) -> Chain:
    """Return the chain of a device that is held, until `release`."""
    return dataclasses.replace(chain, hold=chain.hold or cause, is_freed=False, freed_for=None)


def release(chain: Chain, instance: bytes | None) -> Chain:
    """Return the chain of a device that a person has released: `instance`, or else the first that comes, goes on.

    An offer from before it is worth nothing: any of them may have it.
    """
    return dataclasses.replace(chain, offer=None, hold=None, is_freed=True, freed_for=instance)


def _moved(chain: Chain) -> Chain:
    if chain.offer is None:
        return chain
    return dataclasses.replace(chain, kept=chain.offer, offer=None)
