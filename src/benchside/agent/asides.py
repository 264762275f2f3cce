"""Small words of `benchside agent`: a program tells of a run, an administrator looks at the cover rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchside.agent.covers import FOLDER, read_cover_files, rules_for
from benchside.agent.identity import DeviceFolder
from benchside.platform.door.here import connect_door
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.cover import CoverRule, WhenMissing, matches
from benchside.protocol.wire.desk import DESK, DESK_VERSION, AssayShown, AssayTold
from benchside.transport.frames import FrameStream

__all__ = ["show_covers", "tell_assay"]

ANSWER_WITHIN_S = 5.0
"""The agent answers in milliseconds; a program of the lab's must not hang on us."""


async def tell_assay(path: Path, running: bool) -> None:
    """Tell the agent that a run begins or ends; UnavailableError where it is not there or could not keep it."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            stream = FrameStream(*await connect_door(path), DESK)
            stream.send(AssayTold(version=DESK_VERSION, running=running))
            answer = await stream.receive()
            stream.abort()
    except (OSError, TimeoutError) as error:
        raise UnavailableError(f"the agent does not answer on {path}; is it running?") from error
    if answer != AssayShown(running=running):
        raise UnavailableError("the agent could not keep it; its log says why")


def show_covers(folder: DeviceFolder) -> list[str]:
    """Return a line for each rule, and whether it is in force; SettingError for the first mistake."""
    lines = []
    files = read_cover_files(folder.folder)
    instruments = folder.device().instruments
    for path, file in files:
        is_ours = any(matches(instrument.model, file.model) for instrument in instruments)
        lines.append(f"{path.name}: model {file.model}, {'in force' if is_ours else 'no such instrument on this PC'}")
        lines += [f"  {rule.name}: {_place(rule)}" for rule in file.cover]
    count = len(rules_for(files, instruments))
    return [*lines, f"{count} rules in force; they come from {folder.folder / FOLDER}"]


def _place(rule: CoverRule) -> str:
    if rule.window is not None:
        wanted = {"title": rule.window.title, "class": rule.window.program_class}
        place = "windows with " + " and ".join(f"{name} {value!r}" for name, value in wanted.items() if value)
    elif rule.monitor is None:
        place = "all monitors"
    else:
        place = f"monitor {rule.monitor}" if rule.monitor else "the main monitor"
    return place + (", else the whole screen" if rule.missing is WhenMissing.WHOLE_SCREEN else "")
