"""What failed beside others runs once more by itself, if it is little."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from project import suite

ONE = "tests/system/test_a.py::test_b"


class Runs:
    """In place of pytest: ends with `codes`, and keeps `kept` of what failed in the first run."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.codes: list[int] = [1, 0]
        self.kept: str | None = json.dumps({ONE: True})
        self.ran: list[Sequence[str]] = []

    def run(self, argv: Sequence[str]) -> int:
        self.ran.append(argv)
        if self.kept is not None:
            self.file.write_text(self.kept)
        return self.codes.pop(0)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    runs = Runs(tmp_path / "lastfailed")
    monkeypatch.setattr(suite, "FAILED", runs.file)
    monkeypatch.setattr(suite.console, "is_there", lambda: False)
    monkeypatch.setattr(suite, "pytest", runs.run)
    return runs


def test_one_that_passes_by_itself_is_named(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.run(["--long"]) == 0
    _, again = runs.ran
    assert "--numprocesses" not in again
    assert "--long" in again
    said = capsys.readouterr()
    assert "FAILED beside others" in said.out + said.err
    assert ONE in said.out + said.err


def test_one_that_fails_again_has_failed(runs: Runs) -> None:
    runs.codes = [1, 1]
    assert suite.run([]) == 1
    assert len(runs.ran) == 2


@pytest.mark.parametrize("count", [0, suite.MAX_AGAIN + 1])
def test_many_or_none_are_not_tried_again(runs: Runs, count: int) -> None:
    runs.kept = json.dumps({f"{ONE}[{number}]": True for number in range(count)})
    assert suite.run([]) == 1
    assert len(runs.ran) == 1


def test_one_that_starts_no_programs_is_not_tried_again(runs: Runs) -> None:
    runs.kept = json.dumps({ONE: True, "tests/unit/test_a.py::test_b": True})
    assert suite.run([]) == 1
    assert len(runs.ran) == 1


@pytest.mark.parametrize("kept", [None, "{"])
def test_what_pytest_did_not_keep_is_not_tried_again(runs: Runs, kept: str | None) -> None:
    runs.file.write_text(json.dumps({ONE: True}))  # of an earlier run
    runs.kept = kept
    assert suite.run([]) == 1
    assert len(runs.ran) == 1


@pytest.mark.parametrize("code", [0, 2, 5])
def test_a_run_that_passed_or_broke_off_is_not_tried_again(runs: Runs, code: int) -> None:
    runs.codes = [code]
    assert suite.run([]) == code
    assert len(runs.ran) == 1
