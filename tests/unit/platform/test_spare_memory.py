"""Memory that is given back."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from benchside.platform.spare_memory.here import give_back


def resident_kb() -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


@pytest.mark.skipif(sys.platform == "win32", reason="its heaps give back by themselves")
def test_what_was_freed_under_something_that_stays_goes_back() -> None:
    pieces = [bytearray(1500) for _ in range(40_000)]  # each too small for a mapping of its own
    stays = pieces[-1]  # at the end of the heap: what is below it is not given back by itself
    del pieces
    before = resident_kb()
    give_back()
    assert before - resident_kb() > 30_000
    assert len(stays) == 1500
