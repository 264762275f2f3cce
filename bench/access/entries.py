"""Every way into a server and a PC, and how many have no policy, or no test that tries it as somebody who must not."""

from __future__ import annotations

import re
from pathlib import Path

from project.paths import ROOT
from tests.layout.test_entry_points import of_the_code, rows


async def main(folder: Path, quick: bool) -> dict[str, float]:
    code, table = of_the_code(), rows()
    unproven = 0
    for name, policy in code.items():
        said, tests = table.get(name, ("", []))
        has_tests = tests and all(
            (ROOT / path).exists() and re.search(rf"def {re.escape(test)}\b", (ROOT / path).read_text())
            for path, test in tests
        )
        unproven += not has_tests or policy not in (None, said)
    return {"entry_points": len(code), "entry_points_unproven": unproven}
