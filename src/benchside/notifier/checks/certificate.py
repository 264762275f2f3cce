"""The check `certificate`: when named files, and on Windows the machine's own certificates, run out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchside.notifier.checks.answer import answer
from benchside.notifier.checks.named_file import named_file
from benchside.notifier.checks.options import CertificateSettings
from benchside.notifier.checks.validity import Validity, certificates_of, read_validity
from benchside.platform.certificates.here import machine_certificates
from benchside.platform.files import read_if_there
from benchside.protocol.wire.condition import ConditionKey, Signal, Values

__all__ = ["CertificateLook"]

SOURCE = "pc.certificate"
MAX_FILE_BYTES = 256 * 1024
"""A chain with a key beside it; a bundle of all authorities is not one certificate's file."""
DAY_S = 86_400
_HOST = re.compile(r"[A-Za-z0-9*][A-Za-z0-9.*-]*\Z")


class CertificateLook:
    """Looks at each.  A file is called by the name that the settings give it, one of the store by its host name."""

    def __init__(
        self,
        settings: CertificateSettings,
        store: Callable[[], list[bytes]] = machine_certificates,
        now_utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings, self._store, self._now_utc = settings, store, now_utc

    def __call__(self) -> list[Signal]:
        """Return which run out and which have; a file that is gone or unreadable is said, too."""
        found: list[Signal] = []
        ends: dict[str, datetime] = {}
        for text in self._settings.files:
            name, path = named_file(text)
            end = self._file(Path(path))
            found += answer(SOURCE, name, "unreadable", end is None)
            if end is not None:
                ends[name] = end
        if self._settings.store:
            for der in self._store():
                self._keep_last(ends, der)
        for subject, end in ends.items():
            found += self._say(subject, end)
        return found

    def knows(self, _key: ConditionKey) -> bool:
        """Return False: each look tells of all there are, and what it does not tell of was replaced or removed."""
        return False

    def _file(self, path: Path) -> datetime | None:
        try:
            data = read_if_there(path, MAX_FILE_BYTES)
            return min(read_validity(one).ends_utc for one in certificates_of(data)) if data else None
        except (OSError, ValueError):
            return None

    def _keep_last(self, ends: dict[str, datetime], der: bytes) -> None:
        """Of several of one name the newest is in use; the old ones stay in the store for ever."""
        try:
            one = read_validity(der)
        except ValueError:
            return  # Windows takes what we cannot read; of that nothing is known
        name = _name(one, der)
        ends[name] = max(one.ends_utc, ends.get(name, one.ends_utc))

    def _say(self, subject: str, end: datetime) -> list[Signal]:
        days = (end - self._now_utc()).total_seconds() / DAY_S
        values: Values = {"days": max(0, int(days)), "day": f"{end:%Y-%m-%d}"}
        is_soon = 0 <= days < self._settings.before_days
        return [
            *answer(SOURCE, subject, "expires_soon", is_soon, values=values),
            *answer(SOURCE, subject, "expired", days < 0, values=values),
        ]


def _name(one: Validity, der: bytes) -> str:
    """A host's name; anything else may be a person's, and a fingerprint stands for it."""
    if _HOST.match(one.name) and "." in one.name:
        return one.name
    import hashlib  # a megabyte of OpenSSL, for the few PCs that need it

    return f"SHA-256 {hashlib.sha256(der).hexdigest()[:16]}"
