"""The adapter of lines beside libraries of others that speak ASTM and HL7 over them; its clock alone is ours.

What it may see are connections and counters, so the patient's name in the results must be nowhere in what it tells.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import TracebackType

from examples.demo.children import free_port
from project import peers
from tests.fakes.reporter import KeepingReporter

from bench.notices.proof import Proofs
from benchside.notifier.adapters.line import LineAdapter, LineSettings

WITHIN_S = 20.0
GONE_S = 100.0
"""Longer than a connection that ended stays in the kernel's table (TIME_WAIT, 60 s)."""


class End:
    """One end of a line, in a process of its own.  A context manager."""

    def __init__(self, kind: str, role: str, port: int) -> None:
        program = [peers.LABORATORY / "bin" / "python", Path(__file__).with_name("laboratory.py")]
        self._process = subprocess.Popen(
            [*program, kind, role, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> End:
        self._hear("ready")
        return self

    def say(self) -> None:
        """Have it say a result, and wait until that was acknowledged."""
        assert self._process.stdin is not None
        self._process.stdin.write("say\n")
        self._process.stdin.flush()
        self._hear("said")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line == word, f"expected the end of the line to be {word}, got {line!r}"


class Watched:
    """A line that the adapter looks at; its clock is ours."""

    def __init__(self, kind: str, role: str, port: int) -> None:
        self.label = f"{kind}, PC {role}"
        self.now = 0.0
        self.reporter = KeepingReporter()
        settings = LineSettings(kind=kind, role=role, endpoint=f"127.0.0.1:{port}", not_connected_s=60, quiet_min=1)
        self._adapter = LineAdapter("lis", settings, monotonic=lambda: self.now)

    def until(self, codes: set[str], within_s: float = WITHIN_S, *, step_s: float = 0.0) -> None:
        """Tables of the kernel's follow within a moment; each look is `step_s` later by the adapter's clock."""
        ends_at = time.monotonic() + within_s
        while True:
            self._adapter.look(self.reporter)
            now = {code for _, _, code in self.reporter.active()}
            if now == codes:
                return
            assert time.monotonic() < ends_at, f"expected {codes or 'nothing'}, got {now}"
            time.sleep(0.05)
            self.now += step_s


async def prove(proofs: Proofs) -> None:
    """All facts of lines."""
    lines: list[Watched] = []
    for kind, role in (("astm", "dials"), ("hl7", "dials"), ("hl7", "listens")):
        port = free_port()
        line = Watched(kind, role, port)
        async with proofs.course("line", line.label):
            course(proofs, line, kind, port)
            lines.append(line)
    for line in lines:  # all at once: a connection that ended stands in the kernel's table for a minute
        async with proofs.trying("line", f"{line.label}: its end is told"):
            line.until({"not_connected"}, GONE_S, step_s=1.0)
        is_clean = not any("Roth" in repr(one) or "WBC" in repr(one) for one in line.reporter.signals)
        proofs.fact("line", f"{line.label}: nothing of the result was told", is_clean)


def course(proofs: Proofs, line: Watched, kind: str, port: int) -> None:
    """It is not there, comes up, is silent, speaks, and breaks."""

    def fact(what: str, codes: set[str]) -> None:
        line.until(codes)
        proofs.fact("line", f"{line.label}: {what}")

    line.until(set())
    line.now += 60
    fact("no connection is told after its time", {"not_connected"})
    with End(kind, "listens", port), End(kind, "dials", port) as instrument:
        fact("the connection is seen", set())
        line.now += 60
        fact("silence is told after its time", {"no_traffic"})
        instrument.say()
        fact("an acknowledged result is traffic", set())
