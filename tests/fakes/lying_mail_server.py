"""A mail server that does what a script says, in this process: drops, floods, lies, or says nothing."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

__all__ = ["Conversation", "LyingMailServer", "Script", "lying_mail_server", "polite"]


@dataclass
class Conversation:
    """One connection, as the script sees it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[bytes]
    """Everything that our side said, over all connections."""

    async def hear(self) -> bytes:
        line = await self.reader.readline()
        self.heard.append(line)
        return line

    async def say(self, *lines: bytes) -> None:
        self.writer.write(b"".join(line + b"\r\n" for line in lines))
        await self.writer.drain()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        await self.writer.start_tls(context)


Script = Callable[[Conversation], Awaitable[None]]


@dataclass
class LyingMailServer:
    """Where it is, and what it heard."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def lying_mail_server(script: Script) -> AsyncIterator[LyingMailServer]:
    lying = LyingMailServer(0)

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lying.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await script(Conversation(reader, writer, lying.heard))
        writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0)
    lying.port = server.sockets[0].getsockname()[1]
    try:
        yield lying
    finally:
        server.close()


async def polite(
    talk: Conversation, *, answers: dict[bytes, bytes] | None = None, features: tuple[bytes, ...] = ()
) -> None:
    """An honest server but for `answers`: what it says instead, by the first word that it hears.

    `DATA.` is the end of a mail.
    """
    answers = answers or {}
    await talk.say(answers.get(b"", b"220 mail.example ESMTP"))
    while word := (await talk.hear()).split(b" ")[0].strip().upper():
        if word == b"EHLO":
            lines = [b"mail.example", *features]
            said = [b"250-" + line for line in lines[:-1]] + [b"250 " + lines[-1]]
            await talk.say(*([answers[word]] if word in answers else said))
        elif word == b"DATA" and word not in answers:
            await talk.say(b"354 go on")
            while await talk.hear() not in (b".\r\n", b""):
                pass
            await talk.say(answers.get(b"DATA.", b"250 taken"))
        else:
            await talk.say(answers.get(word, b"250 fine"))
