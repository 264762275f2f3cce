"""A local service for a desk under test: a real socket, and a script that the test writes as it goes."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from benchside.desk.operations.frames import FrameReader, frame
from benchside.protocol.wire.codec import Codec
from benchside.protocol.wire.desk import DESK, DeskAlive, DeskMessage
from benchside.protocol.wire.notice import NOTICE, NoticeMessage

M = TypeVar("M")
Heard = TypeVar("Heard")

MAX_WAIT_S = 30.0
AGAIN_S = 2.0


class FakeService(Generic[M]):
    """Takes one desk at a time.  `say` sends, `expect` waits for a kind of message; signs of life are only counted."""

    def __init__(self, path: Path, codec: Codec[M]) -> None:
        self.path = path
        self._codec = codec
        self.alive_at: list[float] = []
        self._heard: queue.Queue[M] = queue.Queue()
        self._came = threading.Event()
        self._desk: socket.socket | None = None
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(4)
        self._thread = threading.Thread(target=self._serve, name="fake agent", daemon=True)
        self._thread.start()

    def say(self, *messages: M) -> None:
        """Send `messages` to the desk, waiting for one to come first."""
        self.say_bytes(b"".join(frame(self._codec.encode(message)) for message in messages))

    def say_bytes(self, data: bytes) -> None:
        """Send what no agent says."""
        assert self._came.wait(MAX_WAIT_S), "no desk came"
        assert self._desk is not None
        self._desk.sendall(data)

    def expect(
        self,
        kind: type[Heard],
        timeout_s: float = MAX_WAIT_S,
        *,
        over: tuple[type[M], ...] = (),
        again: Callable[[], None] | None = None,
    ) -> Heard:
        """Return the next message of `kind`; others before it fail the test, but for those in `over`.

        `again` is what a person does once more while nothing comes: a press that a busy desk sees over a second
        late is not known for a person's, and does nothing.
        """
        began = time.monotonic()
        again_at = began + AGAIN_S
        while (now := time.monotonic()) < began + timeout_s:
            if again is not None and now > again_at:
                again()
                again_at = now + AGAIN_S
            with contextlib.suppress(queue.Empty):
                message = self._heard.get(timeout=0.2)
                if isinstance(message, over):
                    continue
                assert isinstance(message, kind), f"expected {kind.__name__}, heard {message}"
                return message
        raise AssertionError(f"expected {kind.__name__}, heard nothing of it in {timeout_s} s")

    def heard_nothing(self, for_s: float) -> bool:
        """Whether the desk said nothing but signs of life for so long."""
        time.sleep(for_s)
        return self._heard.empty()

    def hang_up(self) -> None:
        """Drop the desk's connection, as an agent does that ends."""
        if self._desk is not None:
            self._came.clear()
            with contextlib.suppress(OSError):  # the desk may have ended first
                self._desk.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End for good."""
        self.hang_up()
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                desk, _ = self._server.accept()
            except OSError:
                return
            self._desk = desk
            self._came.set()
            reader = FrameReader(max_bytes=self._codec.max_bytes)
            try:
                while data := desk.recv(65536):
                    for whole in reader.feed(data):
                        self._take(self._codec.decode(whole))
            except OSError:
                pass
            desk.close()

    def _take(self, message: M) -> None:
        if isinstance(message, DeskAlive):
            self.alive_at.append(time.monotonic())
        else:
            self._heard.put(message)

    def __enter__(self) -> FakeService[M]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FakeAgent(FakeService[DeskMessage]):
    """An agent."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, DESK)

    def __enter__(self) -> FakeAgent:
        return self


class FakeNotifier(FakeService[NoticeMessage]):
    """A notifier."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, NOTICE)
