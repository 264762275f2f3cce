"""What the PC believes: the authority it pinned, and the newest policy that this authority signed."""

from __future__ import annotations

import hashlib

from benchside.agent.identity import DeviceFolder
from benchside.agent.journal import Journal
from benchside.protocol.errors import PeerError, RefusedError
from benchside.protocol.trust.policy import Policy, follow_rotations, read_policy
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.desk import AssociateShown
from benchside.protocol.wire.link import PolicyOffered

__all__ = ["Belief"]

MAX_REFUSALS = 100
"""Different offers written down in one run of the agent: enough to tell the tale."""

_FACT = "policy version"
"""The highest version that was ever believed, kept apart from the policy itself."""


class Belief:
    """Holds the pin and the policy; both change only through `consider`."""

    def __init__(self, folder: DeviceFolder, journal: Journal) -> None:
        """UnavailableError when a stored file is spoilt."""
        self._folder = folder
        self._journal = journal
        self.pin = folder.pin()
        stored = folder.policy()
        self.signed: bytes | None = stored[0] if stored else None
        self.policy: Policy | None = stored[1] if stored else None
        self._refused: set[bytes] = set()
        floor = journal.fact(_FACT)
        self._floor = 0 if floor is None else int.from_bytes(floor, "big")

    @property
    def version(self) -> int:
        """The policy's version; 0 without one."""
        return 0 if self.policy is None else self.policy.version

    def known(self, associate: str) -> AssociateShown | None:
        """Return an associate as the policy knows them; None for anybody else, whatever the server calls them."""
        entry = None if self.policy is None else self.policy.associate(associate)
        return None if entry is None else AssociateShown(name=entry.name, organisation=entry.organisation)

    def owns(self, associate: str, key: bytes) -> bool:
        """Return whether the policy names this key for this associate."""
        entry = None if self.policy is None else self.policy.associate(associate)
        return entry is not None and key in entry.keys

    def consider(self, offered: PolicyOffered) -> bool:
        """Believe what the pinned authority (or its successor) signed and what is newer; return if it was taken.

        A refusal is journalled once for each different offer, so a server cannot fill the disk with them.
        """
        if offered.policy == self.signed:
            return False
        try:
            pin = follow_rotations(self.pin, offered.rotations)
            # a lost or restored file must not bring an older policy back
            policy = read_policy(offered.policy, pin, at_least_version=max(self.version + 1, self._floor))
        except (PeerError, RefusedError) as error:
            self._refuse(offered, error)
            return False
        self._journal.append(EventKind.POLICY_ACCEPTED, None, EventDetails(version=str(policy.version)))
        if pin != self.pin:
            serial = str(pin.rotation_serial)
            self._journal.append(EventKind.AUTHORITY_ROTATED, None, EventDetails(version=serial))
        self._floor = policy.version
        self._journal.keep_fact(_FACT, policy.version.to_bytes(8, "big"))
        self._folder.keep_policy(offered.policy, pin)
        self.pin, self.policy, self.signed = pin, policy, offered.policy
        return True

    def _refuse(self, offered: PolicyOffered, error: PeerError | RefusedError) -> None:
        digest = hashlib.sha256(offered.policy).digest()
        if digest in self._refused or len(self._refused) >= MAX_REFUSALS:
            return
        self._refused.add(digest)
        cause = error.reason.value if isinstance(error, RefusedError) else error.fault.value
        self._journal.append(EventKind.POLICY_REFUSED, None, EventDetails(cause=cause))
