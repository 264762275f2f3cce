"""A real mail server (aiosmtpd) in a process of its own, which keeps what it takes as files in a folder.

It wants STARTTLS and a password where it was given a certificate.  To `later@…` it says 451 the first time, to
`never@…` always 550.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

__all__ = ["PASSWORD", "USER", "MailServer", "mail_server"]

USER, PASSWORD = "benchside", "mail server's pass word"
LINK = re.compile(r"https?://\S+/location#([A-Za-z0-9_-]{43})")


@dataclass
class MailServer:
    """The process as a test sees it."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process
    read: set[str] = field(default_factory=set)

    async def next(self, within_s: float = 30.0, to: str = "") -> EmailMessage:
        """The oldest mail that was not read yet; of those to an address, since several are sent at a time."""
        async with asyncio.timeout(within_s):
            while True:
                for name in sorted({path.name for path in self.folder.glob("*.eml")} - self.read):
                    message = message_from_bytes((self.folder / name).read_bytes(), policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    if to in ("", message["X-To"]):
                        self.read.add(name)
                        return message
                await asyncio.sleep(0.05)

    async def link(self, to: str = "") -> str:
        """The link of the next mail, whole."""
        found = LINK.search((await self.next(to=to)).get_content())
        assert found
        return found[0]

    async def token(self, to: str = "") -> str:
        """What stands behind its #."""
        return (await self.link(to)).partition("#")[2]

    def count(self) -> int:
        return len(list(self.folder.glob("*.eml")))


@asynccontextmanager
async def mail_server(folder: Path, certificate: Path | None = None, *, mode: str = "off") -> AsyncIterator[MailServer]:
    """Run it; `certificate`: with its key beside it as key.pem, for `mode` starttls or tls."""
    folder.mkdir(exist_ok=True)
    words = [sys.executable, __file__, str(folder), mode, str(certificate or "")]
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield MailServer(int(await asyncio.wait_for(process.stdout.readline(), 30)), folder, process)
    finally:
        process.kill()
        await process.wait()


class _Keeper:
    """What aiosmtpd calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.put_off: set[str] = set()

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("never@"):
            return f"550 5.1.1 <{address}>: there is nobody of this name"
        if address.startswith("later@") and address not in self.put_off:
            self.put_off.add(address)
            return f"451 4.7.1 <{address}>: try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        number = len(list(self.folder.glob("*.eml")))
        part = self.folder / f"{number:04}.part"
        head = f"X-From: {envelope.mail_from}\r\nX-To: {' '.join(envelope.rcpt_tos)}\r\nX-Helo: {session.host_name}\r\n"
        part.write_bytes(head.encode() + envelope.content)
        part.rename(part.with_suffix(".eml"))
        return "250 OK"


async def _serve(folder: Path, mode: str, certificate: str) -> None:
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=not right)

    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, Path(certificate).with_name("key.pem"))
    starts = mode == "starttls"
    keeper = _Keeper(folder)

    def make() -> SMTP:
        return SMTP(
            keeper,
            hostname="mail.example",
            tls_context=tls if starts else None,
            require_starttls=starts,
            auth_required=bool(certificate),
            auth_require_tls=starts,
            authenticator=authenticate,
        )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls if mode == "tls" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
