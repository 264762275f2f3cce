"""The real notifier loses power while a program pushes."""

from __future__ import annotations

import copy
import random
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.notifier_process import NotifierProcess, until_open

from bench.notices.disk import Disk
from bench.notices.ledger import PcBook, judge_pc
from bench.notices.powered import Loss, Moment, Traced, moments
from bench.notices.pusher import Pusher, Said
from benchside.notifier.knock import show
from benchside.protocol.wire.condition import ConditionKey, SignalState
from benchside.protocol.wire.notice import NOTICE, SignalTaken

__all__ = ["lose_notifiers"]

POINTS_A_RUN = 22
PUSHED_A_RUN = 420
"""Some more than fill SQLite's log of 1,000 pages, so that each run has a checkpoint."""
START_WITHIN_S = 60.0
SOURCE = "local.power"
WORDS = f"""
source = "{SOURCE}"
[slow]
severity = "warning"
on_after_s = 3600
off_after_s = 3600
[slow.en]
text = "{{subject}} is slow."
[slow.es]
text = "{{subject}} es lento."
"""
"""What is said of it waits an hour for its change."""
CODES = ("low", "low", "slow")
_TAKEN = NOTICE.encode(SignalTaken())
TAKEN = len(_TAKEN).to_bytes(4, "big") + _TAKEN
Truth = dict[ConditionKey, Said]
Signal = tuple[ConditionKey, SignalState]


async def lose_notifiers(folder: Path, dice: random.Random, points: int) -> list[Loss]:
    """Return what became of each loss of power.  Each run but the first begins on the disk of a loss before."""
    base, truth, losses = folder / "disk", Truth(), list[Loss]()
    (base / "notices.d").mkdir(parents=True)
    base.chmod(0o700)
    (base / "notices.d" / "power.toml").write_text(WORDS)
    (base / "notifier.toml").write_text(f'agent_socket = "{folder / "no-agent"}"\n')
    for number in range(-(-points // POINTS_A_RUN)):
        run = folder / f"run-{number}"
        run.mkdir()
        shutil.copytree(base, run / "state")
        sent = await _run(run, dice, truth, number)
        disk = Disk(base)
        disk.move(run / "state")
        count = min(POINTS_A_RUN, points - len(losses))
        found = moments(run / "trace", disk, run, dice, count, lambda data: data == TAKEN)
        for moment in found:
            shutil.copytree(base / "notices.d", moment.folder / "notices.d")
        assert any(moment.answers for moment in found), "no answer was heard in the trace"
        heir = dice.choice(found)
        shutil.copytree(heir.folder, run / "heir")
        for moment in found:
            losses.append(await _look(moment, _after(truth, sent, len(moment.answers))))
            shutil.rmtree(moment.folder)
        base, truth = run / "heir", _after(truth, sent, len(heir.answers))
        print(f"  notifier: {len(losses)} losses of power, {sum(loss.lost for loss in losses)} lost", flush=True)
        (run / "trace").unlink()
    return losses


async def _run(run: Path, dice: random.Random, truth: Mapping[ConditionKey, Said], number: int) -> list[Signal]:
    """Push into a notifier that strace hears, and kill it; return all that was said, in order."""
    traced, socket = Traced(run / "trace"), run / "n.sock"
    program = (sys.executable, "-m", "benchside", "notifier", "--state", run / "state", "--socket", socket, "run")
    await traced.start([str(word) for word in program])
    try:
        await until_open(socket, lambda: traced.is_running, START_WITHIN_S)
        pusher, sent = Pusher(socket, SOURCE, dice, said=copy.deepcopy(dict(truth))), list[Signal]()
        for _ in range(PUSHED_A_RUN):
            subject = f"Pump {dice.randrange(40)}" if dice.random() < 0.7 else f"Run {number}.{dice.randrange(400)}"
            key = ConditionKey(SOURCE, subject, dice.choice(CODES))
            sent.append((key, dice.choice((*SignalState, SignalState.ON))))
            await pusher.push(*sent[-1])
        pusher.hang_up()
    finally:
        await traced.kill()
    return sent


def _after(before: Truth, sent: list[Signal], answered: int) -> Truth:
    """Return what is known when so many of `sent` were answered; the next one may have been heard."""
    truth = copy.deepcopy(before)
    for number, (key, state) in enumerate(sent[: answered + 1]):
        said = truth.setdefault(key, Said())
        said.most += 1
        if number < answered:
            said.heard(state)
        else:
            said.is_unsure = True
    return truth


async def _look(moment: Moment, truth: Truth) -> Loss:
    """Start the real notifier on what is left, and look into its journal."""
    place = moment.folder.parent / "looked"
    place.mkdir()
    moment.folder.rename(place / "state")
    notifier = NotifierProcess(place)
    lines, lost, doubled = list[str](), 0, 0
    try:
        await notifier.start()
        shown = await show(notifier.socket, "en")
        lost += not shown.intact
        await notifier.kill()
        found = judge_pc(PcBook.read(notifier.state / "notices.db"), [truth])
        spoilt = [path.name for path in notifier.state.iterdir() if path.name.startswith("spoilt-")]
        lines += [*found.lines, *spoilt]
        lost, doubled = lost + found.lost + bool(spoilt), doubled + found.doubled
    except (AssertionError, TimeoutError) as error:
        lines.append(f"it does not start: {error}")
        lost += 1
    (place / "state").rename(moment.folder)
    shutil.rmtree(place)
    return Loss(
        lost, doubled, tuple(f"{moment.folder.name}: {line}" for line in lines), moment.unsynced, len(moment.answers)
    )
