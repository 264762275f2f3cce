"""Runs the tests of `inside` on Windows' own Python under Wine."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples.demo.children import Children
from tests.windows.pc import WindowsPC

pytestmark = [pytest.mark.long, pytest.mark.system]

INSIDE = Path(__file__).parent / "inside"
WITHIN_S = 300.0


def test_the_contracts_hold_on_windows(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        pc = WindowsPC(children, tmp_path)
        try:
            program = pc.start("-m", "pytest", "-p", "no:cacheprovider", "-q", "-rP", "--tb=short", INSIDE)
            code = program.wait(WITHIN_S)
            print("\n".join(program.lines))
            assert code == 0, "\n".join(program.lines[-60:])
        finally:
            pc.close()
