"""An odd byte in UTF-16: the line that it stands in is spoilt and said, and every other is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.reporter import KeepingReporter

from benchside.notifier.adapters import tail as module
from benchside.notifier.adapters.log import LogAdapter, LogSettings
from benchside.notifier.adapters.log_text import MAX_LINE_BYTES, LineCutter
from benchside.notifier.adapters.tail import Tail
from benchside.platform.shared.here import open_shared

WIDE = ("utf-16-le", "utf-16-be")
LINES = ("first", "ERROR 1", "ERROR zwei", "last but one", "last")
CHINESE = ("开始", "错误 1", "门 打开", "门 关闭", "结束")
GUJARATI = "ભૂલ ૧૨\u0aff\u3000"
"""Ends in what reads as a line end on an odd place."""


def cut(encoding: str, data: bytes, step: int = 10**6) -> tuple[list[str], LineCutter]:
    cutter = LineCutter(encoding)
    lines = [line for at in range(0, len(data), step) for line in cutter.feed(data[at : at + step])]
    return lines, cutter


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("texts", [LINES, CHINESE])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("step", [1, 10**6])
def test_the_lines_before_and_after_an_odd_byte_are_read(
    encoding: str, texts: tuple[str, ...], end: str, step: int
) -> None:
    before, middle, after = (
        "".join(text + end for text in part).encode(encoding) for part in (texts[:1], texts[1:2], texts[2:])
    )
    for place in range(len(middle) + 1):
        for odd in (b"x", b"\x00", b"\n", b"\xff"):
            data = before + middle[:place] + odd + middle[place:] + after
            lines, cutter = cut(encoding, data, step)
            assert lines[0].startswith(texts[0])
            # a byte in the middle of an end joins its line with the next, whose text is in it all the same
            assert any(line.endswith(texts[2]) for line in lines)
            assert lines[-2:] == list(texts[-2:])
            assert (cutter.torn, cutter.taken) == (1, len(data))


@pytest.mark.parametrize("encoding", WIDE)
def test_what_stands_before_and_behind_the_odd_byte_can_be_found(encoding: str) -> None:
    before, behind = ("ERROR door open".encode(encoding), "INFO started\r\nnext\r\n".encode(encoding))
    lines, _ = cut(encoding, before + b"x" + behind + b"\x00")
    assert lines[0].startswith("ERROR door open")
    assert lines[1].endswith("INFO started")
    assert lines[2] == "next"


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_no_character_is_taken_for_an_end(encoding: str, step: int) -> None:
    text = f"{GUJARATI}\n{GUJARATI}x\n\n\u0a81\u0100\n"
    lines, cutter = cut(encoding, text.encode(encoding), step)
    assert lines == text.split("\n")[:-1]
    assert cutter.torn == 0


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("step", [997, 10**6])
@pytest.mark.parametrize("count", [2 * MAX_LINE_BYTES, 2 * MAX_LINE_BYTES + 1])
def test_an_endless_line_that_shifts_hides_nothing_behind_it(encoding: str, step: int, count: int) -> None:
    data = "a\n".encode(encoding) + bytes(count) + "\nb\nc\n".encode(encoding)
    lines, cutter = cut(encoding, data, step)
    assert (lines[0], lines[-2:]) == ("a", ["b", "c"])
    assert (cutter.torn, cutter.taken) == (count % 2, len(data))


def test_a_restart_and_a_jump_ahead_keep_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, lines = tmp_path / "cx.log", list[str]()
    path.write_bytes("\ufefffirst\r\n".encode("utf-16-le") + b"odd" + "spoilt\r\ngood\r\n".encode("utf-16-le"))

    def tail(before: Tail | None) -> Tail:
        place = None if before is None else before.place
        return Tail(path, "auto", place=place, from_start=True, open_file=open_shared)

    one = tail(None)
    assert one.look(lines.append).lost == 1
    again = tail(one)
    with path.open("ab") as file:
        file.write("after\r\n".encode("utf-16-le"))
    assert again.look(lines.append).lost == 0
    assert lines[-2:] == ["good", "after"]
    monkeypatch.setattr(module, "MAX_BEHIND_BYTES", 4000)
    monkeypatch.setattr(module, "MAX_LOOK_BYTES", 1000)
    with path.open("ab") as file:
        file.write("0123456789\n".encode("utf-16-le") * 500)
    lines.clear()
    assert again.look(lines.append).lost == 1
    assert set(lines) == {"0123456789"}


def test_a_fault_behind_an_odd_byte_is_told_and_the_spoilt_line_is_said(tmp_path: Path) -> None:
    path, rules = tmp_path / "cx.log", tmp_path / "rules.toml"
    rules.write_text('[[rule]]\ncode = "door"\nstate = "pulse"\nline = "ERROR door open"\n')
    adapter = LogAdapter("cx", LogSettings(path=str(path), rules=str(rules), from_start=True))
    reporter = KeepingReporter()
    adapter._read_rules(reporter)
    path.write_bytes("\ufeffstarted\r\n".encode("utf-16-le") + b"plain" + "INFO\r\n".encode("utf-16-le"))
    adapter.look(reporter)
    assert ("cx", "lines_lost", "pulse") in reporter.of("log.file")
    with path.open("ab") as file:
        file.write("ERROR door open\r\n".encode("utf-16-le"))
    adapter.look(reporter)
    assert reporter.of("log.cx") == [("instrument", "door", "pulse")]
