"""Which cells go as video and which as exact tiles, by what the line carries and what the processor may do.

Exact is the rule.  Video is for what would come late: a photograph that the line takes seconds for, or motion whose
exact pictures would fill the line or the processor.  What went as video is made exact when it rests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchside.media.cells import Counts, Flags

__all__ = ["NOISE_BYTES", "Situation", "choose_video", "comes_soon"]

MAX_WAIT_S = 0.25
"""A picture that takes longer than this to come feels late; then a rough one comes first."""
MAX_TEXT_WAIT_S = 1.5
"""Text is worth waiting for: it cannot be read before it is sharp.  Beyond this, a rough page comes first."""
MAX_LINE_SHARE = 0.5
"""Of the line, for one moving area: clicks, and all else that changes, go on beside it."""
MAX_BESIDE_SHARE = 0.1
"""The same beside video, which takes most of the line: for numbers on plain ground, not for what lies over a camera."""
MAX_PROCESSOR_SHARE = 0.6
"""Of what the governor allows."""
MIN_VIDEO_PX = 16_384
"""128x128: exact pictures of less cost less than a decoder."""
LEAST_MOVING_PX = 1_024
"""A quarter of a cell."""
LEAST_MOVING_BYTES = 256
"""Of a cell.  Digits that change on plain ground stay below; the same over a sensor's noise took 2,000."""
LEAVING_PX = 4_096
"""An area that is video already stays so down to this, or it would flicker between both."""


PROCESSOR_S = 40e-9
"""A pixel exactly: compare, compress, seal (measured; a palette or a prediction, not the quick way)."""


class Situation(NamedTuple):
    """One monitor at the moment of a picture.  Grids are of the monitor's cells."""

    changed_px: Counts
    photographic: Flags
    bytes_per_px: npt.NDArray[np.float64]
    """What exact pixels of each cell are likely to cost."""
    hot: Flags
    lossy: Flags
    rate: float
    """What the line carries, bytes a second."""
    pictures_per_s: float
    """Of late."""
    processor_share: float
    """Cores that the host may use, of one; 0.6 is six tenths of a core."""


NOISE_BYTES = 2.0
"""No exact pixel takes more (media/photo.py)."""


def comes_soon(now: Situation) -> bool:
    """Whether all of it goes exactly whatever it shows: nobody needs to look at it, and a click is answered sooner.

    What keeps changing is judged by what it took until now.
    """
    changed = now.changed_px > 0
    if (changed & now.lossy).any() or _pixels(changed, now) * NOISE_BYTES / now.rate > MAX_WAIT_S:
        return False
    return not _is_too_much(changed & now.hot, now)


def choose_video(now: Situation) -> Flags:
    """Return the changed cells that go as video; all others go exactly."""
    changed = now.changed_px > 0
    plain = changed & ~now.photographic
    photo = changed & now.photographic
    chosen = np.zeros(changed.shape, np.bool_)
    if _bytes(photo, now) / now.rate > MAX_WAIT_S:
        chosen |= photo
    if _bytes(plain, now) / now.rate > MAX_TEXT_WAIT_S:
        chosen |= plain
    moving = changed & now.hot
    if _is_too_much(moving, now):
        chosen |= moving & photo
        # A cell of which little changes is a number that counts: exact, it costs next to nothing on plain ground.
        if _is_too_much(moving & plain, now, MAX_BESIDE_SHARE if chosen.any() else MAX_LINE_SHARE):
            is_much = (now.changed_px >= LEAST_MOVING_PX) | (now.changed_px * now.bytes_per_px >= LEAST_MOVING_BYTES)
            chosen |= moving & is_much
    # What moves and is video stays video, also in the moment in which little of it changes.
    staying = moving & now.lossy
    if _pixels(staying, now) >= LEAVING_PX:
        chosen |= staying
    least = LEAVING_PX if staying.any() else MIN_VIDEO_PX
    if _pixels(chosen, now) < least:
        return np.zeros(changed.shape, np.bool_)
    return chosen


def _is_too_much(moving: Flags, now: Situation, max_line_share: float = MAX_LINE_SHARE) -> bool:
    """Whether these, exactly and at the pace of late, would fill so much of the line, or the processor."""
    line_share = _bytes(moving, now) * now.pictures_per_s / now.rate
    processor_share = _pixels(moving, now) * PROCESSOR_S * now.pictures_per_s / now.processor_share
    return line_share > max_line_share or processor_share > MAX_PROCESSOR_SHARE


def _pixels(flags: Flags, now: Situation) -> int:
    return int(now.changed_px[flags].sum())


def _bytes(flags: Flags, now: Situation) -> float:
    return float((now.changed_px[flags] * now.bytes_per_px[flags]).sum())
