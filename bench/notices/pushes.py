"""The local socket beside other programs: `benchside notify` as a shell calls it, and Perl without our code."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from examples.demo.world import BENCHSIDE
from tests.fakes.notifier_process import NotifierProcess

from bench.notices.flood import Desk, in_journal
from bench.notices.proof import Proofs, until
from bench.notices.world import LOCAL, write_settings
from benchside.protocol.wire.condition import ConditionKey

WITHIN_S = 30.0


async def prove(proofs: Proofs, folder: Path) -> None:
    """All facts of the local socket."""
    folder.mkdir()
    notifier = NotifierProcess(folder)
    write_settings(notifier.state, folder / "none.log")
    await notifier.start()
    stream, _ = await notifier.desk()
    desk = Desk(stream)
    listening = asyncio.create_task(desk.listen())
    try:
        await by_command(proofs, notifier, desk)
        await by_perl(proofs, notifier, desk)
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening
        await notifier.stop()
    _, counted = in_journal(notifier, LOCAL)
    proofs.fact("push", f"the journal counts 7 signals, each once (it counts {counted})", counted == 7)


async def by_command(proofs: Proofs, notifier: NotifierProcess, desk: Desk) -> None:
    pump = ConditionKey(LOCAL, "Pump 1", "failed")
    async with proofs.trying("push", "`benchside notify`: what begins is shown"):
        assert await notify(notifier, "Pump 1", "failed") == 0
        await until(lambda: pump in desk.active, "the pump's failure on the screen")
    async with proofs.trying("push", "`benchside notify`: a critical one pops up"):
        await until(lambda: desk.popups == 1, "one card")
    async with proofs.trying("push", "`benchside notify --off`: what is over is not shown as active"):
        assert await notify(notifier, "Pump 1", "failed", "--off") == 0
        await until(lambda: pump not in desk.active, "the pump to be well")
    async with proofs.trying("push", "`benchside notify --pulse`: what happened is told"):
        assert await notify(notifier, "Pump 2", "failed", "--pulse") == 0
    async with proofs.trying("push", "`benchside notify`: another source is refused, with exit code 1"):
        assert await notify(notifier, "C:", "space_low", source="pc.disk") == 1


async def notify(notifier: NotifierProcess, *words: str, source: str = LOCAL) -> int:
    """Run it, and return its exit code."""
    line = ["notify", *words, "--source", source, "--socket", str(notifier.socket)]
    process = await asyncio.create_subprocess_exec(BENCHSIDE, *line, stderr=asyncio.subprocess.DEVNULL)
    return await asyncio.wait_for(process.wait(), WITHIN_S)


async def by_perl(proofs: Proofs, notifier: NotifierProcess, desk: Desk) -> None:
    pump = ConditionKey(LOCAL, "Pump 3", "failed")

    async def perl(*words: str) -> list[str]:
        script = str(Path(__file__).with_name("push.pl"))
        process = await asyncio.create_subprocess_exec(
            "perl", script, str(notifier.socket), *words, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await asyncio.wait_for(process.communicate(), WITHIN_S)
        return said.decode().split()

    async with proofs.trying("push", "a program in Perl: what begins is taken and shown"):
        assert await perl(LOCAL, "Pump 3", "failed", "on") == ["taken"]
        await until(lambda: pump in desk.active, "the pump's failure on the screen")
    async with proofs.trying("push", "a program in Perl: several on one connection, each answered"):
        assert await perl(LOCAL, "Pump 3", "failed", "on", "on", "off") == ["taken"] * 3
        await until(lambda: pump not in desk.active, "the pump to be well")
    async with proofs.trying("push", "a program in Perl: another source is refused"):
        assert await perl("pc.disk", "C:", "space_low", "on") == ["refused"]
