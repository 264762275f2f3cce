"""Tries the way to addresses in stages, prints as JSON which stage failed, and ends: the check `endpoint` starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path

from benchside.protocol.errors import BenchsideError
from benchside.transport.doctor import Finding, examine
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import client_tls

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Exit code 0 when all were tried, whatever came of it; 2 when the settings are wrong."""
    parser = argparse.ArgumentParser(prog="benchside.notifier.checks.dial")
    parser.add_argument("--proxy", default="system")
    parser.add_argument("--ca-file", type=Path)
    parser.add_argument("urls", nargs="+")
    flags = parser.parse_args(argv)
    try:
        print(json.dumps(asyncio.run(_try(flags))))
    except (BenchsideError, OSError) as error:
        print(type(error).__name__, file=sys.stderr)
        return 2
    return 0


async def _try(flags: argparse.Namespace) -> dict[str, str]:
    out, tls = WayOut(flags.proxy), client_tls(flags.ca_file)
    found = {}
    for url in flags.urls:
        findings: list[Finding] = []
        is_good = await examine(url, out, tls, findings.append)
        bad = [one.stage for one in findings if not one.is_good]
        found[url] = "" if is_good or not bad else str(bad[-1])
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
