"""A wire between two programs that a test can cut, freeze and lead elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

__all__ = ["WireCut", "stop_loop"]


def stop_loop(loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    """End the tasks of another thread's loop, then the loop and the thread."""

    def stop() -> None:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_later(0.1, loop.stop)

    loop.call_soon_threadsafe(stop)
    thread.join(5)


class WireCut:
    """Passes TCP on from `port` to `target`, in a thread of its own; every method may be called from any thread."""

    def __init__(self) -> None:
        self.port = 0
        self.target = 0
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="wire", daemon=True)
        self._thread.start()
        self.port = ready.result(5)

    def cut(self) -> None:
        """End every connection and take no new one, as when a cable is pulled and noticed."""
        self._is_cut = True
        self._call(self._end_all)

    def end_all(self) -> None:
        """End every connection; new ones pass."""
        self._call(self._end_all)

    def freeze(self) -> None:
        """Nothing passes and nobody is told, as when a cable is pulled far away."""
        self._call(self._flows.clear)

    def mend(self) -> None:
        """All is well again; what was frozen arrives."""
        self._is_cut = False
        self._call(self._flows.set)

    def close(self) -> None:
        stop_loop(self._loop, self._thread)

    def _call(self, act: Callable[[], object]) -> None:
        done = threading.Event()

        def run() -> None:
            act()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(5)

    def _run(self, ready: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._pass, "127.0.0.1", 0))
        ready.set_result(server.sockets[0].getsockname()[1])
        self._loop.run_forever()

    def _end_all(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._writers -= {writer, back}
            writer.transport.abort()
            back.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.transport.abort()
