"""Alerts of one process, as the settings have them."""

from __future__ import annotations

from dataclasses import dataclass

from benchside.server.alerts.facts import AlertWays
from benchside.server.alerts.office import AlertOffice
from benchside.server.alerts.queue import AlertQueue
from benchside.server.alerts.sender import AlertSender
from benchside.server.alerts.targets import parse_allowed
from benchside.server.alerts.trial import Trials
from benchside.server.alerts.way import RealWay
from benchside.server.mail.texts import open_texts
from benchside.server.notices.pcs import Pcs
from benchside.server.parts import Parts

__all__ = ["Alerts", "make_alerts"]


@dataclass(frozen=True)
class Alerts:
    """What administrators write, what waits, and who brings it out."""

    office: AlertOffice
    queue: AlertQueue
    sender: AlertSender
    trials: Trials
    ways: AlertWays

    async def close(self) -> None:
        """Send nothing more."""
        await self.sender.close()


def make_alerts(parts: Parts, pcs: Pcs) -> Alerts:
    """Return them; UnavailableError without compiled texts."""
    settings = parts.settings
    way = RealWay(
        parts.outbox,
        open_texts(),
        parse_allowed(settings.alert_targets),
        has_mail=bool(settings.smtp),
        server_name=settings.server_name,
    )
    queue = AlertQueue(parts.cloud, pcs, parts.ledger, parts.now)
    office = AlertOffice(parts.cloud, parts.ledger, way, parts.cloud_keys.lookup)
    trials = Trials(parts.cloud, parts.ledger, way, parts.now)
    ways = AlertWays(tuple(settings.alert_targets.split()), bool(settings.smtp))
    return Alerts(office, queue, AlertSender(queue, way), trials, ways)
