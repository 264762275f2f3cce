"""The way out as Windows is set, by WinHTTP: without a proxy, with one by hand, for the machine, and by a script."""

from __future__ import annotations

import http.server
import struct
import threading
import winreg
from collections.abc import Iterator
from contextlib import contextmanager

from benchside.transport.windows_proxy import ways_of_windows

CONNECTIONS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
BY_HAND, BY_SCRIPT = 2, 4
HOST = "session.vendor.example"


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("ascii")


@contextmanager
def value(root: int, name: str, content: bytes) -> Iterator[None]:
    """One of the values in which Windows keeps what its settings or `netsh winhttp` wrote."""
    with winreg.CreateKey(root, CONNECTIONS) as key:
        winreg.SetValueEx(key, name, 0, winreg.REG_BINARY, content)
        try:
            yield
        finally:
            winreg.DeleteValue(key, name)


def of_user(flags: int, proxy: str = "", bypass: str = "", script: str = "") -> bytes:
    return struct.pack("<III", 0x46, 1, flags) + _text(proxy) + _text(bypass) + _text(script) + bytes(32)


def of_machine(proxy: str, bypass: str = "") -> bytes:
    return struct.pack("<III", 0x18, 0, BY_HAND) + _text(proxy) + _text(bypass)


def test_without_a_proxy_nothing_is_said() -> None:
    with value(winreg.HKEY_CURRENT_USER, "DefaultConnectionSettings", of_user(1)):
        assert ways_of_windows(HOST, 443) is None


def test_a_persons_own_setting() -> None:
    given = of_user(1 | BY_HAND, "proxy.lab.example:3128", "*.lab.example;<local>")
    with value(winreg.HKEY_CURRENT_USER, "DefaultConnectionSettings", given):
        assert ways_of_windows(HOST, 443) == "PROXY proxy.lab.example:3128"
        assert ways_of_windows("files.lab.example", 443) == "DIRECT"
        assert ways_of_windows("intranet", 443) == "DIRECT"


def test_a_proxy_for_each_scheme() -> None:
    given = of_user(1 | BY_HAND, "http=plain.example:80;https=secure.example:8443")
    with value(winreg.HKEY_CURRENT_USER, "DefaultConnectionSettings", given):
        assert ways_of_windows(HOST, 443) == "PROXY secure.example:8443"


def test_the_machines_setting_counts_where_a_person_has_none() -> None:
    """As a service sees it: `netsh winhttp set proxy`."""
    with value(winreg.HKEY_CURRENT_USER, "DefaultConnectionSettings", of_user(1)):
        with value(winreg.HKEY_LOCAL_MACHINE, "WinHttpSettings", of_machine("machine.example:8080", "*.lab.example")):
            assert ways_of_windows(HOST, 443) == "PROXY machine.example:8080"
            assert ways_of_windows("a.lab.example", 443) == "DIRECT"


class _Script(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        script = b'function FindProxyForURL(url, host) { return host == "%s" ? "PROXY script.example:81" : "DIRECT"; }'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ns-proxy-autoconfig")
        self.end_headers()
        self.wfile.write(script % HOST.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_script_is_run_by_windows() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Script)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    given = of_user(1 | BY_SCRIPT, script=f"http://127.0.0.1:{server.server_port}/proxy.pac")
    try:
        with value(winreg.HKEY_CURRENT_USER, "DefaultConnectionSettings", given):
            assert ways_of_windows(HOST, 443) == "PROXY script.example:81"
            assert ways_of_windows("elsewhere.example", 443) == "DIRECT"
    finally:
        server.shutdown()
