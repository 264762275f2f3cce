"""Nothing of a word that `{_}` passes over is ever told (R66), whatever a rule goes on with after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.adapters.pattern import Field, NumberField, WordField, read_pattern

SECRET = "7"
"""Stands in words that are to be passed over and nowhere else."""
WORDS = ("left", "rear7")


@dataclass(frozen=True)
class Step:
    """A part of a pattern, and of a line that it matches."""

    pattern: str
    line: str
    fields: dict[str, Field]


# what a next piece would gladly begin with is in it: numbers, words, units, the pattern's own texts
_bits = st.sampled_from(["7", "77", "A", "-7", "7.7", "7,7", "rear7", "kPa", "t1", "t2:", ":", "]x", "a" * 60])
secrets = st.lists(_bits, min_size=1, max_size=6).map("".join).filter(lambda word: SECRET in word)
noises = st.lists(st.sampled_from(["", "vol", "3", "kPa", "left", "x9", "12"]), max_size=3).map(" ".join)


def _number(draw: st.DrawFn, at: int) -> Step:
    value, unit = draw(st.integers(0, 6)), draw(st.sampled_from(["", " kPa", "."]))
    any_, noise = draw(st.sampled_from([("", ""), ("{*}", draw(noises) + " ")]))
    return Step(f"{any_}{{n{at}}}{unit}", f"{noise}{value}{unit}", {f"n{at}": NumberField(-1e6, 1e6)})


def _word(draw: st.DrawFn, at: int) -> Step:
    return Step(f"{{*}}{{w{at}}}", f"{draw(noises)} left", {f"w{at}": WordField(WORDS)})


def _skip(draw: st.DrawFn, at: int) -> Step:
    """`{_}` after a text that stands nowhere else before it, and before a blank, anything or the end."""
    secret, end = draw(secrets), draw(st.sampled_from(["", " "]))
    return Step(f"{{*}}t{at} {{_}}{end}{{*}}", f" t{at} {secret} {draw(noises)} ", {})


KINDS: tuple[Callable[[st.DrawFn, int], Step], ...] = (_number, _word, _skip)


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    # with more of them a pattern would have more than MAX_SKIPS
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    return [_skip(draw, 9), *(kind(draw, at) for at, kind in enumerate(kinds))]


@given(steps(), noises, noises)
def test_nothing_of_a_word_that_is_passed_over_is_told(made: list[Step], before: str, behind: str) -> None:
    fields = {name: field for step in made for name, field in step.fields.items()}
    line = before + "".join(step.line for step in made) + " " + behind
    pattern = read_pattern("".join(step.pattern for step in made).replace("{*}{*}", "{*}").removeprefix("{*}"), fields)
    found = pattern.find(line)
    assert SECRET not in "".join(str(value) for value in (found or {}).values())


@given(st.integers(1, 400))
def test_however_long_the_word_is(length: int) -> None:
    pattern = read_pattern("sample {_}{*}{n}", {"n": NumberField(0, 1e6)})
    assert pattern.find("sample " + "A7" * length + " volume 35 ul") == {"n": 35.0}
