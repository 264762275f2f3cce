"""A sentence without its language: a message id and what goes into its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Phrase"]


@dataclass(frozen=True)
class Phrase:
    """`id` is in every catalogue; `values` fill its `{places}`; a value may be a phrase itself."""

    id: str
    values: Mapping[str, str | int | Phrase] = field(default_factory=dict)
