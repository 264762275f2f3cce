"""The outbox: what is put in here goes out at least once, or is given up and said so in the log."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import delete, func, select

from benchside.protocol.errors import CallerError, UnavailableError
from benchside.protocol.wire.audit import EventDetails
from benchside.protocol.wire.text import clean
from benchside.server.audit.kind import SERVER, ServerKind
from benchside.server.audit.ledger import Ledger
from benchside.server.clock import NowUtcMs, has_come
from benchside.server.mail.address import is_address
from benchside.server.mail.model import Mail
from benchside.server.mail.texts import Texts
from benchside.server.store.database import Database

__all__ = ["LONGEST_PAUSE_MS", "MAX_TRIES", "Outbox", "backoff_ms"]

logger = logging.getLogger(__name__)

MAX_AGE_MS = 3 * 24 * 3600_000
"""A mail server that is away over a weekend still gets it (RFC 5321, 4.5.4.1, says four to five days)."""
MAX_TRIES = 60
"""With the pauses below, about two days of a server that is there and says "later" each time."""
MAX_WAITING = 10_000
"""Rows while the mail server is away: 20 MB.  Beyond, nothing more is taken in."""
MAX_VALUE = 500
"""A link with its token, or a name as people write it; one line."""
AT_ONCE = 4
"""Mails on their way at the same time: one that a server keeps waiting does not hold up the others."""
LEASE_MS = 2 * 60_000
"""Longer than a try lasts; when the process dies in it, the mail is tried again after this."""
_FIRST_PAUSE_MS = 5_000
"""A link of ten minutes is worth some tries within the first."""
LONGEST_PAUSE_MS = 3600_000


def backoff_ms(tries: int, chance: float) -> int:
    """How long to wait after so many tries: doubles from 5 s to an hour, less up to a half of it by `chance` (0 to 1).

    Without the chance all mail of an hour in which the server was away would come back in one moment.
    """
    whole = min(LONGEST_PAUSE_MS, _FIRST_PAUSE_MS * 2 ** min(tries - 1, 20))
    return int(whole * (1 - chance / 2))


class Outbox:
    """Puts mail in and hands out what is due.  Recipient, subject and body rest sealed."""

    def __init__(
        self, database: Database, ledger: Ledger, texts: Callable[[], Texts], host: str, now: NowUtcMs
    ) -> None:
        """`texts`: opened at the first mail, so that a server without mail needs none; `host`: of our Message-IDs."""
        self._database = database
        self._ledger = ledger
        self._open_texts = texts
        self._texts: Texts | None = None
        self._host = host
        self._now = now
        self._random = secrets.SystemRandom()

    async def put(
        self,
        to: str,
        template: str,
        values: Mapping[str, str],
        language: str,
        *,
        good_for_ms: int = MAX_AGE_MS,
        listed: Sequence[str] = (),
    ) -> None:
        """Take in `mail.<template>` of the catalogues for `to`; once this returned it survives a crash.

        `good_for_ms`: after that it is given up; `listed`: lines for the place {list} of the body.  CallerError for an
        address that was not checked or a text that is not there; UnavailableError when too much waits already.
        """
        if not is_address(to):
            raise CallerError("expected one plain address, got something else")
        lines = {name: clean(value, MAX_VALUE) for name, value in values.items()}
        lines["list"] = "\n".join(clean(one, MAX_VALUE) for one in listed)
        subject, body = self._known_texts().of(template, lines, language)
        now = self._now()
        async with self._database.write() as rows:
            if (await rows.scalar(select(func.count()).select_from(Mail)) or 0) >= MAX_WAITING:
                raise UnavailableError(f"expected fewer than {MAX_WAITING} mails that wait, got as many")
            rows.add(
                Mail(
                    message_id=f"<{secrets.token_hex(16)}@{self._host}>",
                    template=template,
                    recipient=to,
                    subject=subject,
                    body=body,
                    put_utc_ms=now,
                    due_utc_ms=now,
                    ends_utc_ms=now + good_for_ms,
                    tries=0,
                )
            )

    def word(self, message_id: str, language: str) -> str:
        """Return one text of the catalogues, for a value; CallerError when there is none."""
        return self._known_texts().word(message_id, language)

    def _known_texts(self) -> Texts:
        if self._texts is None:
            self._texts = self._open_texts()
        return self._texts

    async def take_due(self) -> list[Mail]:
        """Return up to AT_ONCE mails whose time has come; nobody else is given them within LEASE_MS."""
        now = self._now()
        is_due = has_come(Mail.due_utc_ms, now, longest_ms=LONGEST_PAUSE_MS)
        async with self._database.read() as rows:
            if await rows.scalar(select(Mail.id).where(is_due).limit(1)) is None:
                return []  # mostly so: and then nobody has to wait for our lock
        async with self._database.write() as rows:
            due = list(
                await rows.scalars(
                    select(Mail)
                    .where(is_due)
                    .order_by(Mail.due_utc_ms)
                    .limit(AT_ONCE)
                    .with_for_update(skip_locked=True)
                )
            )
            for one in due:
                one.tries += 1
                one.due_utc_ms = now + LEASE_MS
        return due

    def is_too_old(self, mail: Mail) -> bool:
        """Whether it helps nobody any more: this server was off meanwhile, perhaps."""
        return self._now() >= mail.ends_utc_ms

    async def sent(self, mail: Mail) -> None:
        """The mail server has it."""
        async with self._database.write() as rows:
            await rows.execute(delete(Mail).where(Mail.id == mail.id))

    async def later(self, mail: Mail, why: str) -> None:
        """Try again after a pause, unless it was tried for long enough.  `why`: a fixed word or a code."""
        due = self._now() + backoff_ms(mail.tries, self._random.random())
        if mail.tries >= MAX_TRIES or due >= mail.ends_utc_ms:
            await self.give_up(mail, why)
            return
        logger.info("a mail has to wait", extra={"template": mail.template, "tries": mail.tries, "why": why})
        async with self._database.write() as rows:
            row = await rows.get(Mail, mail.id)
            if row is not None:
                row.due_utc_ms = due

    async def give_up(self, mail: Mail, why: str) -> None:
        """It does not go out; the log says so, without whom it was for."""
        details = EventDetails(cause=why, scope=mail.template, count=str(mail.tries))
        await self._ledger.record(SERVER, ServerKind.MAIL_GIVEN_UP, details)
        logger.warning("a mail was given up", extra={"template": mail.template, "tries": mail.tries, "why": why})
        async with self._database.write() as rows:
            await rows.execute(delete(Mail).where(Mail.id == mail.id))
