"""The way out of mail as the settings have it, and what to tell the operator where there is none."""

from __future__ import annotations

from pathlib import Path

from benchside.protocol.errors import UnavailableError
from benchside.server.keys.files import read_secret
from benchside.server.mail.sender import Sender
from benchside.server.mail.smtp import Smtp
from benchside.server.mail.texts import open_texts
from benchside.server.parts import Parts
from benchside.server.settings import ServerSettings, parse_address
from benchside.transport.websocket import client_tls

__all__ = ["make_sender", "warning_of"]


def make_sender(parts: Parts) -> Sender | None:
    """Return what sends the outbox; None without a mail server.  UnavailableError when its password cannot be read."""
    settings = parts.settings
    if not settings.smtp:
        return None
    open_texts()  # better at the start than at the first mail
    password = ""
    if settings.smtp_password_file:
        try:
            password = read_secret(Path(settings.smtp_password_file)).decode().strip()
        except UnicodeDecodeError as error:
            raise UnavailableError("expected a password in UTF-8 in smtp_password_file, got other bytes") from error
    smtp = Smtp(
        parse_address(settings.smtp),
        mode=settings.smtp_tls,
        tls=client_tls(None),
        user=settings.smtp_user,
        password=password,
        sender=settings.mail_from,
        name=settings.server_name,
    )
    return Sender(parts.outbox, smtp)


def warning_of(settings: ServerSettings) -> str | None:
    """What the log says at the start where something is off that protects people."""
    if not settings.smtp:
        return "no mail goes out, and sign-ins from new browsers and networks are not confirmed: smtp is not set"
    if not settings.asks_location:
        return "sign-ins from new browsers and networks are not confirmed: new_location is off"
    return None
