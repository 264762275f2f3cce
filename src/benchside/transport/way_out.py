"""The way out of the hospital: directly, or through which proxies, for each host that is dialled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from benchside.protocol.errors import UnavailableError
from benchside.transport.proxy import Credentials, Proxy, open_tunnel
from benchside.transport.threads import in_thread
from benchside.transport.tls import client_tls

__all__ = ["DIRECT", "Way", "WayOut", "parse_proxy", "read_way"]

logger = logging.getLogger(__name__)

PAC_WITHIN_S = 5.0
"""To fetch a script and to run it, each; one that never ends is killed."""
PAC_FOR_S = 600.0
"""A script is fetched again after this; networks change when a PC is carried."""
PAC_AGAIN_S = 60.0
"""And after this where that failed: each try makes whoever dials wait."""
FIND_WITHIN_S = 12.0
"""For all of it: while a way is looked for nothing is dialled."""
MAX_PAC_BYTES = 1024 * 1024
MAX_WAYS = 4
"""Of one script's answer; each may take its time to fail."""
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|(?=.*:)[0-9A-Fa-f:.]{2,45}")
_PAC_WORD = re.compile(r"(DIRECT)|(?:PROXY|HTTP)\s+(\S+)", re.IGNORECASE)

_T = TypeVar("_T")
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
        # without the text: a name and a password may stand in it
        raise UnavailableError("expected a proxy as http://HOST:PORT without a name or password, got something else")
    if not _NAME.fullmatch(host):
        raise UnavailableError("expected a proxy's name of letters, digits, dots and hyphens, got another")
    return Proxy(host, port)


@dataclass
class _Script:
    text: str
    due_at: float
    """When it is to be fetched again."""


class WayOut:
    """Says for each host by which ways to try it, best first.

    how: "system" (what the machine is set to), "direct", "http://HOST:PORT", "pac:URL" with a script's address, or
    "ways:" with what such a script said.
    """

    def __init__(
        self, how: str = "system", credentials: Credentials | None = None, *, ca_file: Path | None = None
    ) -> None:
        """UnavailableError when `how` is none of the four.

        `ca_file`: authorities to trust besides the system's where a script's address is one of https.
        """
        self.how = how
        self.script_fault = ""
        """Why the proxy script could not be fetched last time; "" while nothing is wrong with that."""
        self._ca_file = ca_file
        self.credentials = credentials
        self._fixed: tuple[Way, ...] | None = None
        if how == "direct":
            self._fixed = (None,)
        elif how.startswith("ways:"):
            self._fixed = tuple(read_way(how[5:]))
        elif how != "system" and not how.startswith("pac:"):
            self._fixed = (parse_proxy(how),)
        if how.startswith("pac:") and urlsplit(how[4:]).scheme not in ("http", "https", "file"):
            raise UnavailableError("expected pac: with an address of http, https or file")
        self._script: _Script | None = None
        self._fetching = asyncio.Lock()
        self._good: dict[tuple[str, int], Way] = {}

    async def ways(self, host: str, port: int) -> tuple[Way, ...]:
        """Return the ways to `host`, the one that was good last time first; UnavailableError when none can be found.

        This machine itself is always reached directly.
        """
        if host in ("localhost", "127.0.0.1", "::1"):
            return (None,)
        try:
            async with asyncio.timeout(FIND_WITHIN_S):
                found = self._fixed or await self._find(host, port)
        except TimeoutError as error:
            raise UnavailableError("expected a way out in time, got none") from error
        except UnavailableError:
            raise
        except Exception as error:  # settings and scripts of a network are no reason for a service to end
            raise UnavailableError(f"no way out can be found: {type(error).__name__}") from error
        good = self._good.get((host, port), found[0])
        return (good, *(way for way in found if way != good)) if good in found else found

    def was_good(self, way: Way, host: str, port: int) -> None:
        """Remember by which way `host` was reached."""
        self._good[host, port] = way

    async def _find(self, host: str, port: int) -> tuple[Way, ...]:
        if self.how.startswith("pac:"):
            return await self._by_script(self.how[4:], host, port)
        return await in_thread(lambda: _of_system(host, port), "way out")

    async def socket(self, way: Way, host: str, port: int) -> socket.socket | None:
        """Return a socket that leads to `host`; None where it is to be dialled as usual."""
        return None if way is None else await open_tunnel(way, host, port, self.credentials)

    async def _by_script(self, address: str, host: str, port: int) -> tuple[Way, ...]:
        async with self._fetching:  # a link and a session ask at once: the later answer must not undo the other
            if self._script is None or time.monotonic() > self._script.due_at:
                self._script = await self._fetched(address)
            script = self._script
        said = await _run(script.text, host, port)
        return tuple(read_way(said))

    async def _fetched(self, address: str) -> _Script:
        """Fetch the script; where that fails, the one that was fetched before goes on counting."""
        last = self._script
        try:
            # before there is one, a slow name server may have all the time that there is
            async with asyncio.timeout(None if last is None else PAC_WITHIN_S):
                text = await in_thread(lambda: _fetch(address, self._ca_file), "proxy script")
        except Exception as error:  # of the network, of TLS, of HTTP, of time: the way out must not end by any of them
            why = f"the proxy script cannot be fetched: {_reason(error)}"
            is_new, self.script_fault = not self.script_fault, why
            if last is None:
                raise UnavailableError(why) from error
            if is_new:
                logger.warning("the last proxy script goes on counting", extra={"why": why})
            return _Script(last.text, time.monotonic() + PAC_AGAIN_S)
        if self.script_fault and last is not None:
            logger.info("the proxy script was fetched again")
        self.script_fault = ""
        return _Script(text, time.monotonic() + PAC_FOR_S)


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
    return (_with_credentials(text),) if text else (None,)


def _with_credentials(text: str) -> Proxy:
    """A proxy as variables name it, http://NAME:PASSWORD@HOST:PORT."""
    scheme, _, rest = text.rpartition("://")
    before, _, place = rest.rpartition("@")
    proxy = parse_proxy(f"{scheme}://{place}" if scheme else place)
    user, _, password = before.partition(":")
    return Proxy(proxy.host, proxy.port, Credentials(unquote(user), unquote(password)) if user else None)


def _reason(error: Exception) -> str:
    """Which kind of error it is; of what stands behind urllib's own, the kind of that."""
    if isinstance(error, UnavailableError):
        return str(error)
    if isinstance(error, urllib.error.HTTPError):
        return f"it answers {error.code}"
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    return type(inner if isinstance(inner, Exception) else error).__name__


def _fetch(address: str, ca_file: Path | None) -> str:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if urlsplit(address).scheme == "https":
        handlers.append(urllib.request.HTTPSHandler(context=client_tls(ca_file)))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(address, timeout=PAC_WITHIN_S) as answer:
        until, data = time.monotonic() + PAC_WITHIN_S, b""
        while part := answer.read1(64 * 1024) if hasattr(answer, "read1") else answer.read(64 * 1024):
            data += part
            if len(data) > MAX_PAC_BYTES or time.monotonic() > until:
                raise ValueError("a script that is too large, or too slow")
    return data.decode("utf-8", "replace")


async def _run(script: str, host: str, port: int) -> str:
    """Run the script in a process of its own: it comes from the network and may never end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(Path(__file__).parent / "pac.py"), host, str(port), env=_PLAIN,
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


_PLAIN = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
"""A script's process needs to know nothing more."""
DIRECT = WayOut("direct")
