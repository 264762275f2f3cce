"""Proxies and inspections between PC and server: each works, or the doctor names it at the right stage."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from project.paths import ROOT

TESTS = "tests/system/transport/test_ways_out.py"


async def main(folder: Path, quick: bool) -> dict[str, float]:
    """The cases are the tests' own: each test here is a situation, or several."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS,
        "-k", "doctor or through or behind or script",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    text = out.decode()
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", text)}
    if not counts:
        dots = re.findall(r"^[.FEs]+", text, re.MULTILINE)
        counts = {"passed": sum(line.count(".") for line in dots), "failed": sum(line.count("F") for line in dots)}
    wrong = counts.get("failed", 0) + counts.get("error", 0)
    # within the doctor's one long test there are thirteen situations
    return {"proxy_cases": counts.get("passed", 0) + wrong + 12, "proxy_wrong": wrong}
