"""Patterns of log rules: what they find, what they may tell, and that no line makes them slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.adapters.pattern import (
    MAX_PATTERN,
    MAX_SKIPS,
    NumberField,
    PatternError,
    WordField,
    read_pattern,
)

SIDE = WordField(("left", "left rear", "right"))
KPA = NumberField(0, 200)
MODULE = NumberField(1, 12, is_whole=True)


def find(pattern: str, line: str, **fields: NumberField | WordField) -> dict[str, int | float | str] | None:
    return read_pattern(pattern, fields).find(line)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("ERROR 17", "2026-01-01 ERROR   17 in module", {}),
        ("ERROR 17", "ERROR\t17", {}),
        ("ERROR 17", "ERROR17", None),
        ("cover {side} open", "cover left rear open", {"side": "left rear"}),
        ("cover {side} open", "cover upper open", None),
        ("E {*} p={kpa} kPa", "E x p=? p=41,5 kPa", {"kpa": 41.5}),
        ("module {module}: {{ok}}", "module 7: {ok}", {"module": 7}),
        ("{_} WARN {module}", "[10:00:01.3] WARN 3", {"module": 3}),
        ("{_} WARN {module}", " WARN 3", None),
        ("p={kpa}", "p=-3", {}),
        ("p={kpa}", "p=700", {}),
        ("m={module}", "m=2.5", {}),
        ("a(b)*c+ .", "a(b)*c+ .", {}),
        ("{module} done", "1234567890123456000000000000000000004 done", None),
        ("開く {side}", "カバーが 開く right", {"side": "right"}),
    ],
)
def test_what_is_found(pattern: str, line: str, found: dict[str, object] | None) -> None:
    fields = {"side": SIDE, "kpa": KPA, "module": MODULE}
    used = {name: field for name, field in fields.items() if "{" + name + "}" in pattern}
    assert find(pattern, line, **used) == found


@pytest.mark.parametrize(
    ("pattern", "fields", "says"),
    [
        ("a" * (MAX_PATTERN + 1), {}, "at most"),
        ("ERROR {side}", {}, "not declared"),
        ("ERROR", {"side": SIDE}, "not in the pattern"),
        ("E {side} {side}", {"side": SIDE}, "twice"),
        ("E { x", {}, "written {{"),
        ("E } x", {}, "written }}"),
        ("{*} {_}", {}, "literal"),
        ("", {}, "literal"),
        ("E " + "{*}" * (MAX_SKIPS + 1), {}, "at most"),
        ("E\nF", {}, "one line"),
    ],
)
def test_mistakes_are_told(pattern: str, fields: dict[str, WordField], says: str) -> None:
    with pytest.raises(PatternError, match=says):
        read_pattern(pattern, fields)


@given(st.text(max_size=300))
def test_any_line_is_taken(line: str) -> None:
    found = find("E {_} {*}{side}: {kpa} {module}", line, side=SIDE, kpa=KPA, module=MODULE)
    assert found is None or set(found) <= {"side", "kpa", "module"}


@given(st.text(alphabet="abc {}*_+()[]\\.^$|?", max_size=60))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        found = read_pattern(pattern, {})
    except PatternError:
        return
    found.find(pattern)


@given(st.integers(-300, 300), st.integers(0, 99))
def test_a_number_is_told_only_in_its_range(whole: int, part: int) -> None:
    text = f"{whole}.{part:02}"
    value = float(text)
    assert find("p={kpa}", f"p={text} kPa", kpa=KPA) == ({"kpa": value} if 0 <= value <= 200 else {})


@pytest.mark.parametrize(
    "line",
    [
        "x " * 32768,
        "x" * 65536,
        "1" * 65536,
        "E " + "a1 " * 20000,
        " " * 65536 + "E",
        "E" + "E " * 30000,
        "1,1." * 16384,
    ],
)
def test_no_line_is_slow(line: str) -> None:
    """The worst that rules may say, held against what is worst for them: no more than some milliseconds."""
    patterns = [
        read_pattern("{_} {_} {_} {_} {_} {_} {_} {_} E", {}),
        read_pattern("{*}".join("{_} " * 1 for _ in range(4)) + "E", {}),
        read_pattern("{kpa} {module}{side}{*}{*} {_}E", {"kpa": KPA, "module": MODULE, "side": SIDE}),
    ]
    began = time.process_time()
    for pattern in patterns:
        pattern.find(line + "E")
        pattern.find("E" + line)
    # a hundred times what it takes; going back would take for ever
    assert time.process_time() - began < 2
