"""The PC's way out, as its administrator set it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchside.agent.settings import AgentSettings
from benchside.platform.files import read_if_there
from benchside.protocol.errors import UnavailableError
from benchside.transport.proxy import Credentials
from benchside.transport.way_out import WayOut

__all__ = ["HostProxy", "host_proxy", "way_out"]

MAX_PASSWORD_BYTES = 200


def way_out(settings: AgentSettings) -> WayOut:
    """Return it; UnavailableError with what to do when the settings or the password's file are wrong."""
    credentials = None
    if settings.proxy_password_file is not None:
        try:
            data = read_if_there(settings.proxy_password_file, MAX_PASSWORD_BYTES)
        except (OSError, ValueError) as error:
            raise UnavailableError(f"{settings.proxy_password_file.name} cannot be read; check what it is") from error
        if data is None:
            raise UnavailableError(f"{settings.proxy_password_file.name} is not there; write the password into it")
        credentials = Credentials(settings.proxy_user, data.decode("utf-8", "replace").strip())
    return WayOut(settings.proxy, credentials, ca_file=settings.ca_file)


@dataclass(frozen=True)
class HostProxy:
    """What the host of a session is told: it has neither our settings nor our variables."""

    how: str
    user: str = ""
    password: str = field(default="", repr=False)


async def host_proxy(settings: AgentSettings, out: WayOut, relay_url: str) -> HostProxy:
    """Find the ways to the relay; UnavailableError when there are none.

    `out`: the agent's own, which may know a proxy script that cannot be fetched at this moment.
    """
    parts = urlsplit(relay_url)
    credentials = way_out(settings).credentials  # as they are set now
    ways = await out.ways(parts.hostname or "", parts.port or 443)
    said = "; ".join("DIRECT" if way is None else f"PROXY {way}" for way in ways)
    asked = next((way.credentials for way in ways if way is not None and way.credentials), credentials)
    return HostProxy(f"ways:{said}", asked.user, asked.password) if asked else HostProxy(f"ways:{said}")
