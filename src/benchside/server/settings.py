"""What an operator can set: `server.toml` in the data folder, and flags over it."""

from __future__ import annotations

import argparse
import ipaddress
import re
import tomllib
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.text import clean
from benchside.server.mail.address import is_address

__all__ = ["Address", "ServerSettings", "add_flags", "parse_address", "read_settings", "settings_text"]

_RELAY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,63}\Z")
_CLAIM = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
_MOST = {
    "server_name": 80,
    "phone": 60,
    "public_web": 150,
    "public_link": 150,
    "public_session": 150,
    "sso_issuer": 300,
    "sso_client_id": 200,
    "sso_name": 60,
    "sso_scope": 200,
    "smtp_user": 254,
    "mail_from": 254,
    "alert_targets": 2000,
}
"""Lengths that consoles and PCs take (protocol/wire/link.py); a PC would refuse a welcome that is longer."""


@dataclass(frozen=True)
class Address:
    """Where a listener listens.  Port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Settings of one server; each is a line of server.toml and a flag of the same name."""

    web: str = "127.0.0.1:8440"
    """Where the web listener listens, HOST:PORT.  Loopback by default: opening it is the operator's act."""
    link: str = "127.0.0.1:8441"
    """Where the agents' gateway and enrolment listen, HOST:PORT."""
    session: str = "127.0.0.1:8442"
    """Where the relay listens, HOST:PORT."""
    tls_cert: str = ""
    """Certificate chain in PEM.  Without it every listener must be on loopback."""
    tls_key: str = ""
    """Private key of the certificate, in PEM."""
    public_web: str = ""
    """How browsers reach web, https://HOST[:PORT]; from the listener's address when empty and on loopback."""
    public_link: str = ""
    """How PCs reach the gateway, wss://HOST[:PORT]."""
    public_session: str = ""
    """How PCs and browsers reach the relay, wss://HOST[:PORT]."""
    region: str = "global"
    """The server's region, `global` or `cn`; fixed once devices are enrolled."""
    relay_name: str = "relay-1"
    """What tickets call this relay: 1 to 64 letters, digits and . _ : @ / + -"""
    server_name: str = "Benchside"
    """What the console shows as the server's name, up to 80 characters."""
    phone: str = ""
    """The vendor's telephone number, which the technician is shown when the server cannot be reached."""
    cloud_database: str = ""
    """SQLAlchemy URL of the cloud plane; the embedded SQLite when empty."""
    session_database: str = ""
    """SQLAlchemy URL of the session plane; the embedded SQLite when empty."""

    edge: str = "off"
    """`on`: HAProxy on this machine ends TLS (packaging/edge/haproxy.cfg), and the X-Forwarded-For that it sets is
    believed.  Every listener must then be on loopback."""
    consoles: str = "any"
    """`any`, or `package`: no page of this server's is used, only the one that `benchside console` has installed."""
    local_accounts: str = "off"
    """`on` lets people sign in with passwords of this server: where there is no provider, or as break-glass."""
    sso_issuer: str = ""
    """The vendor's OpenID provider, https://HOST[/PATH], exactly as its own metadata names it."""
    sso_client_id: str = ""
    """Our name at the provider."""
    sso_client_secret_file: str = ""
    """File with our secret at the provider, readable by the server alone; without it we are a public client."""
    sso_name: str = "Single sign-on"
    """What the console's button calls the provider, up to 60 characters."""
    sso_scope: str = "openid profile email offline_access"
    """What is asked for; with offline_access the provider is asked each minute whether a person may still be in."""
    sso_account_claim: str = "preferred_username"
    """Which claim names the account at the first sign-in; an account is also the associate's id in the policy."""
    step_up_minutes: str = "60"
    """A request is claimed only by somebody who proved who they are so lately, 1 to 720."""
    smtp: str = ""
    """HOST:PORT of the server that takes our mail; without it no mail goes out."""
    smtp_tls: str = "starttls"
    """`starttls`, `tls` from the first byte, or `off`, which is for a server on this machine alone."""
    smtp_user: str = ""
    """Our name at that server; without it we give neither name nor password."""
    smtp_password_file: str = ""
    """File with our password there, readable by the server alone."""
    mail_from: str = ""
    """The address that our mail comes from."""
    new_location: str = ""
    """`mail`: a sign-in from a new browser or network also needs a link from e-mail; `off`: it does not.  When empty,
    `mail` where `smtp` is set."""

    alert_targets: str = ""
    """Where alerts may go beside mail, with spaces between: schemes of Apprise, with HOST[:PORT] for those that have
    one, as `slack:// msteams:// jsons://hooks.lab.example`.  Nothing else is dialled."""

    metrics: str = ""
    """HOST:PORT of a listener that answers GET /metrics for Prometheus, without TLS or sign-in: on loopback, or on a
    network of the operator's own.  Off when empty."""

    @property
    def step_up_ms(self) -> int:
        """The same in milliseconds."""
        return int(self.step_up_minutes) * 60_000

    @property
    def asks_location(self) -> bool:
        """Whether a sign-in from a new browser or network needs a link from e-mail."""
        return (self.new_location or ("mail" if self.smtp else "off")) == "mail"

    @property
    def tls(self) -> bool:
        """Whether the listeners speak TLS."""
        return bool(self.tls_cert)


