"""The desktop's own notification service over D-Bus (Desktop Notifications Specification 1.2)."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from html import escape
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageFlag, message_bus
from jeepney import new_method_call as call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.condition import Severity

__all__ = ["DBusCentre"]

_SERVICE = "org.freedesktop.Notifications"
_CENTRE = DBusAddress("/org/freedesktop/Notifications", _SERVICE, _SERVICE)
_URGENCY = {Severity.INFO: 0, Severity.CRITICAL: 2}
_NORMAL = 1

MAX_ANSWER_S = 2.0
"""A service answers within milliseconds; one that hangs costs the thread this long, and the desk nothing."""
MAX_WAITING = 8
"""Cards come one in half a minute at most; more wait only for a service that hangs, and are dropped."""
MAX_KNOWN = 20
"""Notifications that can still be closed: as many as the desk follows (desk/views/centre.py)."""
MAX_LOGGED = 16
"""Of a signature that is another than ours, which may have 255 letters."""

_Job = tuple[int, str, str, Severity] | int
"""What is to be shown, or the number of what is to be closed."""

_log = logging.getLogger(__name__)


class DBusCentre:
    """Hands texts over on a thread of its own; no method waits, and none fails: the desk shows its own card anyway.

    The connection stays open, because some desktops drop what a program said once it has left the bus.
    """

    def __init__(self, name: str, bus: str = "SESSION") -> None:
        """`name`: who says it, in words.  `bus`: "SESSION", or an address."""
        self._name = name
        self._address = bus
        self._jobs: queue.Queue[_Job] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._bus: DBusConnection | None = None
        self._known: dict[int, int] = {}  # our number -> the service's

    def tell(self, number: int, head: str, text: str, severity: Severity) -> None:
        """Have `head` and `text` (plain, bounded by the caller) shown; `number` is what withdraws it."""
        self._put((number, head, text, severity))

    def withdraw(self, number: int) -> None:
        """Have it closed; harmless when it was never shown."""
        self._put(number)

    def _put(self, job: _Job) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="centre", daemon=True)
            self._thread.start()
        with contextlib.suppress(queue.Full):
            self._jobs.put_nowait(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                if isinstance(job, int):
                    self._close(job)
                else:
                    self._notify(*job)
            except UnavailableError as error:
                _log.info("the system's notification service takes nothing: %s", error)
                self._leave()
            except Exception as error:  # of the library, too: no other thread is begun, and later texts want this one
                _log.warning("a text was not handed to the system's notification service: %s", type(error).__name__)
                self._leave()

    def _notify(self, number: int, head: str, text: str, severity: Severity) -> None:
        (is_there,) = self._ask(message_bus.NameHasOwner(_SERVICE), "b")
        if not is_there:
            return
        hints = {
            "urgency": ("y", _URGENCY.get(severity, _NORMAL)),
            "suppress-sound": ("b", True),
            "transient": ("b", False),
        }
        # the body is markup; the summary is not.  -1: it stays as long as the service keeps any
        no_actions: list[str] = []
        body = (self._name, 0, "", head, escape(text, quote=False), no_actions, hints, -1)
        question = call(_CENTRE, "Notify", "susssasa{sv}i", body)
        question.header.flags |= MessageFlag.no_auto_start
        (known,) = self._ask(question, "u")
        self._known[number] = known
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _close(self, number: int) -> None:
        known = self._known.pop(number, None)
        if known is None:
            return
        question = call(_CENTRE, "CloseNotification", "u", (known,))
        question.header.flags |= MessageFlag.no_auto_start
        self._ask(question)

    def _ask(self, question: Message, signature: str | None = None) -> tuple[Any, ...]:
        """Return what the answer has; UnavailableError where that is not as `signature` says (None: whatever it is)."""
        try:
            if self._bus is None:
                self._bus = open_dbus_connection(self._address)
            answer = self._bus.send_and_get_reply(question, timeout=MAX_ANSWER_S)
            body = tuple(unwrap_msg(answer))
        except DBusErrorResponse as error:
            raise UnavailableError(f"expected an answer, got {error.name}") from error
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise UnavailableError(f"expected an answer, got {type(error).__name__}") from error
        got = answer.header.fields.get(HeaderFields.signature, "")
        if signature is not None and got != signature:
            raise UnavailableError(f"expected an answer of '{signature}', got '{got[:MAX_LOGGED]}'")
        return body

    def _leave(self) -> None:
        """Begin anew at the next text: after a time-out or an error nobody knows what the connection is at."""
        self._known.clear()
        bus, self._bus = self._bus, None
        if bus is not None:
            with contextlib.suppress(Exception):  # it is ours no longer, whatever it says to that
                bus.close()
