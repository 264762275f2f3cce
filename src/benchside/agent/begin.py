"""What a host is told when it begins: this PC, its rules, and the call for help."""

from __future__ import annotations

from benchside.agent.identity import DeviceFile
from benchside.agent.settings import AgentSettings
from benchside.agent.way import host_proxy
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.cover import CoverRule
from benchside.protocol.wire.host import BeginHosting
from benchside.protocol.wire.text import clean
from benchside.transport.way_out import WayOut

__all__ = ["OFFERED", "begin_hosting"]

OFFERED = (Capability.VIEW, Capability.CONTROL)
"""What this build can do at all; files, clipboard and chat come with an update and the lab's consent (R59, R60)."""


async def begin_hosting(
    device: DeviceFile,
    settings: AgentSettings,
    out: WayOut,
    *,
    request_id: bytes,
    technician: str,
    identity_key: bytes,
    policy: bytes,
    authority_key: bytes,
    covers: tuple[CoverRule, ...],
    assay_running: bool,
) -> BeginHosting:
    """Return the host's first message; the keys in it are public, the policy is signed.  UnavailableError: no way."""
    proxy = await host_proxy(settings, out, device.relay_url)
    return BeginHosting(
        request_id=request_id,
        device_id=bytes.fromhex(device.device_id),
        identity_key=identity_key,
        policy=policy,
        authority_key=authority_key,
        region=device.region,
        site=device.site,
        site_name=device.site_name,
        device=device.device,
        technician=clean(technician, 80),
        instruments=device.instruments,
        offered=OFFERED,
        relay=device.relay,
        relay_url=device.relay_url,
        ca_file=None if settings.ca_file is None else str(settings.ca_file),
        proxy=proxy.how,
        proxy_user=proxy.user,
        proxy_password=proxy.password,
        grant_s=settings.grant_s,
        silence_s=settings.silence_s,
        covers=covers,
        paste=settings.paste,
        rules=settings.rules,
        assay_running=assay_running,
        cpu_share_percent=settings.cpu_share_percent,
        cpu_share_in_assay_percent=settings.cpu_share_in_assay_percent,
    )