_HELP = {
    "web": "HOST:PORT of the web listener",
    "link": "HOST:PORT of the agents' gateway",
    "session": "HOST:PORT of the relay",
    "tls_cert": "certificate chain (PEM)",
    "tls_key": "private key of the certificate (PEM)",
    "public_web": "https://HOST[:PORT] as browsers reach it",
    "public_link": "wss://HOST[:PORT] as PCs reach it",
    "public_session": "wss://HOST[:PORT] as PCs and browsers reach it",
    "region": "global or cn",
    "relay_name": "what tickets call this relay",
    "server_name": "what the console calls this server",
    "phone": "the vendor's telephone number",
    "cloud_database": "SQLAlchemy URL of the cloud plane's database",
    "session_database": "SQLAlchemy URL of the session plane's database",
    "edge": "on or off: a proxy on this machine ends TLS and says who comes",
    "consoles": "any or package: whether browsers may use pages that come from this server",
    "local_accounts": "on or off: sign-in with passwords of this server",
    "sso_issuer": "https://HOST[/PATH] of the OpenID provider",
    "sso_client_id": "our client id at the provider",
    "sso_client_secret_file": "file with our client secret",
    "sso_name": "what the console calls the provider",
    "sso_scope": "scopes to ask for",
    "sso_account_claim": "the claim that names an account",
    "step_up_minutes": "how old a proof of identity may be at a claim",
    "smtp": "HOST:PORT of the server that takes our mail",
    "smtp_tls": "starttls, tls or off (on loopback)",
    "smtp_user": "our name at that server",
    "smtp_password_file": "file with our password there",
    "mail_from": "the address that our mail comes from",
    "metrics": "HOST:PORT of a listener for Prometheus; off when empty",
    "alert_targets": "Apprise schemes (and hosts) that alerts may go to",
    "new_location": "mail or off: a sign-in from a new place also needs a link from e-mail",
}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting."""
    for field in fields(ServerSettings):
        parser.add_argument("--" + field.name.replace("_", "-"), default=None, help=_HELP[field.name])


def read_settings(file: Path, flags: argparse.Namespace | None = None) -> ServerSettings:
    """Return the settings of `file` (defaults when it does not exist) with `flags` over them, checked."""
    given: dict[str, str] = {}
    if file.exists():
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UnavailableError(f"{file.name} cannot be read as TOML: {error}") from error
        known = {field.name for field in fields(ServerSettings)}
        for name, value in table.items():
            if name not in known:
                raise UnavailableError(f"{file.name}: there is no setting {name!r}")
            if not isinstance(value, str):
                raise UnavailableError(f"{file.name}: {name} must be text in quotes")
            given[name] = value
    if flags is not None:
        for field in fields(ServerSettings):
            value = getattr(flags, field.name, None)
            if value is not None:
                given[field.name] = value
    settings = replace(ServerSettings(), **given)
    _check(settings)
    return settings


def settings_text(settings: ServerSettings) -> str:
    """Return server.toml for these settings; what is at its default is left out."""
    default = asdict(ServerSettings())
    lines = [f"{name} = {_quoted(value)}" for name, value in asdict(settings).items() if value != default[name]]
    return "# Settings of this Benchside server; `benchside serve --help` lists them all.\n" + "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_address(text: str) -> Address:
    """Return HOST:PORT; UnavailableError when it is not that."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UnavailableError(f"expected HOST:PORT, got {text!r}")
    return Address(host, int(port))


