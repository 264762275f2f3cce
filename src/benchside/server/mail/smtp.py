"""One mail to the operator's mail server, by SMTP: taken, to be tried again, or never."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import Enum

import aiosmtplib

from benchside.server.mail.model import Mail
from benchside.server.settings import Address as Place

__all__ = ["Answer", "Outcome", "Smtp", "message_of"]

DELIVER_WITHIN_S = 60.0
"""All of it together: a server that sends a byte now and then is left, too.  Less than LEASE_MS of the outbox."""
ANSWER_WITHIN_S = 30.0
"""A server that looks a mail over for spam before it says yes takes some seconds."""
GOODBYE_WITHIN_S = 1.0


class Outcome(Enum):
    """What became of a mail."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True)
class Answer:
    """Outcome and why: a code of the server's or a fixed word, never its text, in which the address may stand."""

    outcome: Outcome
    why: str = ""


def message_of(mail: Mail, sender: str, name: str) -> EmailMessage:
    """Return `mail` as a message of plain text.  `name`: what stands before the sender's address.

    The policy refuses a line break in any header, and names are written as encoded words.
    """
    message = EmailMessage(policy=SMTP)
    user, _, host = sender.rpartition("@")
    message["From"] = Address(name, user, host)
    user, _, host = mail.recipient.rpartition("@")
    message["To"] = Address("", user, host)
    message["Subject"] = mail.subject
    put = datetime.datetime.fromtimestamp(mail.put_utc_ms / 1000, datetime.UTC)
    message["Date"] = format_datetime(put)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: no machine answers this
    message.set_content(mail.body, cte="quoted-printable")  # goes through servers that take 7 bits and short lines
    return message


class Smtp:
    """The operator's mail server and our name there.  One connection for each mail: there are few."""

    def __init__(
        self,
        place: Place,
        *,
        mode: str,
        tls: ssl.SSLContext,
        user: str,
        password: str,
        sender: str,
        name: str,
    ) -> None:
        """`mode`: starttls, tls or off."""
        self._place = place
        self._mode = mode
        self._tls = tls
        self._user = user
        self._password = password
        self._sender = sender
        self._name = name

    async def deliver(self, mail: Mail) -> Answer:
        """Bring it there, within DELIVER_WITHIN_S."""
        message = message_of(mail, self._sender, self._name)
        server = self._server()
        try:
            async with asyncio.timeout(DELIVER_WITHIN_S):
                await server.connect()
                await server.sendmail(self._sender, [mail.recipient], message.as_bytes())
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError, RuntimeError):
                await server.quit(timeout=GOODBYE_WITHIN_S)  # the mail is taken, whatever is said now
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _said(error.recipients[0].code)
        except aiosmtplib.SMTPDataError as error:
            return _said(error.code)
        except aiosmtplib.SMTPResponseException as error:
            # greeting, TLS, password, sender: this is about us and all our mail, so a person may still mend it
            return Answer(Outcome.LATER, f"{type(error).__name__} {error.code}")
        except (aiosmtplib.SMTPException, OSError, ValueError, RuntimeError) as error:
            # the last two: an answer that the library cannot read; TimeoutError and ssl.SSLError are OSErrors
            return Answer(Outcome.LATER, type(error).__name__)
        finally:
            server.close()
        return Answer(Outcome.TAKEN)

    def _server(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._place.host,
            port=self._place.port,
            username=self._user or None,
            password=self._password if self._user else None,
            local_hostname=self._sender.rpartition("@")[2],  # not this machine's own name, which is nobody's business
            timeout=ANSWER_WITHIN_S,
            use_tls=self._mode == "tls",
            start_tls=self._mode == "starttls",
            tls_context=None if self._mode == "off" else self._tls,
        )


def _said(code: int) -> Answer:
    return Answer(Outcome.NEVER if 500 <= code <= 599 else Outcome.LATER, str(code))
