"""Asking other programs: their output, bounded in bytes and time."""

from __future__ import annotations

import sys

import pytest

from benchside.platform.program import ask_program
from benchside.protocol.errors import UnavailableError

WITHIN_S = 20.0


def program(text: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", text]


def test_it_gives_what_a_program_prints() -> None:
    text = "import sys, os; print('yes', os.environ['LC_ALL'], sys.stdin.read()); sys.stderr.write('x' * 99999)"
    assert ask_program(program(text), within_s=WITHIN_S) == b"yes C \n"


def test_failures_have_words() -> None:
    with pytest.raises(UnavailableError, match="exit code 3"):
        ask_program(program("raise SystemExit(3)"), within_s=WITHIN_S)
    with pytest.raises(UnavailableError, match="to start, got FileNotFoundError"):
        ask_program(["/no/such/program"], within_s=WITHIN_S)
    assert ask_program(program("raise SystemExit(3)"), within_s=WITHIN_S, good=None) == b""


def test_a_program_that_prints_for_ever_is_ended() -> None:
    endless = program("while True: print('x' * 1000)")
    with pytest.raises(UnavailableError, match="at most 500 bytes"):
        ask_program(endless, within_s=WITHIN_S, most_bytes=500)
    assert ask_program(endless, within_s=WITHIN_S, most_bytes=500, is_cut=True) == b"x" * 500


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(UnavailableError, match="to end within"):
        ask_program(program("import threading; threading.Event().wait()"), within_s=0.15)
