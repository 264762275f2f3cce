"""Watches whether lines to laboratory systems are alive: ASTM (E1381, LIS1-A) and HL7 (MLLP), never what they carry.

It reads the system's table of connections and counters, opens no connection and listens to none, so a line is as
undisturbed as without it and no byte of a result passes through here.  Conditions `line.link` / name / code:

    not_connected      no connection for `not_connected_s` seconds
    no_traffic         connected, and nothing sent or received for `quiet_min` minutes
    traffic_unknown    `quiet_min` is set and this system does not count
    table_unreadable   the system does not show its connections

Outside the line's hours all of it is well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from ipaddress import ip_address

import msgspec

from benchside.notifier.adapters.standing import Standing
from benchside.notifier.watch.contract import Reporter
from benchside.platform.connections.contract import Address, Connection
from benchside.platform.connections.here import tcp_connections
from benchside.protocol.wire.condition import ConditionKey
from benchside.settings.hours import read_hours
from benchside.settings.toml import SettingError

__all__ = ["LineAdapter", "LineSettings", "make"]

SOURCE = "line.link"
EVERY_S = 5.0
"""A connection that came and went in between still stands in the table, ending, for a minute."""


class LineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker is given (settings.py reads it from the settings file)."""

    kind: str
    role: str
    """`dials`: the PC calls the endpoint; `listens`: the endpoint is the PC's own, 0.0.0.0 for all of its."""
    endpoint: str
    not_connected_s: int = 60
    quiet_min: int = 0
    """0: traffic is not watched."""
    hours: list[str] = []


class LineAdapter:
    """One line."""

    def __init__(
        self,
        name: str,
        settings: LineSettings,
        *,
        connections: Callable[[], Sequence[Connection]] = tcp_connections,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        address, _, port = settings.endpoint.rpartition(":")
        self._end: tuple[Address, int] = (ip_address(address.strip("[]")), int(port))
        self._settings = settings
        self._hours = tuple(one for text in settings.hours for one in read_hours(f"line {name}: hours", text))
        self._connections = connections
        self._monotonic = monotonic
        self._wall = wall
        self._standing = Standing(SOURCE, name)
        self._seen_at: float | None = None
        self._traffic_at: float | None = None
        self._carried: dict[tuple[tuple[Address, int], tuple[Address, int]], int] = {}

    async def run(self, reporter: Reporter) -> None:
        """Look every EVERY_S seconds until cancelled."""
        while True:
            self.look(reporter)
            await asyncio.sleep(EVERY_S)

    def over(self, standing: Iterable[ConditionKey]) -> Iterable[ConditionKey]:
        """Nothing: each look says all of it."""
        return ()

    def look(self, reporter: Reporter) -> None:
        """Tell how the line is now."""
        say, now = self._standing.say, self._monotonic()
        if not self._is_in_hours():
            self._seen_at = self._traffic_at = None
            for code in ("not_connected", "no_traffic", "traffic_unknown", "table_unreadable"):
                say(reporter, code, False)
            return
        try:
            mine = [one for one in self._connections() if self._is_mine(one)]
        except (OSError, ValueError):
            say(reporter, "table_unreadable", True)
            return
        say(reporter, "table_unreadable", False)
        # the time that it may be away begins when it is first looked at
        if self._seen_at is None or mine:
            self._seen_at = now
        is_away = now - self._seen_at >= self._settings.not_connected_s
        say(reporter, "not_connected", is_away, **({"kind": self._settings.kind} if is_away else {}))
        self._look_at_traffic(reporter, now, [one for one in mine if one.is_up])

    def _look_at_traffic(self, reporter: Reporter, now: float, up: Sequence[Connection]) -> None:
        quiet_s = self._settings.quiet_min * 60
        say = self._standing.say
        if not quiet_s:
            for code in ("no_traffic", "traffic_unknown"):  # on from before, perhaps, when it was asked for
                say(reporter, code, False)
            return
        if not up:
            # that is another condition; the silence is counted from the next connection
            self._carried, self._traffic_at = {}, None
            say(reporter, "no_traffic", False)
            return
        carried = {(one.here, one.there): one.carried_bytes for one in up if one.carried_bytes is not None}
        say(reporter, "traffic_unknown", not carried)
        if self._traffic_at is None or any(count != self._carried.get(ends, 0) for ends, count in carried.items()):
            self._traffic_at = now
        self._carried = carried
        is_quiet = bool(carried) and now - self._traffic_at >= quiet_s
        say(reporter, "no_traffic", is_quiet, **({"minutes": self._settings.quiet_min} if is_quiet else {}))

    def _is_mine(self, one: Connection) -> bool:
        if not (one.is_up or one.is_ending):
            return False
        if self._settings.role == "dials":
            return one.there == self._end
        address, port = self._end
        return one.here[1] == port and (address.is_unspecified or one.here[0] == address)

    def _is_in_hours(self) -> bool:
        if not self._hours:
            return True
        wall = self._wall()
        minute = wall.hour * 60 + wall.minute
        return any(wall.weekday() in one.days and one.from_minute <= minute < one.to_minute for one in self._hours)


def make(name: str, settings: dict[str, object]) -> LineAdapter:
    """Return the adapter of one `[[line]]`; SettingError when its settings are none."""
    try:
        return LineAdapter(name, msgspec.convert(settings, LineSettings))
    except ValueError as error:
        raise SettingError(f"line {name}: {error}") from error
