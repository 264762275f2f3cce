"""A notification service of the test's own, on a bus of its own or on the one that is given."""

from __future__ import annotations

import contextlib
import itertools
import queue
import shutil
import socket
import subprocess
import threading
from types import TracebackType
from typing import Any

import pytest
from jeepney import HeaderFields, Message, MessageType, message_bus, new_error, new_method_return
from jeepney.io.blocking import open_dbus_connection

NAME = "org.freedesktop.Notifications"
FIRST_ID = 41


class FakeNotificationService:
    """Records each call as (member, signature, body) until closed; `refuses`: answers with an error.

    `odd`: signature and body of the first answer to Notify, in place of an id.
    """

    def __init__(
        self, *, owns_name: bool = True, refuses: bool = False, address: str | None = None,
        odd: tuple[str, tuple[Any, ...]] | None = None,
    ) -> None:  # fmt: skip
        if shutil.which("dbus-daemon") is None:
            pytest.skip("dbus-daemon is not installed")
        self.refuses = refuses
        self._odd = odd
        self.calls: queue.Queue[tuple[str, str, tuple[Any, ...]]] = queue.Queue()
        self._ids = itertools.count(FIRST_ID)
        self._daemon = None if address else _start_daemon()
        self.address = address or _address_of(self._daemon)
        self._bus = open_dbus_connection(self.address)
        if owns_name:
            self._bus.send_and_get_reply(message_bus.RequestName(NAME))
        self._thread = threading.Thread(target=self._serve, name="notifications", daemon=True)
        self._thread.start()

    def close(self) -> None:
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(5)
            assert self._daemon.stdout is not None
            self._daemon.stdout.close()
        else:
            self._bus.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._bus.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the bus is closed at the end, also in the middle of an answer
            while True:
                self._answer(self._bus.receive())

    def _answer(self, message: Message) -> None:
        if message.header.message_type is not MessageType.method_call:
            return
        fields = message.header.fields
        member = fields[HeaderFields.member]
        self.calls.put((member, fields.get(HeaderFields.signature, ""), message.body))
        if self.refuses:
            self._bus.send(new_error(message, f"{NAME}.Error", "s", ("no",)))
        elif member == "Notify" and self._odd is not None:
            (signature, body), self._odd = self._odd, None
            self._bus.send(new_method_return(message, signature, body))
        elif member == "Notify":
            self._bus.send(new_method_return(message, "u", (next(self._ids),)))
        else:
            self._bus.send(new_method_return(message))

    def __enter__(self) -> FakeNotificationService:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def _start_daemon() -> subprocess.Popen[str]:
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _address_of(daemon: subprocess.Popen[str] | None) -> str:
    assert daemon is not None
    assert daemon.stdout is not None
    return daemon.stdout.readline().strip()
