"""What the machine remembers of one capability."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchside.protocol.flow.consent.grant import ConsentGrant
from benchside.protocol.flow.consent.table import Stage
from benchside.protocol.wire.capability import Capability, GrantScope
from benchside.protocol.wire.desk import PromptKind

__all__ = ["Slot"]


@dataclass
class Slot:
    """Moments are on the clock that is passed in as `now`, in seconds."""

    capability: Capability
    stage: Stage = Stage.NONE
    purpose: str = ""
    awaited_entry: int = 0
    """The journal entry that the next stage waits for; 0: none."""
    prompt: int = 0
    """The prompt that is open for this capability; 0: none."""
    kind: PromptKind = PromptKind.GRANT
    silence_at: float = 0.0
    scope: GrantScope = field(default_factory=GrantScope)
    grant: ConsentGrant | None = None
    ends_at: float = 0.0
    still_there_at: float = 0.0
    renewal_asked: bool = False
    channel_is_up: bool = False
    epoch: int = 0
    noes: int = 0
    again_at: float = 0.0
    withdrawn: int = 0

    @property
    def stands(self) -> bool:
        """True while there is a grant."""
        return self.stage in (Stage.GRANTED, Stage.RENEWING)

    @property
    def is_underway(self) -> bool:
        """True between the question and its answer's effect."""
        return self.stage in (Stage.NOTING, Stage.QUEUED, Stage.PROMPTED, Stage.RECORDING)

    def forget_grant(self) -> None:
        """Clear all that belonged to the grant.  The epoch stays: it only rises within a session."""
        self.grant = None
        self.ends_at = self.still_there_at = 0.0
        self.renewal_asked = self.channel_is_up = False
        self.scope = GrantScope()
