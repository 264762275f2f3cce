"""20 s of full-screen motion at 6 Mbit/s: a camera's scene at 25 frames a second, and what of it the engineer sees.

Each frame carries its number in large blocks of black and white, above and below; a frame is seen when both say the
same number, new to the engineer.  It counts when its SSIM (luma, blocks of 8 x 8, one block of 4 x 4 looked at) is at
least 0.90.

motion_fps      frames that count, by the 20 s
motion_lag_ms   the worst age of a frame at the moment at which it is first seen, counting or not
motion_gap_ms   the longest time in which no new frame came
motion_exact_s  from the painting of the last frame, which stays, until every pixel of it is right
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bench.picture import scenes
from bench.picture.eye import Eye, Mask
from bench.picture.glyphs import Picture
from bench.picture.judge import follow
from bench.picture.likeness import BLOCK_PX, sampled_blocks, ssim
from bench.picture.line import SIX
from bench.picture.namespace import Namespaces
from bench.picture.result import Result, percentile
from bench.picture.room import Room, open_room
from bench.picture.viewing import Benchside, NoVncViewer, TigerVnc, Viewer

GOOD_SSIM = 0.90
AFTER_S, LOSSY_AFTER_S = 20.0, 5.0
BADGE_SIZE_PX = (scenes.BITS * scenes.BLOCK_PX, 2 * scenes.BLOCK_PX)


@dataclass(frozen=True)
class Sight:
    frame: int
    seen_at: float
    blocks: Picture


def main(namespaces: Namespaces | None, *, quick: bool = False) -> Result:
    result = Result()
    frames = 50 if quick else scenes.FRAMES
    with open_room("motion", namespaces) as room:
        room.player.do("prepare", names=["spot", "form"])
        room.player.do("motion", frames=0)
        scene = scenes.zooms()
        with Benchside(room) as benchside:
            measure(room, benchside, frames, AFTER_S, scene, result)
        measure(room, TigerVnc(room), frames, LOSSY_AFTER_S, scene, result)
        measure(room, NoVncViewer(room), frames, LOSSY_AFTER_S, scene, result)
    return result


def measure(room: Room, viewer: Viewer, frames: int, after_s: float, scene: list[Picture], result: Result) -> None:
    with viewer.viewing(SIX):
        eye = room.eye(viewer.display)
        follow(eye, room.player.show("form"), after_s)
        time.sleep(1.0)
        before = room.line.carried()
        eye.forget_damage()
        room.player.begin("motion", frames=frames)
        sights = watch(eye, room)
        moments = room.player.end()
        size = room.line.carried().since(before).bytes
        rest = follow(eye, moments[-1], after_s)
        counted: Mask = np.all(sampled_blocks(eye.counted[:, :, None].astype(np.uint8)) > 0, axis=(1, 2))
        eye.close()
    name, seconds = viewer.name, frames / scenes.RATE_HZ
    likeness = [judge(sight, scene, counted) for sight in sights]
    good = sum(value >= GOOD_SSIM for value in likeness)
    lags = [(sight.seen_at - moments[sight.frame]) * 1000 for sight in sights]
    ends = [moments[0], *(sight.seen_at for sight in sights), moments[-1]]
    result.say(name, "motion_fps", good / seconds, 2)
    result.say(name, "motion_seen_fps", len(sights) / seconds, 2)
    result.say(name, "motion_lag_ms", max(lags, default=None), 1)
    result.say(name, "motion_lag_p50_ms", percentile(lags, 50) if lags else None, 1)
    result.say(name, "motion_gap_ms", max(after - one for one, after in pairwise(ends)) * 1000, 1)
    result.say(name, "motion_ssim_p50", percentile(likeness, 50) if likeness else None)
    result.say(name, "motion_exact_s", rest.exact_s)
    result.say(name, "motion_bytes", size, 0)
    result.say(name, "motion_painted_fps", (frames - 1) / (moments[-1] - moments[0]), 2)
    result.series[f"motion_lag_ms {name}"] = [round(lag, 1) for lag in lags]
    result.series[f"motion_ssim {name}"] = [round(value, 4) for value in likeness]
    result.series[f"motion_at_s {name}"] = [round(sight.seen_at - moments[0], 3) for sight in sights]


def watch(eye: Eye, room: Room) -> list[Sight]:
    """Each new frame that the engineer sees, until the work has painted its last."""
    sights: list[Sight] = []
    last = -1
    while not room.player.is_done():
        if not eye.wait_damage(0.05):
            continue
        seen_at = time.monotonic()
        seen = eye.look()  # once, or the number would be of one frame and the rest of another
        frame = read(seen)
        if frame is None or frame == last or frame >= scenes.FRAMES:
            continue
        last = frame
        sights.append(Sight(frame, seen_at, sampled_blocks(seen)))
    return sights


def read(seen: Picture) -> int | None:
    """The frame's number when above and below agree."""
    width, height = BADGE_SIZE_PX
    found = {scenes.read_badge(seen[y : y + height, x : x + width]) for x, y in scenes.BADGES_PX}
    return found.pop() if len(found) == 1 else None


def judge(sight: Sight, scene: list[Picture], counted: Mask) -> float:
    right = sampled_blocks(scenes.compose(sight.frame, scene))
    assert right.shape[1] == BLOCK_PX * BLOCK_PX
    return ssim(sight.blocks[counted], right[counted])
