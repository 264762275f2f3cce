"""The pattern of one log rule: literal parts and fields, found in a line in time that grows with the line alone.

    ERROR {module}: cover {side} open, {*} pressure {kpa} kPa

`{name}` is a field that the rule declares, a number or one of some words; `{*}` passes over anything, `{_}` over
characters without a blank, up to where what is written after it begins; a blank stands for any run of blanks; `{{` and
`}}` are braces.  A pattern may be found anywhere in what is looked at of a line.

Each piece between two `{*}` becomes a regular expression of possessive, bounded parts, so it never goes back; pieces
are then found one after the other, leftmost first.  That is right because `{*}` takes anything, and costs at most the
line's length times what a piece may pass over.  What a part may take depends on what is written after it: a part that
took more than that would leave nothing for the next, and the pattern would match no line (pieces.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from benchside.notifier.adapters.pieces import Blank, Number, Part, PatternError, Skip, Text, Word, form_of

__all__ = [
    "MAX_LOOKED",
    "MAX_PATTERN",
    "MAX_SKIPS",
    "MAX_WORDS",
    "NumberField",
    "Pattern",
    "PatternError",
    "WordField",
    "read_pattern",
]

MAX_PATTERN = 300
"""Characters; a rule says what is typical of a line, not all of it."""
MAX_FIELDS = 8
"""More than a sentence can name."""
MAX_WORDS = 64
MAX_SKIPS = 8
"""Of `{*}` and `{_}` together: with MAX_LOOKED what bounds the steps of one rule in one line."""
MAX_LOOKED = 4096
"""Characters at a line's beginning that rules are held against: what kind of line it is stands there."""

_TOKEN = re.compile(r"\{\{|\}\}|\{(\*|_|[a-z][a-z0-9_]{0,31})\}|[{}]|[ \t]+|[^{} \t]+")


@dataclass(frozen=True)
class NumberField:
    """A number from `least` to `most`; anything else in its place is not told."""

    least: float
    most: float
    is_whole: bool = False

    def part(self, name: str) -> Part:
        """Return what stands for it in a pattern."""
        return Number(name)

    def take(self, text: str) -> int | float | None:
        """Return the value, or None when it is outside of the range and may not be told."""
        value = float(text.replace(",", "."))
        if not self.least <= value <= self.most or (self.is_whole and not value.is_integer()):
            return None
        return int(value) if self.is_whole else value


@dataclass(frozen=True)
class WordField:
    """One of these words, written exactly so."""

    words: tuple[str, ...]

    def part(self, name: str) -> Part:
        """Return what stands for it in a pattern."""
        return Word(name, self.words)

    def take(self, text: str) -> str | None:
        """Return the word."""
        return text if text in self.words else None


Field = NumberField | WordField


@dataclass(frozen=True)
class Pattern:
    """A pattern that can be found in lines."""

    anchor: str
    """A literal part that each matching line holds: what most lines are refused by."""
    pieces: tuple[re.Pattern[str], ...]
    fields: Mapping[str, Field]

    def find(self, line: str) -> dict[str, int | float | str] | None:
        """Return the fields that may be told, or None when `line` is not meant.  Never raises."""
        line = line[:MAX_LOOKED]
        if self.anchor not in line:
            return None
        values: dict[str, int | float | str] = {}
        at = 0
        for piece in self.pieces:
            found = piece.search(line, at)
            if found is None:
                return None
            at = found.end()
            for name, text in found.groupdict().items():
                value = self.fields[name].take(text)
                if value is not None:
                    values[name] = value
        return values


def read_pattern(text: str, fields: Mapping[str, Field]) -> Pattern:
    """Return the pattern that `text` writes; PatternError for a mistake in it."""
    if len(text) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
    if len(fields) > MAX_FIELDS:
        raise PatternError(f"a pattern has at most {MAX_FIELDS} fields")
    if any(not char.isprintable() and char != "\t" for char in text):
        raise PatternError("a pattern is one line of characters that can be seen")
    if text.count("{*}") + text.count("{_}") > MAX_SKIPS:
        raise PatternError(f"a pattern has at most {MAX_SKIPS} of {{*}} and {{_}}")
    pieces: list[list[Part]] = [[]]
    used: set[str] = set()
    for found in _TOKEN.finditer(text):
        part, name = found[0], found[1]
        if name == "*":
            pieces.append([])
        elif name == "_":
            pieces[-1].append(Skip())
        elif name is not None:
            pieces[-1].append(_field(name, fields, used))
        elif part in ("{", "}"):
            raise PatternError(f"a single {part} in a pattern is written {part * 2}")
        elif part.isspace():
            pieces[-1].append(Blank())
        else:
            _add_text(pieces[-1], {"{{": "{", "}}": "}"}.get(part, part))
    literals = [part.text for piece in pieces for part in piece if isinstance(part, Text)]
    if not literals:
        raise PatternError("a pattern needs a literal part that says which lines are meant")
    unused = sorted(set(fields) - used)
    if unused:
        raise PatternError(f"the field {unused[0]} is declared and not in the pattern")
    forms = tuple(re.compile(form_of(piece)) for piece in pieces if piece)
    return Pattern(max(literals, key=len), forms, dict(fields))


def _add_text(piece: list[Part], text: str) -> None:
    last = piece[-1] if piece else None
    if isinstance(last, Text):
        piece[-1] = Text(last.text + text)
    else:
        piece.append(Text(text))


def _field(name: str, fields: Mapping[str, Field], used: set[str]) -> Part:
    if name not in fields:
        raise PatternError(f"the field {name} is in the pattern and not declared")
    if name in used:
        raise PatternError(f"the field {name} is twice in the pattern")
    used.add(name)
    return fields[name].part(name)
