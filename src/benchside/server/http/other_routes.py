"""Health, what server this is, and browsers' reports of content that the policy kept out."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import PlainTextResponse

from benchside.server.http.context import services_of
from benchside.server.http.shapes import About

__all__ = ["about", "content_report", "health"]

logger = logging.getLogger(__name__)


async def health() -> PlainTextResponse:
    """That the server answers, and nothing else."""
    return PlainTextResponse("ok")


async def about(request: Request) -> About:
    """What the package's console has to know before anybody is signed in."""
    services = services_of(request)
    relay = urlsplit(services.relay_url)
    return About(
        server_name=services.server_name, region=services.region, relay_origin=f"{relay.scheme}://{relay.netloc}"
    )


async def content_report(request: Request) -> None:
    """Count a report.  What it says comes from anybody and is not kept."""
    count = request.app.state.reports = request.app.state.reports + 1
    if count & (count - 1) == 0:  # 1, 2, 4, 8 …: a flood does not fill the log
        logger.warning("browsers report content outside the policy", extra={"count": count})
