"""The way out of the hospital: directly, or through which proxies, for each host that is dialled."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchside.protocol.errors import UnavailableError
from benchside.transport.proxy import Credentials, Proxy, open_tunnel

__all__ = ["DIRECT", "Way", "WayOut", "parse_proxy", "read_way"]

PAC_WITHIN_S = 5.0
"""To fetch a script and to run it, each; one that never ends is killed."""
PAC_FOR_S = 600.0
"""A script is fetched again after this; networks change when a PC is carried."""
MAX_PAC_BYTES = 1024 * 1024
MAX_WAYS = 4
"""Of one script's answer; each may take its time to fail."""
_PAC_WORD = re.compile(r"(DIRECT)|(?:PROXY|HTTP)\s+(\S+)", re.IGNORECASE)

Way = Proxy | None
"""A proxy, or None: directly."""


def parse_proxy(text: str) -> Proxy:
    """Return HOST:PORT, with or without http:// before it; UnavailableError when it is something else."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.scheme != "http" or parts.username is not None or parts.path not in ("", "/"):
        raise UnavailableError(f"expected a proxy as http://HOST:PORT without a name or password, got {text!r:.100}")
    return Proxy(host, port)


@dataclass
class _Script:
    text: str
    fetched_at: float


class WayOut:
    """Says for each host by which ways to try it, best first.

    how: "system" (what the machine is set to), "direct", "http://HOST:PORT", or "pac:URL" with a script's address.
    """

    def __init__(self, how: str = "system", credentials: Credentials | None = None) -> None:
        """UnavailableError when `how` is none of the four."""
        self.how = how
        self.credentials = credentials
        self._fixed = None if how in ("system", "direct") or how.startswith("pac:") else parse_proxy(how)
        if how.startswith("pac:") and urlsplit(how[4:]).scheme not in ("http", "https", "file"):
            raise UnavailableError("expected pac: with an address of http, https or file")
        self._script: _Script | None = None

    async def ways(self, host: str, port: int) -> tuple[Way, ...]:
        """Return the ways to `host`; this machine itself is always reached directly."""
        if host in ("localhost", "127.0.0.1", "::1") or self.how == "direct":
            return (None,)
        if self._fixed is not None:
            return (self._fixed,)
        if self.how.startswith("pac:"):
            return await self._by_script(self.how[4:], host, port)
        return await asyncio.to_thread(_of_system, host, port)

    async def socket(self, way: Way, host: str, port: int) -> socket.socket | None:
        """Return a socket that leads to `host`; None where it is to be dialled as usual."""
        return None if way is None else await open_tunnel(way, host, port, self.credentials)

    async def _by_script(self, address: str, host: str, port: int) -> tuple[Way, ...]:
        now = time.monotonic()
        if self._script is None or now - self._script.fetched_at > PAC_FOR_S:
            try:
                self._script = _Script(await asyncio.to_thread(_fetch, address), now)
            except (OSError, ValueError, ssl.SSLError) as error:
                raise UnavailableError(f"the proxy script cannot be fetched: {type(error).__name__}") from error
        said = await _run(self._script.text, host, port)
        return tuple(read_way(said))


def read_way(said: str) -> Iterator[Way]:
    """Yield what a script's answer names that we can use: "PROXY host:port; DIRECT" and so on."""
    count = 0
    for part in said.split(";"):
        match = _PAC_WORD.fullmatch(part.strip())
        if match is None or count == MAX_WAYS:
            continue
        if match[1]:
            count += 1
            yield None
            continue
        with contextlib.suppress(UnavailableError):
            proxy = parse_proxy(match[2])
            count += 1
            yield proxy
    if not count:
        raise UnavailableError("the proxy script names no way that can be used here")


def _of_system(host: str, port: int) -> tuple[Way, ...]:
    if sys.platform == "win32":
        from benchside.transport.windows_proxy import ways_of_windows

        found = ways_of_windows(host, port)
        if found is not None:
            return tuple(read_way(found))
    if urllib.request.proxy_bypass(host):
        return (None,)
    text = urllib.request.getproxies().get("https")
    return (parse_proxy(text),) if text else (None,)


def _fetch(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=PAC_WITHIN_S) as answer:
        data: bytes = answer.read(MAX_PAC_BYTES + 1)
    if len(data) > MAX_PAC_BYTES:
        raise ValueError("a script of more than 1 MiB")
    return data.decode("utf-8", "replace")


async def _run(script: str, host: str, port: int) -> str:
    """Run the script in a process of its own: it comes from the network and may never end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(Path(__file__).parent / "pac.py"), host, str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PAC_WITHIN_S):
            out, _ = await process.communicate(script.encode())
    except TimeoutError as error:
        raise UnavailableError("the proxy script did not end in time") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise UnavailableError("the proxy script failed")
    return out.decode("utf-8", "replace")[:4000]


DIRECT = WayOut("direct")
