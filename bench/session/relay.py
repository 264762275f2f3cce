"""A hostile relay against real ends: ten thousand sessions in memory, two hundred through real sockets.

A change is undetected when an end took a message that was not sent to it in that place, or when both ends
believe in a session although its opening was tampered with.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from bench.session.ends import ConsoleEnd, PcEnd, Scene, main_channel, make_scene
from bench.session.mutation import KINDS, Tamperer
from bench.session.sockets import session_through_sockets
from benchside.protocol.errors import PeerError

IN_MEMORY = 10_000
THROUGH_SOCKETS = 200
HANDSHAKES_EVERY = 5
"""Every fifth session has its opening tampered with (RSA takes its time), the others their records."""
RECORDS = 12
AT_ONCE = 8
"""Sessions through sockets at the same time: most of one is waiting."""


def tampered_handshake(scene: Scene, tamperer: Tamperer) -> bool:
    """Play a handshake through a tamperer; return whether a change went through undetected."""
    pc, console = PcEnd(scene), ConsoleEnd(scene)
    sent: dict[str, list[bytes]] = {"pc": [], "console": []}
    heard: dict[str, list[bytes]] = {"pc": [], "console": []}
    waiting = [("pc", message) for message in console.begin()]
    while waiting:
        to, message = waiting.pop(0)
        sent["console" if to == "pc" else "pc"].append(message)
        reflected = sent[to][-1] if sent[to] else None
        for passed in tamperer.pass_on(message, reflected):
            heard[to].append(passed)
            try:
                answers = pc.hear(passed) if to == "pc" else console.hear(passed)
            except PeerError:
                return False  # noticed, and the connection is closed
            waiting += [("console" if to == "pc" else "pc", answer) for answer in answers]
    # after its end a handshake's next message is a record, which does not open: the machine says so by `over`
    both = pc.keys is not None and console.keys is not None and pc.over is None
    same = heard["pc"] == sent["console"] and heard["console"] == sent["pc"]
    return both and not same


def tampered_records(scene: Scene, tamperer: Tamperer, draw: random.Random) -> bool:
    """Send records both ways through a tamperer; return whether a change went through undetected."""
    pc, console = _established(scene)
    pc_seal, pc_open = main_channel(pc)
    console_seal, console_open = main_channel(console)
    sent: list[bytes] = []
    taken: list[bytes] = []
    back: bytes | None = None
    for number in range(RECORDS):
        plain = f"{number} {draw.random()}".encode()
        sent.append(plain)
        for passed in tamperer.pass_on(pc_seal.seal(plain), back):
            try:
                taken.append(console_open.open(passed))
            except PeerError:
                # noticed; what was taken until then must be exactly what was sent
                return taken != sent[: len(taken)]
        back = console_seal.seal(b"back")
        pc_open.open(back)
    return taken != sent


_ESTABLISHED: dict[int, tuple[PcEnd, ConsoleEnd]] = {}


def _established(scene: Scene) -> tuple[PcEnd, ConsoleEnd]:
    """Two ends with shared keys; made once for each scene, each use takes fresh streams from them."""
    if id(scene) not in _ESTABLISHED:
        pc, console = PcEnd(scene), ConsoleEnd(scene)
        to_pc = console.begin()
        while to_pc:
            to_console = [answer for message in to_pc for answer in pc.hear(message)]
            to_pc = [answer for message in to_console for answer in console.hear(message)]
        assert pc.keys is not None
        assert console.keys is not None
        _ESTABLISHED[id(scene)] = pc, console
    return _ESTABLISHED[id(scene)]


def in_memory(count: int, seed: int) -> Counter[str]:
    """Return how many sessions were tampered with and how many changes went undetected, by kind."""
    draw = random.Random(seed)
    scene, other = make_scene(), make_scene()
    foreign_seal, _ = main_channel(_established(other)[0])
    result: Counter[str] = Counter()
    while result["mutations"] < count:
        kind = draw.choice(KINDS)
        if draw.randrange(HANDSHAKES_EVERY) == 0:
            others = (ConsoleEnd(other).begin()[0],)
            tamperer = Tamperer(kind, draw.randrange(6), draw, others)
            is_undetected = tampered_handshake(scene, tamperer)
        else:
            tamperer = Tamperer(kind, draw.randrange(RECORDS - 2), draw, (foreign_seal.seal(b"foreign"),))
            is_undetected = tampered_records(scene, tamperer, draw)
        if tamperer.done:
            result["mutations"] += 1
            if is_undetected:
                result["undetected"] += 1
                result[f"undetected {kind}"] += 1
    return result


def _drawn_tamperer(draw: random.Random) -> Tamperer:
    """Either in the opening (three messages each way) or in the records after it."""
    kind = draw.choice([kind for kind in KINDS if kind != "cross"])
    return Tamperer(kind, draw.randrange(3) if draw.random() < 0.4 else 3 + draw.randrange(8), draw)


async def through_sockets(count: int, seed: int) -> Counter[str]:
    """The same through a real hostile relay on loopback, with the product's own code on the PC's side."""
    draw = random.Random(seed)
    scene = make_scene()
    result: Counter[str] = Counter()
    while result["mutations"] < count:
        batch = [_drawn_tamperer(draw) for _ in range(min(AT_ONCE, count - result["mutations"]))]
        verdicts = await asyncio.gather(
            *(session_through_sockets(scene, tamperer, to_pc=draw.random() < 0.5) for tamperer in batch)
        )
        for tamperer, is_undetected in zip(batch, verdicts, strict=True):
            if tamperer.done:
                result["mutations"] += 1
            if tamperer.done and is_undetected:
                result["undetected"] += 1
                result[f"undetected {tamperer.kind}"] += 1
    return result


def main(in_memory_count: int = IN_MEMORY, socket_count: int = THROUGH_SOCKETS) -> dict[str, float]:
    """Measure; the figures' names are the issue's."""
    memory = in_memory(in_memory_count, seed=11)
    sockets = asyncio.run(through_sockets(socket_count, seed=12))
    for name, times in (memory + sockets).items():
        if name.startswith("undetected "):
            print(f"  {name}: {times}")
    return {
        "relay_mutations": memory["mutations"] + sockets["mutations"],
        "relay_mutations_sockets": sockets["mutations"],
        "relay_undetected": memory["undetected"] + sockets["undetected"],
    }


if __name__ == "__main__":
    print(main())
