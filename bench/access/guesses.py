"""Guesses at a PC's code within a day: by strangers with a hostile server's help, and by one associate gone wrong.

Strangers run whole handshakes against the product's own machine: with every ticket that a hostile server can sign, keys
that nobody signed in, and associates whom a rule keeps out.  The associate tries each second of a simulated day, with
the agent started again and again, against the lock-out on disk, while nobody at the PC makes another code.
"""

from __future__ import annotations

import datetime
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.fakes.people import associate

from bench.session.ends import ConsoleEnd, PcEnd, Scene, make_scene, now_utc_ms
from benchside.agent.attempts import Attempts
from benchside.agent.journal import Journal
from benchside.protocol.errors import PeerError, RefusedError
from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.trust.ticket import TICKET_LIFE_MS, issue_ticket
from benchside.protocol.wire.channel import Channel, Role
from benchside.protocol.wire.policy import NO_RULES, AssociateRole, Hours, SiteRules, Training
from benchside.protocol.wire.ticket import TicketPayload

RUNS, DAY_S = 2000, 86_400
RESTART_EVERY_S = 1800
ELSEWHERE = [(channel, role) for channel in Channel for role in Role if (channel, role) != (Channel.MAIN, Role.CONSOLE)]


async def main(folder: Path, quick: bool) -> dict[str, float]:
    runs = 60 if quick else RUNS
    known = make_scene()
    assert guesses_of((known, known)) == 1, "whoever may is let as far as a guess"
    strangers = sum(guesses_of(scene) for scene, _ in zip(strangers_scenes(), range(runs), strict=False))
    rogue = {hand: rogue_guesses(folder, hand) for hand in (False, True)}
    return {
        "strangers_runs": runs,
        "strangers_guesses": strangers,
        "associate_guesses_per_day": rogue[False],
        "associate_guesses_with_a_code_each_ten_minutes": rogue[True],
    }


def guesses_of(scenes: tuple[Scene, Scene]) -> int:
    """Run a stranger against a PC; how many guesses were spent."""
    mine, theirs = scenes
    pc, console = PcEnd(theirs), ConsoleEnd(mine)
    to_pc = console.begin()
    while to_pc:
        answers = [answer for message in to_pc for answer in pc.hear(message)]
        try:
            to_pc = [reply for answer in answers for reply in console.hear(answer)]
        except PeerError:
            break
    return pc.guesses


def strangers_scenes() -> Iterator[tuple[Scene, Scene]]:
    """What a stranger comes with, and the PC that they come to, for ever."""
    dice = random.Random(4)
    unknown = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    key = fingerprint(public_bytes(unknown.public_key()))
    now = now_utc_ms()
    later = now + 86_400_000
    another_day = (datetime.datetime.now(datetime.UTC).weekday() + 2) % 7
    closed = Hours(days=(another_day,), from_minute=0, to_minute=1440)
    kept_out: list[dict[str, Any]] = [
        {"expires_utc_ms": now - 1},
        {"regions": ("cn",)},
        {"customers": ("other",)},
        {"sites": ("other",)},
        {"models": ("other",)},
        {"trainings": ()},
        {"trainings": (Training(course="x", law="gdpr", expires_utc_ms=now - 1),)},
        {"role": AssociateRole.DISPATCHER},
    ]
    scenes = [make_scene(NO_RULES, associate("eve", key, **({"expires_utc_ms": later} | one))) for one in kept_out]
    for rules in (SiteRules(named=("m.ferrer",)), SiteRules(hours=(closed,)), SiteRules(second_eyes=True)):
        scenes.append(make_scene(rules, associate("eve", key, expires_utc_ms=later)))
    nobody = make_scene()
    while True:
        kind = dice.randrange(5)
        if kind == 0:  # in the policy, and kept out by a rule: a genuine ticket in their own name
            theirs = dice.choice(scenes)
            yield bearer(theirs, unknown, "eve"), theirs
        elif kind == 1:  # nobody's key, in the name of somebody who may
            yield bearer(nobody, unknown, "m.ferrer"), nobody
        elif kind == 2:  # their key, a ticket for the key of somebody who may
            yield bearer(nobody, unknown, "m.ferrer", nobody.console), nobody
        elif kind == 3:  # the right person, a ticket that another key signed
            yield replace(nobody, ticket_key=Ed25519PrivateKey.generate()), nobody
        else:  # the right person and server, another channel's or role's ticket
            yield bearer(nobody, nobody.console, "m.ferrer", place=dice.choice(ELSEWHERE)), nobody


class Bearer(Scene):
    """A scene whose console comes with another key or another ticket than it should."""

    name: str
    ticket_for: rsa.RSAPrivateKey
    place: tuple[Channel, Role]

    def ticket(self, channel: Channel = Channel.MAIN, role: Role = Role.CONSOLE) -> bytes:
        """The stranger's ticket, as a hostile server signs it."""
        issued = now_utc_ms()
        payload = TicketPayload(
            version=1, serial=os.urandom(16), relay="relay-1", request_id=self.meeting.request_id,
            device_id=self.meeting.device_id, associate=self.name, role=self.place[1], channel=self.place[0],
            key=fingerprint(public_bytes(self.ticket_for.public_key())), issued_utc_ms=issued,
            expires_utc_ms=issued + TICKET_LIFE_MS,
        )  # fmt: skip
        return issue_ticket(payload, self.ticket_key)


def bearer(
    scene: Scene,
    key: rsa.RSAPrivateKey,
    name: str,
    ticket_for: rsa.RSAPrivateKey | None = None,
    place: tuple[Channel, Role] = (Channel.MAIN, Role.CONSOLE),
) -> Scene:
    """Somebody with `key` who comes to the PC of `scene`."""
    made = Bearer(key, scene.pc, scene.ticket_key, scene.policy, scene.code, scene.meeting)
    for field, value in (("name", name), ("ticket_for", ticket_for or key), ("place", place)):
        object.__setattr__(made, field, value)
    return made


def rogue_guesses(folder: Path, hand: bool) -> int:
    """How many attempts one key gets in a day: as the agent counts them, with its restarts."""
    clock = {"now": 1_800_000_000.0}

    def opened() -> Attempts:
        attempts = Attempts(Journal(path))
        attempts._now = lambda: clock["now"]  # type: ignore[method-assign]  # the day passes faster here
        return attempts

    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / "journal.db"
        attempts, spent = opened(), 0
        attempts.new_code()
        for second in range(DAY_S):
            clock["now"] += 1
            if second and second % RESTART_EVERY_S == 0:
                attempts = opened()
            if hand and second % 600 == 0:
                attempts.new_code()
            try:
                attempts.spend(b"k" * 32)
                spent += 1
            except RefusedError:
                continue
    return spent
