"""Real proxies beside a test: squid, tinyproxy, and mitmproxy, which looks into TLS."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.demo.children import free_port

__all__ = ["inspecting", "squid", "tinyproxy"]

SQUID_AUTH = {
    "none": "http_access allow all",
    "basic": """auth_param basic program {helpers}/basic_ncsa_auth {folder}/passwords
auth_param basic realm hospital
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all""",
    "ntlm": """auth_param ntlm program {helpers}/ntlm_fake_auth
auth_param ntlm children 2
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all""",
    "deny": "http_access deny all",
}
HELPERS = "/usr/lib/squid"


def _until_listening(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def _running(words: list[str], port: int, folder: Path) -> Iterator[None]:
    log = folder / "proxy.log"
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, cwd=folder)
        try:
            _until_listening(port, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def squid(auth: str = "none") -> Iterator[str]:
    """Give squid's address; `auth` is a key of SQUID_AUTH.  Basic knows pat with the password "open: sesame".

    Squid gives root's rights up before it reads its files, and pytest's folders are for their owner alone.
    """
    folder = Path(tempfile.mkdtemp(prefix="benchside-squid-"))
    try:
        with _squid_in(folder, auth) as address:
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _squid_in(folder: Path, auth: str) -> Iterator[str]:
    port = free_port()
    hashed = subprocess.run(
        ["openssl", "passwd", "-apr1", "-stdin"], input="open: sesame\n", capture_output=True, text=True, check=True
    ).stdout.strip()
    (folder / "passwords").write_text(f"pat:{hashed}\n")
    (folder / "squid.conf").write_text(
        f"""http_port 127.0.0.1:{port}
pid_filename none
cache_log {folder}/cache.log
access_log none
cache deny all
coredump_dir {folder}
shutdown_lifetime 0 seconds
pinger_enable off
connect_timeout 3 seconds
{SQUID_AUTH[auth].format(helpers=HELPERS, folder=folder)}
"""
    )
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777)
    with _running([shutil.which("squid") or "/usr/sbin/squid", "-N", "-f", str(folder / "squid.conf")], port, folder):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def tinyproxy(folder: Path, basic: bool = False) -> Iterator[str]:
    """Give tinyproxy's address."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    auth = "BasicAuth pat sesame" if basic else ""
    (folder / "tinyproxy.conf").write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n{auth}\n")
    with _running(["tinyproxy", "-d", "-c", str(folder / "tinyproxy.conf")], port, folder):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def inspecting(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give mitmproxy's address and the authority with which it signs what it shows in a server's place."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(port), "--ssl-insecure"]
    with _running([*words, "--set", f"confdir={folder}/conf"], port, folder):
        yield f"http://127.0.0.1:{port}", folder / "conf" / "mitmproxy-ca-cert.pem"
