"""`benchside console` as its own process, and what it prints."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["PackageConsole", "package_console"]

_ADDRESS = re.compile(r"Open in your browser \(good once\): (http://127\.0\.0\.1:\d+)/enter\?once=(\S+)\n")


@dataclass
class PackageConsole:
    """The running program."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)
    origin: str = ""

    async def address(self) -> str:
        """The next one-time address that it prints."""
        assert self.process.stdout is not None
        while True:
            line = (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode()
            assert line, "the program has ended"
            self.said.append(line)
            if match := _ADDRESS.fullmatch(line):
                self.origin = match[1]
                return f"{match[1]}/enter?once={match[2]}"


@asynccontextmanager
async def package_console(server: str, *flags: str, port: int = 0) -> AsyncIterator[PackageConsole]:
    """Run it for this server; on a port of the system's choosing unless one is given."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchside", "console", server, "--no-browser", "--port", str(port), *flags,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield PackageConsole(process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
