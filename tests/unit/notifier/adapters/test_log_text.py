"""Bytes to lines: every encoding, cut at every place, and what is no text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchside.notifier.adapters.log_text import (
    ENCODINGS,
    MAX_LINE_BYTES,
    LineCutter,
    find_encoding,
    is_rubbish,
)

TEXTS = {
    "utf-8": "Tür offen ÄÖ 開\r\nzweite\n\nletzte\n",
    "utf-16-le": "Tür 開 \u0a00 \u000a\u010a x\n\nletzte\n",
    "utf-16-be": "Tür 開 \u0a00 \u000a\u010a x\n\nletzte\n",
    "cp1252": "Tür “offen”\r\nzweite\n",
    "cp932": "カバーが開いている ソ表\r\n次\n",
    "cp936": "盖子打开\n第二\n",
    "gb18030": "盖子打开 𠮷\n第二\n",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_lines_are_the_same_wherever_bytes_are_cut(encoding: str) -> None:
    data = TEXTS[encoding].encode(encoding)
    want = [line.removesuffix("\r") for line in TEXTS[encoding].split("\n")[:-1]]
    for cut in range(len(data) + 1):
        cutter = LineCutter(encoding)
        assert [*cutter.feed(data[:cut]), *cutter.feed(data[cut:])] == want
        assert cutter.taken == len(data)
    byte_by_byte = LineCutter(encoding)
    assert [line for n in range(len(data)) for line in byte_by_byte.feed(data[n : n + 1])] == want


@pytest.mark.parametrize("encoding", [one for one in ENCODINGS if one != "auto"])
def test_each_encoding_is_known_and_keeps_line_ends(encoding: str) -> None:
    cutter = LineCutter(encoding)
    assert list(cutter.feed("a\nb\n".encode(encoding))) == ["a", "b"]


@pytest.mark.parametrize(
    ("head", "chosen", "found"),
    [
        (codecs.BOM_UTF8 + b"x", "auto", "utf-8"),
        (codecs.BOM_UTF16_LE + b"x\0", "cp1252", "utf-16-le"),
        (codecs.BOM_UTF16_BE + b"\0x", "auto", "utf-16-be"),
        ("ERROR 17".encode("utf-16-le"), "auto", "utf-16-le"),
        ("ERROR 17".encode("utf-16-be"), "auto", "utf-16-be"),
        (b"ERROR 17", "auto", "utf-8"),
        (b"", "auto", "utf-8"),
        (b"E\0", "auto", "utf-8"),
        (bytes(128), "auto", "utf-8"),
        (b"ERROR", "cp932", "cp932"),
    ],
)
def test_how_a_file_is_written(head: bytes, chosen: str, found: str) -> None:
    assert find_encoding(head, chosen) == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("step", [7, 4096, 10**6])
def test_an_endless_line_is_looked_at_once_and_passed_over(encoding: str, step: int) -> None:
    cutter = LineCutter(encoding)
    data = ("a\n" + "x" * (MAX_LINE_BYTES * 2) + "\nb\n").encode(encoding)
    lines = [line for at in range(0, len(data), step) for line in cutter.feed(data[at : at + step])]
    assert [line[:4] for line in lines] == ["a", "xxxx", "b"]
    assert len(lines[1].encode(encoding)) == MAX_LINE_BYTES
    assert cutter.taken == len(data)


def test_what_has_no_end_is_not_kept() -> None:
    cutter, lines = LineCutter("utf-8"), list[str]()
    for _ in range(100):
        lines += cutter.feed(b"x" * MAX_LINE_BYTES)
        assert cutter.held <= MAX_LINE_BYTES
    assert len(lines) == 1
    assert list(cutter.finish()) == []


def test_a_last_line_without_an_end_is_told_when_nobody_writes_on() -> None:
    cutter = LineCutter("utf-8")
    assert list(cutter.feed(b"a\nrest")) == ["a"]
    assert (cutter.taken, cutter.held) == (2, 4)
    assert list(cutter.finish()) == ["rest"]
    assert (cutter.taken, cutter.held) == (6, 0)


def test_the_rest_of_a_line_that_began_unseen_is_passed_over() -> None:
    assert list(LineCutter("utf-8", is_inside=True).feed(b"half\nwhole\n")) == ["whole"]


def test_rubbish() -> None:
    assert is_rubbish("\x00\x01\x02")
    assert is_rubbish("\ufffd" * 5 + "abc")
    assert not is_rubbish("")
    assert not is_rubbish("2026-01-01\tM\ufffdnchen, temperature 36.8")
    assert not is_rubbish("\x1b[31mERROR\x1b[0m")


@given(st.binary(max_size=400), st.sampled_from(sorted(TEXTS)), st.integers(1, 50))
def test_no_bytes_stop_it(data: bytes, encoding: str, step: int) -> None:
    cutter = LineCutter(encoding)
    for at in range(0, len(data), step):
        list(cutter.feed(data[at : at + step]))
    assert cutter.taken + cutter.held == len(data)


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]), st.integers(1, 50))
def test_one_that_stops_after_each_line_yields_the_same(data: bytes, encoding: str, step: int) -> None:
    data = data.replace(b"\x07", b"\n").replace(b"\x08", b"\n\x00")
    at_once, line_by_line, lines = LineCutter(encoding), LineCutter(encoding), list[str]()
    want = [line for n in range(0, len(data), step) for line in at_once.feed(data[n : n + step])]
    for n in range(0, len(data), step):
        lines += line_by_line.feed(data[n : n + step], lambda: True)
        while line_by_line.is_behind:
            before = line_by_line.taken
            lines += line_by_line.feed(b"", lambda: True)
            assert line_by_line.taken > before
    assert (lines, line_by_line.taken, line_by_line.held) == (want, at_once.taken, at_once.held)
