"""Small words of `benchside agent`: a program tells of a run, an administrator looks at the cover rules."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

from benchside.agent.covers import FOLDER, read_cover_files, rules_for
from benchside.agent.identity import DeviceFolder
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.cover import CoverRule, WhenMissing, matches
from benchside.protocol.wire.desk import DESK, DESK_VERSION, AssayShown, AssayTold
from benchside.transport.frames import open_frames

__all__ = ["show_covers", "tell_assay"]

ANSWER_WITHIN_S = 5.0
"""The agent answers in milliseconds; a program of the lab's must not hang on us."""


async def tell_assay(path: Path, running: bool) -> int:
    """Tell the agent that a run begins or ends; 0 once it is flagged, 1 where the agent could not keep it."""
    ours = socket.socket(socket.AF_UNIX)
    ours.setblocking(False)
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await asyncio.get_running_loop().sock_connect(ours, str(path))
            stream = await open_frames(ours, DESK)
            stream.send(AssayTold(version=DESK_VERSION, running=running))
            answer = await stream.receive()
            stream.abort()
    except (OSError, TimeoutError) as error:
        ours.close()
        raise UnavailableError(f"the agent does not answer on {path}; is it running?") from error
    if answer != AssayShown(running=running):
        print("benchside agent: the agent refused it; see its log", file=sys.stderr)
        return 1
    print("a run is flagged as in progress" if running else "no run is flagged")
    return 0


def show_covers(folder: DeviceFolder) -> int:
    """Print each rule and whether it is in force; SettingError for the first mistake."""
    files = read_cover_files(folder.folder)
    instruments = folder.device().instruments
    for path, file in files:
        is_ours = any(matches(instrument.model, file.model) for instrument in instruments)
        print(f"{path.name}: model {file.model}, {'in force' if is_ours else 'no such instrument on this PC'}")
        for rule in file.cover:
            print(f"  {rule.name}: {_place(rule)}")
    print(f"{len(rules_for(files, instruments))} rules in force; they come from {folder.folder / FOLDER}")
    return 0


def _place(rule: CoverRule) -> str:
    if rule.window is not None:
        wanted = {"title": rule.window.title, "class": rule.window.program_class}
        place = "windows with " + " and ".join(f"{name} {value!r}" for name, value in wanted.items() if value)
    elif rule.monitor is None:
        place = "all monitors"
    else:
        place = f"monitor {rule.monitor}" if rule.monitor else "the main monitor"
    return place + (", else the whole screen" if rule.missing is WhenMissing.WHOLE_SCREEN else "")
