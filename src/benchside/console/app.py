"""`benchside console`: the engineer's console from this package, so that its code does not come from the server."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import getpass
import html
import logging
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from benchside.console.application import Application
from benchside.console.server import Server, is_loopback
from benchside.logs.setup import start_logging
from benchside.platform.loopback.here import is_own_account
from benchside.protocol.errors import BenchsideError, UnavailableError
from benchside.transport.proxy import Credentials
from benchside.transport.tls import client_tls
from benchside.transport.way_out import WayOut
from benchside.transport.web.files import ConsoleFiles

__all__ = ["DEFAULT_PORT", "main"]

DEFAULT_PORT = 8460
"""Always the same, since a browser keeps the associate's key for this address and this port."""
MAX_HEADER_BYTES = 16 * 1024
MAX_CONNECTIONS = 200
"""Twenty tabs with the six connections that a browser opens, and room for its haste."""
STOP_WITHIN_S = 1


def main(argv: list[str]) -> int:
    """Serve until interrupted; exit code 0, 1 when it cannot start, 2 for wrong words."""
    flags = _parser().parse_args(argv)
    files = ConsoleFiles()
    if flags.digest:
        print(files.digest)
        return 0
    if flags.server is None:
        print("benchside console: say which server: benchside console https://web.example", file=sys.stderr)
        return 2
    start_logging("console", logging.INFO if flags.verbose else logging.WARNING)
    try:
        if not files.is_built:
            raise UnavailableError(
                "this installation holds no console; in a checkout `python3 tasks.py build` makes it"
            )
        credentials = None
        if flags.proxy_user:
            credentials = Credentials(flags.proxy_user, getpass.getpass("Password for the proxy: "))
        url = _server_url(flags.server)
        tls = client_tls(flags.ca) if url.startswith("https:") else None
        out = WayOut(flags.proxy, credentials)
        asyncio.run(_run(url, flags.port, files, tls, out, opens=not flags.no_browser))
    except BenchsideError as error:
        print(f"benchside console: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchside console", description="the engineer's console, served by this package on this machine alone"
    )
    parser.add_argument("server", nargs="?", help="https://HOST[:PORT] of the server")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"on 127.0.0.1; {DEFAULT_PORT} unless said")
    parser.add_argument("--ca", type=Path, help="certificate authorities to trust besides the system's (PEM)")
    parser.add_argument("--proxy", default="system", help="system, direct, http://HOST:PORT or pac:URL")
    parser.add_argument("--proxy-user", help="for a proxy that asks; the password is read from the terminal")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--digest", action="store_true", help="print the SHA-256 of the console's files and end")
    parser.add_argument("--verbose", action="store_true", help="log more")
    return parser


def _server_url(text: str) -> str:
    """The server's origin, of what a person typed."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or port == 0 or not is_safe or parts.path not in ("", "/") or parts.query or parts.username is not None:
        raise UnavailableError(f"expected a server as https://HOST[:PORT], got {text!r:.100}")
    return f"{parts.scheme}://{parts.netloc}"


async def _run(
    url: str, port: int, files: ConsoleFiles, tls: ssl.SSLContext | None, out: WayOut, *, opens: bool
) -> None:
    with _bound(port) as bound, _Door(opens) as door:
        port = bound.getsockname()[1]
        server = Server(url, tls=tls, out=out, version=version("benchside"), port=port)
        application = Application(server, files, port, door.say)
        print(f"Benchside console {version('benchside')}, files SHA-256 {files.digest}")
        try:
            about = await server.about()
            print(f"Server {url}: {about.server_name}, region {about.region}", flush=True)
        except BenchsideError as error:
            print(f"Server {url} cannot be used now ({error}); it is asked again with each page", flush=True)
        application.invite()
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            http=_OwnAccountHttp,
            ws="none",
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            limit_concurrency=MAX_CONNECTIONS,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
        try:
            await uvicorn.Server(config).serve(sockets=[bound])
        finally:
            await server.close()


class _OwnAccountHttp(H11Protocol):
    """Connections of this log-in alone: loopback is shared by all log-ins of a machine."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self.client is None or self.server is None or not is_own_account(self.client, self.server):  # type: ignore[arg-type]  # a port on TCP
            transport.abort()


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    if not 0 <= port <= 65_535:
        raise UnavailableError(f"expected a port up to 65535, got {port}")
    with socket.socket() as bound:
        if sys.platform == "win32":  # where SO_REUSEADDR means that another program may listen here too
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", port))
        except OSError as error:
            raise UnavailableError(
                f"port {port} of this machine is taken ({error.strerror}); is a console running already? "
                "With another --port the browser has another key"
            ) from error
        bound.listen(128)
        bound.setblocking(False)
        yield bound


class _Door:
    """Tells the person the one-time address, and brings the browser there."""

    def __init__(self, opens: bool) -> None:
        self._opens = opens
        self._folder: Path | None = None

    def __enter__(self) -> _Door:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def say(self, address: str) -> None:
        """The first opens the browser; each is printed."""
        print(f"Open in your browser (good once): {address}", flush=True)
        if not self._opens:
            return
        self._opens = False
        # In a file, since other log-ins can read the words with which a browser is started.
        self._folder = Path(tempfile.mkdtemp(prefix="benchside-console-"))
        page = self._folder / "open.html"
        page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={html.escape(address)}">')
        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True, name="browser").start()