def _check(settings: ServerSettings) -> None:
    addresses = [parse_address(text) for text in (settings.web, settings.link, settings.session)]
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise UnavailableError("tls-cert and tls-key belong together; one of them is missing")
    if not settings.tls and not all(address.is_loopback for address in addresses):
        raise UnavailableError("without tls-cert and tls-key every listener must be on loopback (127.0.0.1 or ::1)")
    if settings.edge not in ("on", "off"):
        raise UnavailableError(f"edge must be on or off, got {settings.edge!r}")
    if settings.edge == "on" and (settings.tls or not all(address.is_loopback for address in addresses)):
        raise UnavailableError("with an edge every listener must be on loopback and without a certificate of its own")
    if settings.region not in ("global", "cn"):
        raise UnavailableError(f"expected the region global or cn, got {settings.region!r}")
    if settings.consoles not in ("any", "package"):
        raise UnavailableError(f"consoles must be any or package, got {settings.consoles!r}")
    if not _RELAY_NAME.match(settings.relay_name):
        raise UnavailableError("relay_name must be 1 to 64 letters, digits and . _ : @ / + -")
    if settings.metrics:
        parse_address(settings.metrics)
    _check_sign_in(settings)
    _check_mail(settings)
    for name, most in _MOST.items():
        text = getattr(settings, name)
        if len(text) > most or text != clean(text, most):
            raise UnavailableError(f"{name} must be one line of at most {most} characters")
    for name, schemes in (
        ("public_web", ("http", "https")),
        ("public_link", ("ws", "wss")),
        ("public_session", ("ws", "wss")),
    ):
        text = getattr(settings, name)
        if not text:
            continue
        parts = urlsplit(text)
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or parts.path not in ("", "/")
            or parts.query
            or parts.username
        ):
            raise UnavailableError(f"{name} must be {schemes[-1]}://HOST[:PORT] without a path, got {text!r}")
        if parts.scheme == schemes[0] and not Address(parts.hostname, 0).is_loopback:
            raise UnavailableError(f"{name} must start with {schemes[-1]}:// unless it is on loopback")


def _check_mail(settings: ServerSettings) -> None:
    if settings.new_location not in ("mail", "off", ""):
        raise UnavailableError(f"new_location must be mail or off, got {settings.new_location!r}")
    if settings.smtp_tls not in ("starttls", "tls", "off"):
        raise UnavailableError(f"smtp_tls must be starttls, tls or off, got {settings.smtp_tls!r}")
    if not settings.smtp:
        if settings.new_location == "mail":
            raise UnavailableError("new_location = mail needs smtp and mail_from, which are missing")
        return
    if parse_address(settings.smtp).port == 0:
        raise UnavailableError("smtp needs a port: 587 with starttls, 465 with tls")
    if settings.smtp_tls == "off" and not parse_address(settings.smtp).is_loopback:
        raise UnavailableError("smtp_tls may be off only where smtp is on loopback (127.0.0.1 or ::1)")
    if bool(settings.smtp_user) != bool(settings.smtp_password_file):
        raise UnavailableError("smtp_user and smtp_password_file belong together; one of them is missing")
    if not is_address(settings.mail_from):
        raise UnavailableError("mail_from must be an address in ASCII, NAME@HOST")


def _check_sign_in(settings: ServerSettings) -> None:
    if settings.local_accounts not in ("on", "off"):
        raise UnavailableError(f"local_accounts must be on or off, got {settings.local_accounts!r}")
    if not settings.step_up_minutes.isdecimal() or not 1 <= int(settings.step_up_minutes) <= 720:
        raise UnavailableError(f"step_up_minutes must be 1 to 720, got {settings.step_up_minutes!r}")
    if bool(settings.sso_issuer) != bool(settings.sso_client_id):
        raise UnavailableError("sso_issuer and sso_client_id belong together; one of them is missing")
    if not settings.sso_issuer:
        return
    parts = urlsplit(settings.sso_issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and Address(parts.hostname or "", 0).is_loopback)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise UnavailableError(f"sso_issuer must be https://HOST[/PATH], got {settings.sso_issuer!r}")
    if "openid" not in settings.sso_scope.split():
        raise UnavailableError("sso_scope must hold openid")
    if not _CLAIM.match(settings.sso_account_claim):
        raise UnavailableError("sso_account_claim must be 1 to 64 letters, digits and _")
