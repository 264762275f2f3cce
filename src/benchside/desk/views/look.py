"""What every view is given to look and speak alike: the texts of one language and the tokens of one appearance."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.desk.look.tokens import Tokens
from benchside.desk.texts import Texts

__all__ = ["Look"]


@dataclass(frozen=True)
class Look:
    """Both stay the same for the life of a view; when one changes, the views are built again."""

    texts: Texts
    tokens: Tokens
