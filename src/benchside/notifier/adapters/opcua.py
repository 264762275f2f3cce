"""Watches an OPC UA server: its alarms (OPC 10000-9) and the states of its LADS devices (OPC 30500-1).

    connect ─► subscribe ─► ConditionRefresh ─► events …     silence, an error or a lie ─► from the beginning, later

What was active before a connection was lost, or before this process began, stays so until the next refresh says
otherwise; of a LADS device until its state does, or until the server shows all of its devices without it for some
minutes.  Its own troubles are the conditions `opcua.link` / name / code:

    not_connected    no answer, or none that makes sense
    settings_wrong   our own certificate, key or password, or the pinned certificate, cannot be read
    refused          it does not let us in: our certificate, our account or the kind of security does not suit it
    no_refresh       it cannot say what is active, so a fault from before may be missing
    too_many         more conditions are active, or more events come, than anybody could read
    malformed        events with fields of other types or ranges than the standard's
    rules_wrong      the file of rules has a mistake, so alarms are told without their names
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from asyncua import ua
from cryptography.exceptions import InvalidSignature

from benchside.notifier.adapters.alarm_rules import AlarmRule, read_alarm_rules
from benchside.notifier.adapters.alarms import ALARM_SOURCE, AlarmEvent, Alarms, EventKind
from benchside.notifier.adapters.apart import apart
from benchside.notifier.adapters.lads import LADS_SOURCE, Devices
from benchside.notifier.adapters.opcua_contact import KEEP_ALIVE_S, Contact, Handlers, OpcUaSettings
from benchside.notifier.adapters.opcua_guard import guard_library
from benchside.notifier.adapters.opcua_watched import Watched
from benchside.notifier.adapters.standing import Standing
from benchside.notifier.watch.contract import Reporter
from benchside.platform.files import read_if_there, write_private
from benchside.protocol.wire.condition import ConditionKey
from benchside.settings.toml import SettingError

__all__ = ["OpcUaAdapter", "is_refusal", "make"]

log = logging.getLogger(__name__)

SOURCE = "opcua.link"
SILENCE_S = 3 * KEEP_ALIVE_S + 5
"""Without any answer the server is gone, whatever its socket says."""
FIRST_WAIT_S = 2.0
MAX_WAIT_S = 60.0
MAX_EVENTS_S = 20
"""In the long run.  What comes faster is left out, and a refresh afterwards tells how things are."""
MAX_EVENT_BURST = 1000
"""The first refresh of a large server."""
REFRESH_AGAIN_S = 60.0
"""Between two refreshes, whoever asks for them."""
LOOK_S = 1.0
OPEN_S = 40.0
ASK_S = 12.0
LEAVE_S = 2.0
"""Longer than what is waited for inside, where that ends as it should; leaving is a courtesy."""
MAX_MEMORY_BYTES = 256 * 1024
_OTHER = "Server certificate mismatch"
"""What asyncua says, with no type of its own, of a server that has another certificate than the one that was pinned."""
_REFUSALS = ("BadSecurity", "BadCertificate", "BadIdentity", "BadUserAccessDenied")
"""Beginnings of the status codes with which a server refuses (OPC 10000-4, 7.38.2)."""


@dataclass
class _Pace:
    """Events that may still be looked at."""

    left: float = MAX_EVENT_BURST
    at: float = 0.0

    def take(self, now: float) -> bool:
        self.left = min(MAX_EVENT_BURST, self.left + (now - self.at) * MAX_EVENTS_S)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class OpcUaAdapter:
    """One server."""

    def __init__(self, name: str, settings: OpcUaSettings, *, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._settings = settings
        self._now = now
        self._memory = Path(settings.memory) if settings.memory else None
        self._standing = Standing(SOURCE, name)
        self._pace = _Pace(at=now())
        self._told: frozenset[ConditionKey] = self._recall()
        self._before = self._told
        self._alarms = Alarms(name, ())
        self._devices = Devices()
        self._alive_at = now()
        self._is_over = False
        self._wants_refresh = False
        self._refreshed_at = -REFRESH_AGAIN_S
        self._dropped = 0

    async def run(self, reporter: Reporter) -> None:
        """Watch until cancelled, connecting again after each end; waits grow to MAX_WAIT_S."""
        guard_library()
        self._alarms = Alarms(self._name, self._rules(reporter), self._before)
        wait_s = FIRST_WAIT_S
        while True:
            began = self._now()
            await self._once(reporter)
            wait_s = FIRST_WAIT_S if self._now() - began > MAX_WAIT_S else min(MAX_WAIT_S, wait_s * 2)
            # apart from other PCs that lost the same server
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.0))  # noqa: S311

    def over(self, standing: Iterable[ConditionKey]) -> Iterable[ConditionKey]:
        """What LADS functions said, where nobody wants them any more; of all else the server shows when it is over.

        What stands is on even where our own file lacks it: that is written later than told, or not on a full disk.
        """
        keys = frozenset(standing)
        lads = {key for key in keys if key.source == LADS_SOURCE}
        self._before |= {key for key in keys if key.source in (ALARM_SOURCE, f"opcua.{self._name}")}
        if not self._settings.lads:
            return sorted(lads)
        self._devices = Devices(lads)
        return ()

    async def _once(self, reporter: Reporter) -> None:
        """One contact, from beginning to end; returns when it is over, for whatever reason."""
        say = self._standing.say
        watched = Watched(self._name, self._devices, reporter.tell, self._now)
        handlers = Handlers(
            event=lambda event: self._take(reporter, event),
            state=watched.take,
            alive=self._note_life,
            over=self._note_end,
        )
        self._is_over, self._alive_at = False, self._now()
        contact: Contact | None = None
        looks: asyncio.Task[None] | None = None
        try:
            contact = Contact(self._settings, handlers, self._now)
            if not await self._prepare(reporter, contact):
                return
            await apart(contact.open(), OPEN_S)
            say(reporter, "refused", False)
            say(reporter, "not_connected", False)
            self._note_life()
            await self._refresh(reporter, contact)
            if self._settings.lads:
                looks = asyncio.create_task(self._watch_states(watched, contact), name="opcua states")
            while not self._is_over and contact.is_listening and self._now() - self._alive_at < SILENCE_S:
                await asyncio.sleep(LOOK_S)
                await self._look(reporter, contact)
        except Exception as error:
            log.debug("an OPC UA server was lost: %s", type(error).__name__)
            say(reporter, "refused", is_refusal(error))
        finally:
            if looks is not None:
                looks.cancel()
            if contact is not None:
                await self._close(contact)
        say(reporter, "not_connected", True)

    async def _prepare(self, reporter: Reporter, contact: Contact) -> bool:
        """Read what is ours; nobody is dialled with files that are wrong, and nobody else is to blame for them."""
        try:
            await apart(contact.prepare(), OPEN_S)
        except Exception as error:
            log.warning("an OPC UA server's files cannot be used", extra={"cause": type(error).__name__})
            self._standing.say(reporter, "settings_wrong", True)
            return False
        self._standing.say(reporter, "settings_wrong", False)
        return True

    async def _close(self, contact: Contact) -> None:
        try:
            await apart(contact.leave(), LEAVE_S)
        except Exception as error:
            log.debug("an OPC UA server was not left politely: %s", type(error).__name__)
        finally:
            contact.hang_up()

    async def _look(self, reporter: Reporter, contact: Contact) -> None:
        """What is done now and then while connected."""
        if self._wants_refresh and self._now() - self._refreshed_at >= REFRESH_AGAIN_S:
            await self._refresh(reporter, contact)
        say = self._standing.say
        say(reporter, "too_many", self._alarms.is_full or self._dropped > 0)
        self._standing.happened(reporter, "malformed", self._alarms.malformed)
        self._alarms.malformed = 0
        self._remember()

    async def _refresh(self, reporter: Reporter, contact: Contact) -> None:
        self._wants_refresh, self._dropped, self._refreshed_at = False, 0, self._now()
        try:
            await apart(contact.refresh(), ASK_S)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            log.debug("an OPC UA server cannot be asked what is active: %s", type(error).__name__)
            self._standing.say(reporter, "no_refresh", True)
            # it may only be busy with another's
            self._wants_refresh = True
        else:
            self._standing.say(reporter, "no_refresh", False)

    async def _watch_states(self, watched: Watched, contact: Contact) -> None:
        """A task of its own: alarms and silence are looked after, however long a look at a large server takes."""
        try:
            await watched.run(contact)
        except ConnectionError:
            self._note_end()

    def _take(self, reporter: Reporter, event: AlarmEvent) -> None:
        if event.kind is EventKind.REFRESH_NEEDED:
            self._wants_refresh = True
            return
        if event.kind is EventKind.CONDITION and not self._pace.take(self._now()):
            self._dropped += 1
            self._wants_refresh = True
            return
        if event.kind is EventKind.REFRESH_END and self._dropped:
            # some of what is active was left out: what was not seen is not over
            return
        for signal in self._alarms.take(event):
            reporter.tell(signal)

    def _note_life(self) -> None:
        self._alive_at = self._now()

    def _note_end(self) -> None:
        self._is_over = True

    def _rules(self, reporter: Reporter) -> tuple[AlarmRule, ...]:
        rules: tuple[AlarmRule, ...] = ()
        is_wrong = False
        try:
            if self._settings.rules is not None:
                rules = read_alarm_rules(Path(self._settings.rules))
        except SettingError as error:
            log.warning("rules cannot be used: %s", error)
            is_wrong = True
        self._standing.say(reporter, "rules_wrong", is_wrong)
        return rules

    def _recall(self) -> frozenset[ConditionKey]:
        if self._memory is None:
            return frozenset()
        try:
            data = read_if_there(self._memory, MAX_MEMORY_BYTES)
            return frozenset() if data is None else msgspec.msgpack.decode(data, type=frozenset[ConditionKey])
        except (OSError, ValueError):
            return frozenset()

    def _remember(self) -> None:
        now = self._alarms.keys
        if self._memory is None or now == self._told:
            return
        try:
            write_private(self._memory, msgspec.msgpack.encode(sorted(now)))
            self._told = now
        except OSError as error:
            log.warning("what is active cannot be kept: %s", type(error).__name__)


def is_refusal(error: Exception) -> bool:
    """Return whether the server said no to us, or is another than the one that was pinned.

    Everything else is of the network, or of a server that is not well.
    """
    is_other = isinstance(error, InvalidSignature) or (isinstance(error, ua.UaError) and str(error) == _OTHER)
    return is_other or (isinstance(error, ua.UaStatusCodeError) and type(error).__name__.startswith(_REFUSALS))


def make(name: str, settings: dict[str, object]) -> OpcUaAdapter:
    """Return the adapter of one `[[opcua]]`; SettingError when its settings are none."""
    try:
        read = msgspec.convert(settings, OpcUaSettings)
    except msgspec.ValidationError as error:
        raise SettingError(f"opcua {name}: {error}") from error
    return OpcUaAdapter(name, read)
