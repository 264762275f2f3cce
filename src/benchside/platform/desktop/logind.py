"""Lock, user switch and coming sleep, as systemd's logind tells them over D-Bus (org.freedesktop.login1)."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, Properties, message_bus
from jeepney import new_method_call as call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

from benchside.protocol.errors import UnavailableError

__all__ = ["LoginSession"]

_SERVICE = "org.freedesktop.login1"
_MANAGER = DBusAddress("/org/freedesktop/login1", _SERVICE, "org.freedesktop.login1.Manager")
_SESSION_INTERFACE = "org.freedesktop.login1.Session"

# logind answers within milliseconds; a bus that hangs must not hang the session's start.
MAX_ANSWER_S = 1.0

# Messages taken in one call; a bus that says more is read on at the next.
MAX_MESSAGES = 64


class LoginSession:
    """The log-in that this process belongs to.

    `bus`: "SYSTEM", or an address.  UnavailableError: no bus, no logind, or no log-in (a container, a service).
    """

    def __init__(self, bus: str = "SYSTEM", *, session: str | None = None) -> None:
        """`session`: its id, by default XDG_SESSION_ID, else the one that this process belongs to."""
        try:
            self._bus: DBusConnection = open_dbus_connection(bus)
        except (OSError, KeyError, ValueError) as error:
            raise UnavailableError("no D-Bus to ask for lock and sleep") from error
        try:
            self._session = self._find(session or os.environ.get("XDG_SESSION_ID"))
            # The bus itself sees to it that nobody else speaks in logind's name.
            for told in (
                {"interface": "org.freedesktop.DBus.Properties", "path": self._session.object_path},
                {"interface": _MANAGER.interface, "member": "PrepareForSleep"},
            ):
                rule = MatchRule(type="signal", sender=_SERVICE, **told)
                self._ask(message_bus.AddMatch(rule))
            # Asked after listening, so that no change is missed between the two.
            self._left = self._is_left()
        except BaseException:
            self._bus.close()
            raise
        self._is_lost = False

    def has_been_left(self) -> bool:
        """True when the log-in was locked or put in the background, or sleep was announced, since the last call;
        at the first call also when it was locked before.  Never waits."""
        left, self._left = self._left, False
        for _ in range(MAX_MESSAGES):
            if self._is_lost:
                break
            try:
                message = self._bus.receive(timeout=0)
            except TimeoutError:
                break
            except (OSError, ValueError):
                self._is_lost = True  # the bus went away: nothing more is known
                break
            if message.header.message_type is MessageType.signal:
                left = self._tells_of_leaving(message) or left
        return left

    def close(self) -> None:
        """Leave the bus; harmless when done before."""
        with contextlib.suppress(OSError):
            self._bus.close()

    def _find(self, session: str | None) -> DBusAddress:
        if session:
            question = call(_MANAGER, "GetSession", "s", (session,))
        else:
            question = call(_MANAGER, "GetSessionByPID", "u", (os.getpid(),))
        (path,) = self._ask(question)
        return DBusAddress(path, _SERVICE, _SESSION_INTERFACE)

    def _is_left(self) -> bool:
        (answer,) = self._ask(Properties(self._session).get_all())
        return _leaves(answer)

    def _tells_of_leaving(self, message: Message) -> bool:
        member = message.header.fields.get(HeaderFields.member)
        path = message.header.fields.get(HeaderFields.path)
        if member == "PrepareForSleep":
            return bool(message.body and message.body[0])
        if member == "PropertiesChanged" and path == self._session.object_path and len(message.body) >= 2:
            return _leaves(message.body[1])
        return False

    def _ask(self, question: Message) -> tuple[Any, ...]:
        try:
            return tuple(unwrap_msg(self._bus.send_and_get_reply(question, timeout=MAX_ANSWER_S)))
        except (DBusErrorResponse, OSError, ValueError) as error:
            raise UnavailableError("logind does not tell of lock and sleep here") from error


def _leaves(properties: Any) -> bool:
    """Whether these properties ({name: (signature, value)}) say that the person is not at the screen."""
    locked = properties.get("LockedHint", ("b", False))[1]
    active = properties.get("Active", ("b", True))[1]
    return bool(locked) or not active
