"""Delays that double after wrong tries, kept across restarts, for sign-ins and for codes alike."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, LargeBinary, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from benchside.server.clock import NowUtcMs
from benchside.server.store.database import Database
from benchside.server.store.planes import CloudTable

__all__ = [
    "Counted",
    "Delay",
    "Delays",
    "Subject",
    "account_delay_ms",
    "code_delay_ms",
    "source_delay_ms",
]

MAX_ROWS = 10_000
"""Rows that invented names and addresses can make us keep; the oldest go first."""
FORGET_AFTER_MS = 24 * 3600_000
"""A day without wrong tries forgets them."""
KNOWN_FOR_MS = 7 * 24 * 3600_000
"""An address from which somebody signed in counts as known over a long weekend."""
_FREE = 3
"""Wrong passwords without delay: people mistype."""
_MAX_ACCOUNT_MS = 60_000
"""An account is never shut for longer than this, or strangers could keep its owner out."""
_MAX_SOURCE_MS = 15 * 60_000
"""An address may be shared by a whole hospital, so it is not shut for longer than a coffee."""
_MAX_CODE_MS = 60_000
"""A fresh code is never delayed for longer by what was tried on others."""


def _doubling_ms(failures: int, most_ms: int) -> int:
    return 0 if failures < 0 else int(min(most_ms, 1000 * 2 ** min(failures, 20)))


def account_delay_ms(failures: int) -> int:
    """Until the next sign-in to an account after so many wrong ones in a row."""
    return _doubling_ms(failures - _FREE, _MAX_ACCOUNT_MS)


def source_delay_ms(failures: int) -> int:
    """Until the next sign-in from an address after so many wrong ones: three times as patient, many people share it."""
    return _doubling_ms(failures // 3 - _FREE, _MAX_SOURCE_MS)


def code_delay_ms(failures: int) -> int:
    """Until the next connection of an associate, or from an address, after so many wrong codes in a row."""
    return _doubling_ms(failures, _MAX_CODE_MS)


class Delay(CloudTable):
    """How long the next try of a subject has to wait."""

    __tablename__ = "delay"

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """A keyed hash: neither names nor addresses are kept for this."""
    failures: Mapped[int] = mapped_column(Integer)
    """0: no wrong try, only known from a right one."""
    until_utc_ms: Mapped[int] = mapped_column(BigInteger)
    last_utc_ms: Mapped[int] = mapped_column(BigInteger, index=True)


@dataclass(frozen=True)
class Subject:
    """Who tried, and how its delay grows."""

    kind: str
    value: str
    delay_ms: Callable[[int], int]


@dataclass(frozen=True)
class Counted:
    """A try that was counted as wrong before it was known to be."""

    wait_ms: int
    """How long the next has to wait if this one stays wrong."""
    before: tuple[tuple[bytes, tuple[int, int, int] | None], ...]
    """What each row said: failures, until, last; None when there was none."""


class Delays:
    """Counts wrong tries by subject, and remembers subjects that got it right."""

    def __init__(self, database: Database, lookup: bytes, now: NowUtcMs) -> None:
        """`lookup`: key under which subjects are hashed."""
        self._database = database
        self._lookup = lookup
        self._now = now

    async def wait_ms(self, subjects: Sequence[Subject]) -> int:
        """How long the next try has to wait: the longest of the subjects' delays, 0 when none."""
        async with self._database.read() as rows:
            until = await rows.scalar(
                select(func.max(Delay.until_utc_ms)).where(Delay.subject.in_([self._hash(one) for one in subjects]))
            )
        return max(0, (until or 0) - self._now())

    async def count_wrong(self, subjects: Sequence[Subject]) -> int:
        """Count a wrong try for each; return how long the next has to wait."""
        return (await self.count_first(subjects)).wait_ms

    async def count_first(self, subjects: Sequence[Subject]) -> Counted:
        """Count a try for each as wrong; `take_back` when it turns out right.

        The caller lets one try of a subject pass at a time, from `wait_ms` to `take_back`.
        """
        now = self._now()
        longest = 0
        before: list[tuple[bytes, tuple[int, int, int] | None]] = []
        async with self._database.write() as rows:
            wrong = Delay.failures > 0  # strangers cannot push out who is known
            kept = await rows.scalar(select(func.count()).select_from(Delay).where(wrong)) or 0
            if kept >= MAX_ROWS:
                oldest = (
                    select(Delay.subject)
                    .where(wrong)
                    .order_by(Delay.last_utc_ms)
                    .limit(kept - MAX_ROWS + len(subjects))
                )
                await rows.execute(delete(Delay).where(Delay.subject.in_(oldest)))
            for subject in subjects:
                key = self._hash(subject)
                row = await rows.get(Delay, key)
                if row is None:
                    row = Delay(subject=key, failures=0, until_utc_ms=0, last_utc_ms=now)
                    rows.add(row)
                    before.append((key, None))
                else:
                    before.append((key, (row.failures, row.until_utc_ms, row.last_utc_ms)))
                row.failures = 1 if now - row.last_utc_ms > FORGET_AFTER_MS else row.failures + 1
                row.last_utc_ms = now
                wait_ms = subject.delay_ms(row.failures)
                row.until_utc_ms = now + wait_ms
                longest = max(longest, wait_ms)
        return Counted(longest, tuple(before))

    async def take_back(self, counted: Counted) -> None:
        """The try was right: everything as before it."""
        async with self._database.write() as rows:
            for key, said in counted.before:
                row = await rows.get(Delay, key)
                if row is not None and said is not None:
                    row.failures, row.until_utc_ms, row.last_utc_ms = said
                elif row is not None:
                    await rows.delete(row)

    async def is_known(self, subject: Subject) -> bool:
        """Whether `make_known` was called for it lately."""
        async with self._database.read() as rows:
            last = await rows.scalar(select(Delay.last_utc_ms).where(Delay.subject == self._hash(subject)))
        return last is not None and self._now() - last <= KNOWN_FOR_MS

    async def make_known(self, subject: Subject) -> None:
        """Remember a subject that got it right; its wrong tries are forgotten."""
        async with self._database.write() as rows:
            await rows.merge(Delay(subject=self._hash(subject), failures=0, until_utc_ms=0, last_utc_ms=self._now()))

    async def forget(self, subject: Subject) -> None:
        """A right try ends the row of wrong ones."""
        async with self._database.write() as rows:
            await rows.execute(delete(Delay).where(Delay.subject == self._hash(subject)))

    async def forget_old(self) -> None:
        """Delete wrong tries that are a day old, and who is no longer known."""
        now = self._now()
        async with self._database.write() as rows:
            await rows.execute(
                delete(Delay).where(
                    ((Delay.failures > 0) & (Delay.last_utc_ms < now - FORGET_AFTER_MS))
                    | (Delay.last_utc_ms < now - KNOWN_FOR_MS)
                )
            )

    def _hash(self, subject: Subject) -> bytes:
        return hmac.digest(self._lookup, f"{subject.kind}:{subject.value}".encode(), "sha256")
