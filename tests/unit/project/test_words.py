"""The words end with an honest exit code, and a failed step with one clear text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from project import bench, console, docs, suite, words
from project.progress import StepError


class Programs:
    """Stands in for subprocess.run: remembers what was started and answers with codes by program name."""

    def __init__(self, **codes: int) -> None:
        self.codes = codes
        self.started: list[list[str]] = []

    def run(self, command: list[Any], **_: object) -> subprocess.CompletedProcess[str]:
        line = [str(word) for word in command]
        self.started.append(line)
        code = next((code for name, code in self.codes.items() if name in line), 0)
        return subprocess.CompletedProcess(line, code)


@pytest.fixture
def with_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "is_there", lambda: True)
    monkeypatch.setattr(console, "environment", dict)


@pytest.mark.parametrize(
    ("npm", "pytest_code", "code"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 5, 5), (0, 5, 5)],
)
def test_tests_pass_only_if_both_suites_do(
    npm: int, pytest_code: int, code: int, with_console: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest's 5, no test found, is a failure: an empty suite would pass for ever."""
    programs = Programs(npm=npm, pytest=pytest_code)
    monkeypatch.setattr(subprocess, "run", programs.run)
    assert suite.run(["--long"]) == code
    assert programs.started[0][0] == "npm"
    assert programs.started[-1][2] == "pytest"
    assert programs.started[-1][-1] == "--long"
    assert "--numprocesses" in programs.started[-1]


def test_named_tests_are_pytests_alone(with_console: None, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs()
    monkeypatch.setattr(subprocess, "run", programs.run)
    suite.run(["tests/unit"])
    (line,) = programs.started
    assert line[-2:] == ["pytest", "tests/unit"], "one after the other"


def test_failed_step_is_its_own_text_and_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_argv: object) -> int:
        raise StepError("there is no apt here; please install xvfb")

    monkeypatch.setitem(words.WORDS, "test", fail)
    assert words.run("test", []) == 1
    assert capsys.readouterr().err == "\nthere is no apt here; please install xvfb\n"


def test_unknown_benchmark_is_told_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    (tmp_path / "bench" / "session").mkdir(parents=True)
    (tmp_path / "bench" / "session" / "__main__.py").touch()
    with pytest.raises(StepError, match="no benchmark sesion; there are: session"):
        bench.run(["sesion", "--json", "x"])
    with pytest.raises(StepError, match="say where the figures go"):
        bench.run(["session"])


@pytest.mark.parametrize("text", ["", "[]", json.dumps({"figures": {}}), "{"])
def test_figures_have_their_three_parts(text: str, tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(text)
    with pytest.raises(StepError):
        bench.look_at(tmp_path / "out.json")


def test_good_figures_are_taken(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps({"figures": {}, "peers": {}, "machine": {}}))
    bench.look_at(tmp_path / "out.json")


def test_docs_are_written_once_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "generated", lambda: {Path("docs/a.md"): "drawn"})
    assert docs.main(["--check"]) == 1
    assert not (tmp_path / "docs").exists()
    assert docs.main([]) == 0
    assert (tmp_path / "docs/a.md").read_text() == "drawn"
    assert docs.main(["--check"]) == 0
    assert capsys.readouterr().out == "out of date: docs/a.md\nwritten: docs/a.md\n"
