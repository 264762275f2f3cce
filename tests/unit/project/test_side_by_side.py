"""Which tests stay together, and that those which measure time have the machine to themselves."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.side_by_side import Turns, unit_of


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/unit/a/test_b.py::test_c[d::e]", "tests/unit/a/test_b.py"),
        ("tests/windows/test_inside.py::test_c", "tests/windows"),
        ("tests/system/session/test_end.py::test_c", "tests/system/session"),
        ("tests/system/server/test_edge.py::test_c", "tests/system/server/test_edge.py"),
    ],
)
def test_a_unit_is_a_file_or_a_folder_with_one_world(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit


def test_a_test_that_is_alone_waits_for_others_and_they_for_it(tmp_path: Path) -> None:
    said: list[str] = []
    first, second, alone = (Turns(tmp_path) for _ in range(3))
    first.take(alone=False)
    second.take(alone=False)
    asked, between, go_on = (threading.Event() for _ in range(3))

    def measure() -> None:
        asked.set()
        alone.take(alone=True)
        said.append("alone")
        between.set()
        go_on.wait(10)
        alone.give_back(next_alone=True)
        alone.take(alone=True)
        said.append("alone again")
        alone.give_back(next_alone=False)

    def another() -> None:
        first.take(alone=False)
        said.append("first")
        first.give_back(next_alone=False)

    other = threading.Thread(target=another)
    waiting = threading.Thread(target=measure)
    waiting.start()
    asked.wait()
    first.give_back(next_alone=False)
    said.append("second")
    second.give_back(next_alone=False)
    between.wait(10)
    other.start()
    other.join(0.1)  # where it need not wait, it is there by now
    go_on.set()
    waiting.join(10)
    other.join(10)
    assert said == ["second", "alone", "alone again", "first"]
