"""A slow line where network namespaces cannot be had: a TCP proxy that delays bytes, `python -m bench.picture.proxy N`.

N is the number of an inherited control socket.  There each line of JSON is {"port"}, answered by the {"door"} at which
that port is reached across the line; or {"rate_bps", "delay_s", "queue_s"} for both directions, or {}, answered as the
shaper does.  Nothing is lost on this line: who sends too much is held back when the queue is full, as TCP would in
the end, so this is a kinder line than one of packets, and results say which one they were measured on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from dataclasses import replace

from bench.picture.way import Shape

PIECE_BYTES = 1448
"""What a packet of 1,500 bytes carries; the rest of it counts against the rate, too."""
HEADER_BYTES = 52


class Direction:
    """All connections' bytes one way: one queue, one rate."""

    def __init__(self) -> None:
        self.shape = Shape()
        self.carried = 0
        self._busy_until = 0.0

    async def pass_on(self, size: int) -> float:
        """Wait for room in the queue; the moment at which so many bytes are at the other end."""
        loop, shape = asyncio.get_running_loop(), self.shape
        while (over_s := self._busy_until - loop.time() - shape.queue_s) > 0:
            await asyncio.sleep(over_s)
        takes_s = (size + HEADER_BYTES) * 8 / shape.rate_bps if shape.rate_bps else 0.0
        self._busy_until = max(loop.time(), self._busy_until) + takes_s
        self.carried += size
        return self._busy_until + shape.delay_s


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
    """Until the sender is done; then the receiver is told so, after what is under way."""
    loop, due = asyncio.get_running_loop(), 0.0
    with contextlib.suppress(OSError):
        while data := await reader.read(PIECE_BYTES):
            due = max(due, await direction.pass_on(len(data)))
            loop.call_at(due, writer.write, data)
    loop.call_at(max(due, loop.time()), writer.close)


async def open_door(port: int, down: Direction, up: Direction) -> int:
    """A port of 127.0.0.1 behind which this one lies, a line away."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, there_writer, up), carry(there_reader, writer, down))

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


async def main(control: socket.socket) -> None:
    control.setblocking(False)
    loop, down, up = asyncio.get_running_loop(), Direction(), Direction()
    print("ready", flush=True)
    while asked := await loop.sock_recv(control, 4096):
        words = json.loads(asked)
        if "port" in words:
            told: dict[str, object] = {"door": await open_door(words["port"], down, up)}
        else:
            for direction in (down, up):
                direction.shape = replace(direction.shape, **words)
            told = {name: {"payload_bytes": each.carried, "dropped": 0} for name, each in (("down", down), ("up", up))}
        await loop.sock_sendall(control, json.dumps(told).encode())


if __name__ == "__main__":
    asyncio.run(main(socket.socket(fileno=int(sys.argv[1]))))
