"""Connections to the server, for `httpcore`: by the same ways out of a network as everything else of Benchside."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from benchside.protocol.errors import UnavailableError
from benchside.transport.way_out import Way, WayOut

__all__ = ["Ways"]


class Ways(httpcore.AsyncNetworkBackend):
    """Dials by proxy or directly, as `out` says; its ways are tried one after the other."""

    def __init__(self, out: WayOut) -> None:
        self._out = out

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection whose other end is `host`; httpcore's own errors, as it wants them."""
        last: Exception | None = None
        try:
            async with asyncio.timeout(timeout):
                ways = await self._out.ways(host, port)
                for way in ways:
                    try:
                        # each has its share, or a proxy that is down and silent would leave nothing for the next way
                        async with asyncio.timeout(None if timeout is None else timeout / len(ways)):
                            found = await self._connect(way, host, port)
                    except OSError as error:  # a time-out is one
                        last = error
                    else:
                        self._out.was_good(way, host, port)
                        return _Stream(found)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error
        except UnavailableError as error:
            raise httpcore.ConnectError(str(error)) from error
        raise httpcore.ConnectError(str(last)) from last

    async def _connect(self, way: Way, host: str, port: int) -> socket.socket:
        try:
            tunnel = await self._out.socket(way, host, port)
        except UnavailableError as error:
            raise OSError(str(error)) from error
        return tunnel if tunnel is not None else await _directly(host, port)


async def _directly(host: str, port: int) -> socket.socket:
    loop, last = asyncio.get_running_loop(), OSError("the name has no address")
    for family, kind, number, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        one = socket.socket(family, kind, number)
        one.setblocking(False)
        try:
            await loop.sock_connect(one, address)
        except OSError as error:
            one.close()
            last = error
        except BaseException:
            one.close()
            raise
        else:
            return one
    raise last


class _Stream(httpcore.AsyncNetworkStream):
    """One connection.  Its reader and writer are made with the first byte, or with TLS, whichever is wanted first."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket: socket.socket | None = connected
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def _open(self, tls: ssl.SSLContext | None = None, host: str | None = None) -> None:
        if self._writer is None:
            raw, self._socket = self._socket, None
            self._reader, self._writer = await asyncio.open_connection(sock=raw, ssl=tls, server_hostname=host)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._open(ssl_context, server_hostname)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no TLS in time") from error
        except (OSError, ssl.SSLError) as error:
            raise httpcore.ConnectError(str(error)) from error
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            async with asyncio.timeout(timeout):
                await self._open()
                assert self._reader is not None
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout("nothing came in time") from error
        except (OSError, ssl.SSLError) as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._open()
                assert self._writer is not None
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout("nothing was taken in time") from error
        except (OSError, ssl.SSLError) as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._writer is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._writer.transport.abort()  # nothing is said any more, and a dead line would be waited for

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: the server has ended it
            return self._reader is not None and (self._reader.at_eof() or bool(self._reader._buffer))  # type: ignore[attr-defined]  # StreamReader says no other way what it holds
        if info == "ssl_object" and self._writer is not None:
            return self._writer.get_extra_info("ssl_object")
        return None
