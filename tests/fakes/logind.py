"""A logind of the test's own, on a bus of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import threading
from types import TracebackType
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_error, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection

SESSION_PATH = "/org/freedesktop/login1/session/_31"
_SESSION = DBusAddress(SESSION_PATH, interface="org.freedesktop.DBus.Properties")
_MANAGER = DBusAddress("/org/freedesktop/login1", interface="org.freedesktop.login1.Manager")


class FakeLogind:
    """Answers for session "1" at `address` until closed; sends what the test wants said."""

    def __init__(self, properties: dict[str, Any] | None = None) -> None:
        if shutil.which("dbus-daemon") is None:
            pytest.skip("dbus-daemon is not installed")
        self.properties = properties or {"LockedHint": ("b", False), "Active": ("b", True)}
        self._daemon = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"], stdout=subprocess.PIPE, text=True
        )
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().strip()
        self._bus = open_dbus_connection(self.address)
        self._bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.login1"))
        self._thread = threading.Thread(target=self._serve, name="logind", daemon=True)
        self._thread.start()

    def change(self, **properties: Any) -> None:
        body = ("org.freedesktop.login1.Session", properties, [])
        self._bus.send(new_signal(_SESSION, "PropertiesChanged", "sa{sv}as", body))

    def announce_sleep(self, begins: bool) -> None:
        self._bus.send(new_signal(_MANAGER, "PrepareForSleep", "b", (begins,)))

    def close(self) -> None:
        self._daemon.terminate()
        self._daemon.wait(5)
        assert self._daemon.stdout is not None
        self._daemon.stdout.close()
        self._thread.join(5)
        self._bus.close()

    def _serve(self) -> None:
        while True:
            try:
                message = self._bus.receive()
            except (OSError, ValueError):
                return
            if message.header.message_type is not MessageType.method_call:
                continue
            member = message.header.fields[HeaderFields.member]
            if member in ("GetSession", "GetSessionByPID") and message.body[0] in ("1",):
                self._bus.send(new_method_return(message, "o", (SESSION_PATH,)))
            elif member == "GetAll":
                self._bus.send(new_method_return(message, "a{sv}", (self.properties,)))
            else:
                self._bus.send(new_error(message, "org.freedesktop.login1.NoSuchSession", "s", ("no",)))

    def __enter__(self) -> FakeLogind:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
