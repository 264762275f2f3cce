"""One piece of a log rule's pattern, part by part, as a regular expression that never goes back.

A part is possessive and bounded, and takes no more than leaves room for the part after it:

    {_}     ends where that begins: `[{_}] ERROR` passes over what stands before the first `] E…`; at the end of a
            piece it takes the whole word, so that nothing of it is found by the next piece; at the beginning of one,
            where it may begin anywhere, it is the character before that: more would be found in the same lines
    number  a point or a comma that stands after it in the pattern is no decimal point, unless there is one of its own
            before it: `temp {t}.` finds 37. and 37.5.; between two numbers it never is one: `Pump {a},{b}`
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Blank", "DeadPatternError", "Number", "Part", "PatternError", "Skip", "Text", "Word", "form_of"]

MAX_DIGITS = 15
"""What a float holds exactly."""
MAX_SKIPPED = 120
"""Characters without a blank that `{_}` passes over: a path, a GUID, a moment with its zone."""
MAX_NEARLY = 8
"""Times within `{_}` that the part after it seems to begin and does not, and so many runs of MAX_SKIPPED more."""
MAX_BLANKS = 40
"""Columns are padded so far at most."""
MAX_AHEAD = 16
"""Characters after `{_}` that are looked for: enough to know the place, and few to look at in many places."""

_BLANK = "[ \t]"
_DIGIT = "[0-9]"
_MARKS = ".,"


class PatternError(ValueError):
    """A mistake in a pattern, in words for who wrote it."""


class DeadPatternError(PatternError):
    """A pattern that is well written, and that no line can match."""


@dataclass(frozen=True)
class Text:
    """Characters that stand there as they are written."""

    text: str


@dataclass(frozen=True)
class Blank:
    """Blanks and tabs, at least one."""


@dataclass(frozen=True)
class Skip:
    """`{_}`."""


@dataclass(frozen=True)
class Number:
    """A field that is a number."""

    name: str


@dataclass(frozen=True)
class Word:
    """A field that is one of some words."""

    name: str
    words: tuple[str, ...]


Part = Text | Blank | Skip | Number | Word


def form_of(piece: Sequence[Part]) -> str:
    """Return the regular expression of what stands between two `{*}`; DeadPatternError for what can match nothing."""
    return "".join(_form(part, piece[:at], piece[at + 1 :]) for at, part in enumerate(piece))


def _form(part: Part, before: Sequence[Part], after: Sequence[Part]) -> str:
    match part:
        case Text(text):
            return re.escape(text)
        case Blank():
            return f"{_BLANK}{{1,{MAX_BLANKS}}}+"
        case Word(name, words):
            # longest first: a word may begin with another; atomic, so that nothing is tried twice
            ordered = sorted(words, key=len, reverse=True)
            return f"(?P<{name}>(?>{'|'.join(re.escape(word) for word in ordered)}))"
        case Number(name):
            return f"(?P<{name}>{_number(name, before, after)})"
        case Skip():
            return _skip(after) if before or not after else _character(after)


def _skip(after: Sequence[Part]) -> str:
    if not after:
        # all of the word, however long it is: what a next piece finds in a rest of it would be told (R66)
        return "[^ \t]++"
    _refuse_twice(after)
    if isinstance(after[0], Blank):
        return f"[^ \t]{{1,{MAX_SKIPPED}}}+"
    first, ahead = _first(after[0]), _ahead(after)
    run, nearly = f"[^ \t{first}]{{0,{MAX_SKIPPED - 1}}}+", f"(?!{ahead})[{first}]"
    return f"(?>[^ \t{first}]|{nearly}){run}(?:{nearly}{run}){{0,{MAX_NEARLY}}}+"


def _character(after: Sequence[Part]) -> str:
    """`{_}` that begins a piece: nothing before it says where, so a word is not walked through from each of its places.

    What comes after it is found where the last place in front can be passed over, and that is this one alone.
    """
    _refuse_twice(after)
    return f"(?!{_ahead(after)})[^ \t]"


def _refuse_twice(after: Sequence[Part]) -> None:
    if isinstance(after[0], Skip):
        raise DeadPatternError("{_} twice, one directly after the other, is written once")


def _first(part: Part) -> str:
    """The characters that a part may begin with, as they stand in a class."""
    match part:
        case Text(text):
            return re.escape(text[0])
        case Word(_, words):
            return "".join(sorted({re.escape(word[0]) for word in words}))
        case Number():
            return r"0-9+\-"
        case Blank() | Skip():
            return " \t"


def _ahead(after: Sequence[Part]) -> str:
    """What is written there, up to and with the beginning of the first field."""
    found, left = "", MAX_AHEAD
    for part in after:
        match part:
            case Text(text):
                found += re.escape(text[:left])
                left -= len(text)
            case Blank():
                found += _BLANK
                # how many there are is not known, so what comes behind them has no place
                left = 0
            case Word(_, words):
                return found + f"(?:{'|'.join(re.escape(word) for word in words)})"
            case Number():
                return found + f"[-+]?{_DIGIT}"
            case Skip():
                return found
        if left <= 0:
            return found
    return found


def _number(name: str, before: Sequence[Part], after: Sequence[Part]) -> str:
    # at the beginning of a piece it may be found anywhere, but not in the middle of a longer number
    start = f"(?<!{_DIGIT})" if not before else ""
    digits = f"{_DIGIT}{{1,{MAX_DIGITS}}}+"
    marks = "".join(mark for mark in _MARKS if mark not in (_joint(before[::-1]), _joint(after)))
    fraction = f"(?:[{marks}]{digits}{_behind_fraction(name, after)})?+" if marks else ""
    return f"{start}[-+]?+(?:{digits}{fraction})(?!{_DIGIT})"


def _joint(parts: Sequence[Part]) -> str:
    """The point or comma that alone stands between this number and another one; empty when there is none."""
    match parts:
        case [Text(text), Number(), *_] if text in tuple(_MARKS):
            return text
        case _:
            return ""


def _behind_fraction(name: str, after: Sequence[Part]) -> str:
    """What has to stand behind a decimal part, so that it is not what is written after the number itself."""
    following = after[0] if after else Blank()
    if isinstance(following, Text) and following.text[0].isdecimal():
        raise DeadPatternError(f"a digit directly after the number {name} is one of its own; write what stands between")
    if isinstance(following, Word) and all(word[0].isdecimal() for word in following.words):
        raise DeadPatternError(
            f"words of digits directly after the number {name} are its own; write what stands between"
        )
    if not isinstance(following, Text) or following.text[0] not in _MARKS:
        return ""
    # the end of a sentence; without this, 37.5 would be found as 37 and a point
    if following.text in _MARKS and (len(after) == 1 or isinstance(after[1], Blank)):
        return ""
    return f"(?={re.escape(following.text)})"
