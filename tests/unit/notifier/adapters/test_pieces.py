"""Patterns match the lines that they evidently mean, or are refused; and no line makes them slow."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.adapters import pieces
from benchside.notifier.adapters.pattern import (
    MAX_LOOKED,
    NumberField,
    Pattern,
    PatternError,
    WordField,
    read_pattern,
)

NUMBER = NumberField(-1000, 1000)
SIDE = WordField(("left", "right"))
FIELDS = {"a": NUMBER, "b": NUMBER, "c": NUMBER, "side": SIDE}


def find(pattern: str, line: str) -> dict[str, int | float | str] | None:
    used = {name: field for name, field in FIELDS.items() if "{" + name + "}" in pattern}
    return read_pattern(pattern, used).find(line)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("[{_}] ERROR", "[2026-01-01T10:00:00] ERROR pump", {}),
        ("[{_}] ERROR", "[] ERROR pump", None),
        ("[{_}] ERROR", "[2026-01-01 10:00:00] ERROR pump", None),
        ("[{_}] [{_}] E", "[10:00] [main] E", {}),
        ("module={_}; x", "module=abc; x", {}),
        ("({_}) ERROR", "(main.cpp:17) ERROR", {}),
        ("({_}) ERROR", "(f(x)) ERROR", {}),
        ("at {_}: failed", "at C:/x.cpp:17: failed", {}),
        ("at {_}:{a} failed", "at C:/x.cpp:17 failed", {"a": 17.0}),
        ("at {_}:{side} failed", "at C:/x:left failed", {"side": "left"}),
        ("at {_}::{_} failed", "at std::move failed", {}),
        ("{_}abcdefghijklmnopqrstuvwxyz E", "1abcdefghijklmnopqrstuvwxyz E", {}),
        ("id={_}{a}", "id=x7", {"a": 7.0}),
        ("id={_}{a}", "id=T-5", {"a": -5.0}),
        ("id={_}{a}", "id=a-b5", {"a": 5.0}),
        ("id={_}{side}", "id=rear-left", {"side": "left"}),
        ("E {_}", "E 17", {}),
        ("E {_}", "E ", None),
        ("E {_}{*}ok", "E 17ok", None),
        ("E {_}{*}ok", "E 17 ok", {}),
        ("sample {_}{*}{a}", "sample A4711 volume 35 ul", {"a": 35.0}),
        ("door {_}{*}{a} kPa", "door A12 kPa 35 kPa", {"a": 35.0}),
        ("E {_} {a}", "E x:] 17", {"a": 17.0}),
        ("x {_}^] y", "x a^] y", {}),
        ("x {_}-z y", "x a-b-z y", {}),
        ("{_}]", "a]", {}),
    ],
)
def test_a_skip_ends_where_what_is_written_after_it_begins(
    pattern: str, line: str, found: dict[str, object] | None
) -> None:
    assert find(pattern, line) == found


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("{a}.{b} ERR", "1.2 ERR", {"a": 1.0, "b": 2.0}),
        ("Pump {a},{b}", "Pump 3,4", {"a": 3.0, "b": 4.0}),
        ("Pump {a},{b}", "Pump 3.5,-4.5", {"a": 3.5, "b": -4.5}),
        ("Pump {a},{b}", "Pump 3,4,5", {"a": 3.0, "b": 4.0}),
        ("Pump {a}, {b}", "Pump 3,5, 4,5", {"a": 3.5, "b": 4.5}),
        ("v{a}.{b}.{c}", "v1.2.3", {"a": 1.0, "b": 2.0, "c": 3.0}),
        ("v{a}.{b},{c}", "v1.2,3", {"a": 1.0, "b": 2.0, "c": 3.0}),
        ("temp {a}.", "temp 37.", {"a": 37.0}),
        ("temp {a}.", "temp 37.5.", {"a": 37.5}),
        ("temp {a}.", "temp 37.5 C", None),
        ("temp {a}. {b}", "temp 37.5. 3", {"a": 37.5, "b": 3.0}),
        ("temp {a}.{*}x", "temp 37.5.x", {"a": 37.5}),
        ("temp {a}.C", "temp 37.5.C", {"a": 37.5}),
        ("temp {a}.C", "temp 37.C", {"a": 37.0}),
        ("temp {a}.0 bar", "temp 37.0 bar", {"a": 37.0}),
        ("temp {a}.0 bar", "temp 37.5.0 bar", {"a": 37.5}),
        ("temp {a}.0 bar", "temp 37.5 bar", None),
        ("temp {a}.{side}", "temp 3.left", {"a": 3.0, "side": "left"}),
        ("temp {a}.{_}", "temp 3.5.x", {"a": 3.5}),
        ("temp {a}.{_}", "temp 3.x", {"a": 3.0}),
        ("P1{a} E", "P12 E", {"a": 2.0}),
        ("d {a}{b}", "d 3-5", {"a": 3.0, "b": -5.0}),
        ("d {a}-{b}", "d 3-5", {"a": 3.0, "b": 5.0}),
        ("d {a}{side}", "d 3left", {"a": 3.0, "side": "left"}),
        ("{a} E", "1234567890123456 E", None),
    ],
)
def test_a_mark_after_a_number_is_what_the_pattern_says(
    pattern: str, line: str, found: dict[str, object] | None
) -> None:
    assert find(pattern, line) == found


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("E {a}0 bar", "a digit directly after the number a"),
        ("E {_}{_}", "written once"),
        ("E {a}{digits}", "words of digits"),
    ],
)
def test_what_no_line_could_match_is_refused(pattern: str, says: str) -> None:
    fields = {"a": NUMBER, "digits": WordField(("0", "1"))}
    used = {name: field for name, field in fields.items() if "{" + name + "}" in pattern}
    with pytest.raises(PatternError, match=says):
        read_pattern(pattern, used)


PARTS = st.lists(st.sampled_from(["{_}", "{*}", "a", "b", "ab", "]", " ", ": "]), min_size=1, max_size=7)


@given(PARTS, st.text(alphabet="ab]: ", max_size=40))
def test_what_is_found_is_what_going_back_would_find(parts: list[str], line: str) -> None:
    text = "".join(parts)
    try:
        pattern = read_pattern(text, {})
    except PatternError:
        return
    forms = {"{_}": "[^ ]+?", "{*}": ".*?", " ": " +"}
    slow = "".join(forms.get(part) or re.escape(part) for part in re.findall(r"\{.\}| |[^ {]", re.sub(" +", " ", text)))
    if pattern.find(line) is not None:
        assert re.search(slow, line)


@given(
    st.lists(st.text(alphabet="xy0:-", min_size=1, max_size=20), min_size=3, max_size=3),
    st.sampled_from(["]", ";", "] [", ") ", "|", "=>"]),
)
def test_evident_lines_match(skipped: list[str], between: str) -> None:
    pattern = f"<{{_}}{between}{{_}}{between}{{_}}> END"
    assert find(pattern, f"10:00 <{between.join(skipped)}> END of it") == {}


LEADING = st.lists(
    st.sampled_from([
        pieces.Skip(), pieces.Blank(), pieces.Text("a"), pieces.Text("ab"), pieces.Text("aa"), pieces.Text(":"),
        pieces.Text("-1"), pieces.Number("n"), pieces.Word("w", ("a", "ab", "1a")),
    ]),
    max_size=4,
)  # fmt: skip
BITS = st.lists(st.sampled_from(["a", "b", ":", "-", "1", ".", " ", "ab", "aaab", "a" * 9, "x" * 130]), max_size=30)


@given(LEADING, BITS.map("".join), st.integers(0, 30))
def test_a_skip_that_begins_a_piece_finds_what_walking_through_the_word_finds(
    after: list[pieces.Part], line: str, at: int
) -> None:
    piece = [pieces.Skip(), *after]
    try:
        now = pieces.form_of(piece)
        rest = [pieces._form(part, piece[:n], piece[n + 1 :]) for n, part in enumerate(piece) if n]
        walking = re.compile("".join([pieces._skip(after), *rest]))
    except (PatternError, re.error):  # a field twice
        return
    found, slow = re.compile(now).search(line, at), walking.search(line, at)
    assert (found is None) is (slow is None)
    if found is not None and slow is not None:
        assert (found.end(), found.groupdict()) == (slow.end(), slow.groupdict())


@pytest.mark.parametrize("pattern", ["{_}ERROR pump", "{_}:ERROR x", "{_}aaaaaaaaaaaaaaab{_}b", "{_} E", "x{*}{_}: E"])
def test_one_that_begins_a_piece_costs_a_look_at_each_character(pattern: str) -> None:
    read = read_pattern(pattern, {})
    parts = (*HOSTILE, ":ERROR", "a" * 15 + "b")
    lines = [(part * MAX_LOOKED)[: MAX_LOOKED - 40] + " " + read.anchor for part in parts]
    # some 0.2 ms a line; walking through words from each place costs 4 to 15
    assert max(min(_seconds(read, line) for _ in range(5)) for line in lines) < 0.0015


def _seconds(read: Pattern, line: str) -> float:
    began = time.process_time()
    read.find(line)
    return time.process_time() - began


WORDS = WordField(tuple("a" * count + "b" for count in range(1, 33)) + tuple("x" * n + "y" for n in range(1, 32)))
HOSTILE = (
    "a", "ab", "aab", "aaaab", "x", "1", "1,", "1.", "-", "a-", ":", "xx: ", "a1.1", "x" * 119 + "a", "x" * 119 + "-",
    "-------1", "a" * 20 + "b", "] ", "]]",
)  # fmt: skip


@pytest.mark.parametrize(
    "pattern",
    [
        "{_}aab" * 8,
        "{_}a" * 8 + "E",
        "{_}" + "a" * 250 + "b",
        "{_}: " * 8 + "E",
        "[" + "{_}] [" * 8 + "E",
        "".join(f"{{_}}{{n{at}}}" for at in range(8)) + "E",
        "".join(f"{{_}}{{w{at}}}" for at in range(8)) + "E",
        "{n0},{n1}.{n2},{n3}.{n4},{n5}.{n6},{n7} E",
        "{n0}.{w0}.{n1}.{w1}.{_}E",
    ],
)
def test_no_line_is_slow(pattern: str) -> None:
    names = re.findall(r"\{([nw]\d)\}", pattern)
    read = read_pattern(pattern, {name: NUMBER if name[0] == "n" else WORDS for name in names})
    began = time.process_time()
    for part in HOSTILE:
        room = MAX_LOOKED - len(read.anchor) - 1
        read.find((part * MAX_LOOKED)[:room] + " " + read.anchor)
    # some milliseconds a line; going back would take for ever
    assert time.process_time() - began < 3
