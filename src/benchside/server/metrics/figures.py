"""Figures for operators in Prometheus' form, on a listener of their own; nothing in a label names a person or a PC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchside.protocol.wire.condition import Severity
from benchside.server.alerts.model import AlertChannel, AlertItem
from benchside.server.clock import NowUtcMs
from benchside.server.gateway.links import Links
from benchside.server.mail.model import Mail
from benchside.server.notices.fleet import Fleet
from benchside.server.notices.intake import Intake
from benchside.server.presence.watch import Presence
from benchside.server.store.database import Database

__all__ = ["Metrics", "make_metrics"]

MAX_CONNECTIONS = 20
"""A scraper or two."""


@dataclass(frozen=True)
class _Figures:
    pcs: int
    online: int
    conditions: dict[Severity, int]
    alerts_waiting: int
    channels_given_up: int
    mails_waiting: int


class Metrics:
    """Reads everything at each scrape: there is no figure that can be forgotten to be counted."""

    def __init__(
        self, database: Database, fleet: Fleet, presence: Presence, links: Links, intake: Intake, now: NowUtcMs
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._presence = presence
        self._links = links
        self._intake = intake
        self._started_s = now() / 1000

    async def text(self) -> bytes:
        """Return all of it as a scraper takes it."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collected(tuple(self._families(await self._figures()))))
        return generate_latest(registry)

    async def _figures(self) -> _Figures:
        pcs = await self._fleet.pcs.all()
        conditions = dict.fromkeys(Severity, 0)
        for one in await self._fleet.counted(pcs):
            conditions[one.severity] += one.count
        async with self._database.read() as rows:
            waiting = select(func.count()).select_from(AlertItem).where(AlertItem.is_waiting)
            given_up = select(func.count()).select_from(AlertChannel).where(AlertChannel.given_up_utc_ms.is_not(None))
            return _Figures(
                pcs=len(pcs),
                online=sum(self._presence.is_online(one) for one in pcs),
                conditions=conditions,
                alerts_waiting=await rows.scalar(waiting) or 0,
                channels_given_up=await rows.scalar(given_up) or 0,
                mails_waiting=await rows.scalar(select(func.count()).select_from(Mail)) or 0,
            )

    def _families(self, now: _Figures) -> Iterable[Metric]:
        conditions = GaugeMetricFamily(
            "benchside_conditions_active", "Active conditions that nobody shelved", labels=["severity"]
        )
        for severity, count in now.conditions.items():
            conditions.add_metric([severity.value], count)
        tally = self._intake.tally
        return (
            GaugeMetricFamily("benchside_pcs", "PCs that are enrolled and not revoked", value=now.pcs),
            GaugeMetricFamily("benchside_pcs_online", "PCs that are linked up", value=now.online),
            GaugeMetricFamily("benchside_links", "Connections of agents", value=len(self._links.all())),
            conditions,
            CounterMetricFamily("benchside_notices_kept", "Changes that were kept", value=tally.changes),
            CounterMetricFamily("benchside_notices_commits", "Transactions that kept them", value=tally.commits),
            CounterMetricFamily("benchside_notices_faults", "Journals with a break or a gap", value=tally.faults),
            CounterMetricFamily("benchside_notices_commit_seconds", "Time in transactions", value=tally.commit_s),
            GaugeMetricFamily("benchside_notices_waiting", "Batches that wait to be kept", value=self._intake.waiting),
            GaugeMetricFamily("benchside_alerts_waiting", "Alerts that wait to go out", value=now.alerts_waiting),
            GaugeMetricFamily(
                "benchside_alert_channels_given_up",
                "Channels whose last message was given up",
                value=now.channels_given_up,
            ),
            GaugeMetricFamily("benchside_mails_waiting", "Mails in the outbox", value=now.mails_waiting),
            GaugeMetricFamily("benchside_start_time_seconds", "When the server started", value=self._started_s),
        )


class _Collected(Collector):
    def __init__(self, families: tuple[Metric, ...]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def make_metrics(metrics: Metrics) -> uvicorn.Config:
    """Return the configuration of a listener that answers GET /metrics and nothing else."""

    async def serve(_request: Request) -> Response:
        return Response(await metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return uvicorn.Config(
        Starlette(routes=[Route("/metrics", serve, methods=["GET"])]),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
