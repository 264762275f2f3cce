"""What a benchmark ran on: figures of two machines cannot be compared without it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path


def describe(display: str | None = None) -> dict[str, object]:
    """Processor, cores, memory, kernel, Python, and the display if one is named (":50"). No host name."""
    facts: dict[str, object] = {
        "cpu": first(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo")) or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int(first(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo")) or 0) // 1024,
        "kernel": platform.release(),
        "system": first(r'^PRETTY_NAME="?([^"\n]+)', Path("/etc/os-release")),
        "python": platform.python_version(),
        # A machine that is busy with other work says so here.
        "load": [round(load, 2) for load in os.getloadavg()],
    }
    if display is not None:
        facts["display"] = describe_display(display)
    return facts


def first(pattern: str, path: Path) -> str | None:
    try:
        found = re.search(pattern, path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return found[1].strip() if found else None


def describe_display(display: str) -> dict[str, str]:
    """Vendor and size as xdpyinfo tells them; empty if it cannot be asked."""
    asked = subprocess.run(
        ["xdpyinfo", "-display", display], capture_output=True, text=True, timeout=10, check=False
    ).stdout
    facts = {
        "vendor": r"^vendor string:\s+(.+)$",
        "size_px": r"^\s+dimensions:\s+(\d+x\d+)",
        "depth": r"^\s+depth of root window:\s+(\d+)",
    }
    return {name: found[1] for name, pattern in facts.items() if (found := re.search(pattern, asked, re.MULTILINE))}
