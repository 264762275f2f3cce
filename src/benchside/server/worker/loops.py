"""What the server does by itself: follow an installed policy, expire requests, forget what is old."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchside.server.administration.session_mail import SessionMails
from benchside.server.broker.queue import Broker
from benchside.server.broker.unadmitted import Unadmitted
from benchside.server.location.service import Locations
from benchside.server.mail.sender import Sender
from benchside.server.notices.retention import Retention
from benchside.server.notices.silence import Silence
from benchside.server.parts import Parts
from benchside.server.presence.watch import Presence
from benchside.server.sso.service import SingleSignOn

__all__ = ["Task", "run_tasks", "tasks_of"]

logger = logging.getLogger(__name__)


LOOK_FOR_SILENCE_EVERY_S = 5.0
"""How long a PC is told of as silent after it came back, at most."""
ASK_PROVIDER_EVERY_S = 5.0
"""How long after its minute a sign-in is asked after at most."""


@dataclass(frozen=True)
class Task:
    """Something done again and again."""

    name: str
    every_s: float
    do: Callable[[], Awaitable[object]]


def tasks_of(
    parts: Parts,
    broker: Broker,
    unadmitted: Unadmitted,
    presence: Presence,
    sso: SingleSignOn | None,
    sender: Sender | None,
    session_mails: SessionMails | None,
    locations: Locations | None,
) -> tuple[Task, ...]:
    """All tasks of one process."""
    silence = Silence(parts.cloud, presence, parts.intake, parts.now)
    retention = Retention(parts.cloud, parts.intake, parts.now)
    return (
        Task("follow policy", 1.0, parts.keeper.refresh),  # an operator installs it in another process
        Task("end of the unadmitted", 1.0, unadmitted.end),
        Task("expire requests", 5.0, broker.expire),
        *((Task("ask the provider", ASK_PROVIDER_EVERY_S, sso.ask_again),) if sso else ()),
        *((Task("forget log-outs", 300.0, sso.forget_old),) if sso else ()),
        *((Task("send mail", 1.0, sender.send_due),) if sender else ()),
        *((Task("mail sessions", 30.0, session_mails.report),) if session_mails else ()),
        *((Task("expire locations", 30.0, locations.expire),) if locations else ()),
        *((Task("forget locations", 3600.0, locations.forget_old),) if locations else ()),
        Task("look for silence", LOOK_FOR_SILENCE_EVERY_S, silence.look),
        Task("forget notices", 3600.0, retention.forget_old),
        Task("note presence", 60.0, presence.note_alive),
        Task("write refusals", 60.0, parts.refusals.write_counted),
        Task("forget sign-ins", 300.0, parts.sign_ins.forget_old),
        Task("forget delays", 3600.0, parts.delays.forget_old),
        Task("forget presence", 3600.0, presence.forget_old),
        Task("forget tokens", 3600.0, parts.register.forget_old_tokens),
    )


async def run_tasks(tasks: tuple[Task, ...]) -> None:
    """Run all of them until cancelled; one that fails is logged and tried again at its next time."""
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(_repeat(task), name=task.name)


async def _repeat(task: Task) -> None:
    while True:
        await asyncio.sleep(task.every_s)
        try:
            await task.do()
        except Exception:
            logger.exception("a repeated task failed", extra={"task": task.name})
