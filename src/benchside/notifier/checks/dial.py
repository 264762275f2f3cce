"""Tries the way to addresses in stages, prints as JSON which stage failed, and ends: the check `endpoint` starts it."""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from pathlib import Path

from benchside.protocol.errors import BenchsideError
from benchside.transport.doctor import Finding, Stage, examine
from benchside.transport.way_out import WayOut
from benchside.transport.websocket import client_tls

__all__ = ["main"]

WITHIN_S = 90.0
"""All ways of one address; the check that waits for us gives up at 110 s."""


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
    out, tls = WayOut(flags.proxy, ca_file=flags.ca_file), client_tls(flags.ca_file)
    stages = await asyncio.gather(*(_stage(url, out, tls) for url in flags.urls))
    return dict(zip(flags.urls, stages, strict=True))


async def _stage(url: str, out: WayOut, tls: ssl.SSLContext) -> str:
    """Return which stage failed, the last way's where there are several; "" for none."""
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(WITHIN_S):
            if await examine(url, out, tls, findings.append):
                return ""
    except TimeoutError:
        pass
    bad = [one.stage for one in findings if not one.is_good]
    if bad:
        return str(bad[-1])
    passed = {one.stage for one in findings}
    return str(next(stage for stage in Stage if stage not in passed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
