"""What the judge writes down of each capability."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchside.protocol.wire.capability import GrantScope
from benchside.protocol.wire.desk import PromptKind


@dataclass
class OpenPrompt:
    number: int
    kind: PromptKind
    opened_at: float


@dataclass
class Notes:
    """What the notebook says of one capability."""

    asked_entry: int = 0
    waits_for_prompt: bool = False
    yes_entry: int = 0
    scope: GrantScope = field(default_factory=GrantScope)
    prompt: OpenPrompt | None = None
    grant: bytes | None = None
    grant_scope: GrantScope = field(default_factory=GrantScope)
    ends_at: float = 0.0
    still_at: float = 0.0
    renewal_asked: bool = False
    up: bool = False
    epoch: int = 0
    noes: int = 0
    again_at: float = -1e9
    withdrawn: int = 0
