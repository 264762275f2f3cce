"""Which targets a channel may have: what the operator's settings file allows, so that nobody else makes us dial."""

from __future__ import annotations

import logging
from typing import Any

from benchside.protocol.errors import Refusal, RefusedError
from benchside.server.mail.address import is_address

__all__ = ["MAIL", "Allowed", "mail_address", "open_target", "parse_allowed"]

MAIL = "mailto:"
NOT_APPRISES = frozenset({"mailto", "mailtos"})
"""Its mail dials whatever `?smtp=` says, which no list of hosts sees; our own outbox has one mail server."""
REACHES_BEYOND = ("keyfile", "subfile", "smtp_host", "endpoint")
"""What plug-ins call a file, a mail server or an address that their URL names besides the service itself."""
MAX_TARGET = 1000
Allowed = frozenset[tuple[str, str]]
"""Scheme, and host with its port or nothing where the service itself has one place."""


def parse_allowed(text: str) -> Allowed:
    """Return the operator's list: `slack:// jsons://hooks.example:8443`, with spaces between."""
    pairs = [one.casefold().partition("://") for one in text.split()]
    return frozenset((scheme, host.rstrip("/")) for scheme, _, host in pairs)


def mail_address(target: str) -> str | None:
    """Return the address of a target that our own outbox takes."""
    address = target.removeprefix(MAIL)
    is_ours = target.startswith(MAIL) and not address.startswith("/")  # mailto:// is Apprise's own way
    return address if is_ours and is_address(address) else None


def open_target(target: str, allowed: Allowed) -> Any:
    """Return Apprise's plug-in for `target`; RefusedError(NOT_AUTHORISED) for what the operator does not allow.

    It follows no redirect: that would be another place.  Nothing of the target goes into the text of an error.
    """
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it tells of URLs
    import apprise  # 30 MB and half a second, for who has a channel besides mail

    if len(target) > MAX_TARGET or "://" not in target:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a target with ://, got another")
    scheme = target.partition("://")[0].casefold()
    if scheme in NOT_APPRISES:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected mailto:ADDRESS for mail, got a URL of Apprise's own mail")
    asset = apprise.AppriseAsset(secure_logging=True, plugin_paths=[], storage_mode="memory", app_id="Benchside")
    asset.http_redirects = False
    plugin = apprise.Apprise.instantiate(target, asset=asset, suppress_exceptions=True)
    if plugin is None:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a target that Apprise knows, got another")
    if _reaches_beyond(plugin, apprise.AppriseAttachment):
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a target that names no file, got one that does")
    has_host = any("{host}" in one for one in getattr(plugin, "templates", ()))
    host = (getattr(plugin, "host", "") or "").casefold() if has_host else ""
    port = getattr(plugin, "port", None)
    if (scheme, f"{host}:{port}" if host and port else host) not in allowed:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a target of alert_targets in server.toml, got another")
    plugin.redirects, plugin.verify_certificate = False, True  # its URL may say otherwise
    return plugin


def _reaches_beyond(plugin: Any, attachment: type) -> bool:
    """Whether a URL lets its plug-in read a file of this machine, or dial what no list of hosts sees.

    A template of Slack's, say, may be `?template=/etc/…` or `?template=http://169.254.169.254/…`, and its content
    would go out with the message.
    """
    named = vars(plugin)
    holds = any(isinstance(value, attachment) and len(value) for value in named.values())  # type: ignore[arg-type]
    return holds or any(named.get(name) for name in REACHES_BEYOND)
