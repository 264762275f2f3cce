"""The check `system`: when the operating system gets no more security updates."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.options import SystemSettings
from benchside.platform.machine.contract import Release
from benchside.platform.machine.here import find_release
from benchside.protocol.wire.condition import Signal, Values

__all__ = ["TABLE", "Life", "SystemLook", "find_life", "read_table"]

SOURCE = "pc.system"
TABLE = Path(__file__).with_name("system_life.toml")


@dataclass(frozen=True)
class Life:
    """One row of the table."""

    system: str
    version: str
    editions: tuple[str, ...]
    name: str
    ends: date
    source: str


class SystemLook:
    """Compares the release with the table, and with what the system says of itself."""

    def __init__(
        self,
        settings: SystemSettings,
        release: Callable[[], Release] = find_release,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        table: Callable[[], list[Life]] | None = None,
    ) -> None:
        self._before_days, self._release, self._today = settings.before_days, release, today
        self._table = table or read_table

    def __call__(self) -> list[Signal]:
        """Return whether it ends soon or has ended; of a system that nobody has written down that is not known."""
        life = find_life(self._release(), self._table())
        if life is None:  # it may have been another before
            return [
                *answer(SOURCE, "PC", "support_ends_soon", is_on=False),
                *answer(SOURCE, "PC", "support_ended", is_on=False),
            ]
        days = (life.ends - self._today()).days
        values: Values = {"name": life.name, "day": life.ends.isoformat(), "days": max(0, days)}
        return [
            *answer(SOURCE, "PC", "support_ends_soon", 0 <= days < self._before_days, values=values),
            *answer(SOURCE, "PC", "support_ended", days < 0, values=values),
        ]


def read_table(path: Path = TABLE) -> list[Life]:
    """Return the rows, in their order."""
    rows = tomllib.loads(path.read_text("utf-8"))["system"]
    return [
        Life(row["system"], row["version"], tuple(row["editions"]), row["name"], row["ends"], row["source"])
        for row in rows
    ]


def find_life(release: Release, table: list[Life]) -> Life | None:
    """Return the first row that the release fits; before it what the system itself says (os-release, SUPPORT_END)."""
    if release.ends:
        try:
            ends = date.fromisoformat(release.ends)
        except ValueError:
            ends = None
        if ends is not None:
            return Life(release.system, release.version, ("*",), f"{release.system} {release.version}", ends, "")
    for row in table:
        is_version = row.system == release.system and fnmatchcase(release.version, row.version)
        if is_version and any(fnmatchcase(release.edition, one) for one in row.editions):
            return row
    return None
