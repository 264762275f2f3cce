"""One monitor on its way to the viewer: what is copied, what goes as exact tiles, what as video, and what has rested.

A `Scene` knows what the viewer shows (its `Shadow`, exact, and `Cells`, where it is only video).  It is given pixels
and returns messages; it takes none itself and reads no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchside.media.cells import TEXT_BYTES, Cells, Counts, Flags, boxes_of, count_in_cells
from benchside.media.choose import NOISE_BYTES, Situation, choose_video, comes_soon
from benchside.media.content import look
from benchside.media.copies import find_moves
from benchside.media.damage import Box
from benchside.media.palette import Words
from benchside.media.shadow import UNKNOWN, Shadow
from benchside.media.tiles import Encoder
from benchside.media.video import VideoEncoder
from benchside.protocol.errors import UnavailableError
from benchside.protocol.wire.channel import MAX_RECORD_BYTES
from benchside.protocol.wire.picture import (
    MAX_VIDEO_BOXES,
    Copy,
    Tile,
    VideoAbility,
    VideoBox,
    VideoEnd,
    VideoFrame,
    VideoStart,
)

__all__ = ["REST_S", "Grabbed", "LineState", "Scene", "SceneMessage", "Written"]

SceneMessage = Copy | Tile | VideoStart | VideoFrame | VideoEnd

REST_S = 0.2
"""What went as video is made exact once it has not changed for so long: three pictures of motion at 15 a second."""

MIN_LOOK_PX = 8_192
"""Less than this (a typed word, a button) is encoded at once, exactly: looking at it would take longer."""

MIN_COPY_S = 0.004
"""What the line carries sooner than this is not looked for elsewhere on the screen: looking takes as long."""

MANY_PX, COUNTED_ROWS = 262_144, 8
"""Of more pixels than this one row in so many is counted: a picture of motion has no time for more."""

LOOK_AGAIN_S = 0.5
"""What keeps changing is looked at so often: whether it still is what it was."""

STREAM_LINGERS_S = 2.0
"""A stream without pictures ends after this, and gives its memory back."""

MAX_PART_BYTES = MAX_RECORD_BYTES - 8192


class Grabbed(NamedTuple):
    """Pixels of a box of the screen, as they were a moment ago; X is 255."""

    box: Box
    words: Words


class LineState(NamedTuple):
    """What decides how a picture is written."""

    rate: float
    """Bytes a second."""
    budget_bytes: int
    """What this picture may put on the line; it is kept but for the last tile, or a video frame."""
    pictures_per_s: float
    cores: float
    """Of the processor, that the host may use."""


@dataclass
class Written:
    """What a picture says of one monitor."""

    messages: list[SceneMessage] = field(default_factory=list)
    left: list[Box] = field(default_factory=list)
    """What the budget did not reach: damage as before."""
    size_bytes: int = 0


class Scene:
    """One monitor, from the layout that names it to the next."""

    def __init__(self, monitor: int, area: Box, stream: int, ability: VideoAbility) -> None:
        """`stream`: the number that its video may use."""
        self.area = area
        self.shadow = Shadow(monitor, area)
        self.cells = Cells(area)
        self._stream = stream
        self._ability = ability
        self._video: VideoEncoder | None = None
        self._is_started = False  # the viewer knows the stream
        self._framed_at = 0.0
        self._looked_at = np.full(self.cells.lossy.shape, -1e9)

    @property
    def has_video(self) -> bool:
        return self._video is not None

    @property
    def is_exact(self) -> bool:
        """Whether all that was sent is exact."""
        return not self.cells.lossy.any()

    def lose(self, boxes: Sequence[Box]) -> None:
        """What was written of these boxes never went out."""
        for box in boxes:
            self.shadow.forget(box)
        self._video = None
        # Said again before the next start: nobody knows which of start and end the viewer has had.
        self._is_started = True

    def rested_boxes(self, now: float, budget_bytes: float) -> list[Box]:
        """What may be made exact now for about so many bytes, text before photographs."""
        rested = self.cells.rested(now, REST_S)
        text, photo = rested & ~self.cells.photographic, rested & self.cells.photographic
        taken: list[Box] = []
        for box in boxes_of(text, self.cells) + boxes_of(photo, self.cells):
            if budget_bytes <= 0:
                break
            known = (self.shadow.part(box) != UNKNOWN).all(axis=1)
            top = box.top + int(known.argmin())  # what of the cell is exact already is not asked for again
            per_row = float(self.cells.bytes_per_px[self.cells.flags_of(box)].mean()) * box.width_px
            rows = max(1, int(budget_bytes / per_row))
            piece = Box(box.left, top, box.right, min(box.bottom, top + rows))
            budget_bytes -= per_row * piece.height_px
            taken.append(piece)
        return taken

    def write(self, grabbed: Sequence[Grabbed], line: LineState, encoder: Encoder, now: float) -> Written:
        """Write what changed: copies first, then video, then tiles within the budget."""
        written = Written()
        for each in grabbed:
            if each.box.area_px * TEXT_BYTES > line.rate * MIN_COPY_S and not self._is_film(each.box):
                self._copy(each, written)
        counts = np.zeros(self.cells.lossy.shape, np.int64)
        for each in grabbed:
            counts += self._count_changes(each)
        changed: Flags = counts > 0
        changed |= self._forget_stale(grabbed, self.cells.lossy & ~changed)
        self.cells.changed(changed, now)
        if self._video is not None:
            # Also of what goes as tiles: what has been covered since must not stay in the encoder.
            for each in grabbed:
                if cut := each.box.intersect(self._video.box):
                    self._video.give(cut, each.words[_slices(cut, each.box)])
        video = np.zeros_like(changed)
        if self._ability is not VideoAbility.NONE and int(counts.sum()) >= MIN_LOOK_PX:
            video = self._choose(counts, grabbed, line, now)
        # Tiles first: they are small, and the frame may take all that is left of the line.  What is video and did
        # not change is left to `refine`: nobody knows yet whether it has come to rest.
        self._tile(grabbed, video | (self.cells.lossy & ~changed), line, encoder, written)
        if video.any() and not self._film(video, grabbed, line, encoder, now, written):
            self._tile(grabbed, ~video, line, encoder, written)
        return written

    def refine(self, grabbed: Sequence[Grabbed], line: LineState, encoder: Encoder) -> Written:
        """Make exact what has rested, as far as the budget goes; the rest of it stays as it is."""
        written = Written()
        for each in grabbed:
            if written.size_bytes < line.budget_bytes:
                self._encode(each.box, each.words, line, encoder, written)
        # What was not reached is no damage: it is asked for again, since its cells are still not exact.
        written.left.clear()
        return written

    def end_idle_stream(self, now: float) -> list[SceneMessage]:
        """End the stream that nothing has needed for a while."""
        if self._video is None or now - self._framed_at < STREAM_LINGERS_S or not self.is_exact:
            return []
        self._video = None
        was_started, self._is_started = self._is_started, False
        return [VideoEnd(self._stream)] if was_started else []

    # copies

    def _is_film(self, box: Box) -> bool:
        """Whether most of this is video, of which nothing can be copied exactly."""
        return self._video is not None and bool(self.cells.lossy[self.cells.flags_of(box)].mean() > 0.5)

    def _copy(self, grabbed: Grabbed, written: Written) -> None:
        box, words = grabbed
        for move in find_moves(self.shadow.part(box), words):
            source = _shifted(move.source, box.left, box.top)
            left, top = move.left + box.left, move.top + box.top
            self.shadow.move(source, left, top)
            x0, y0 = self.area.left, self.area.top
            written.messages.append(
                Copy(
                    self.shadow.monitor,
                    source.left - x0,
                    source.top - y0,
                    left - x0,
                    top - y0,
                    source.width_px,
                    source.height_px,
                )
            )

    # choice

    def _count_changes(self, grabbed: Grabbed) -> Counts:
        """How many pixels of each cell are other than what was last sent, exactly or as video.

        Of a large box every eighth row is looked at: what that misses is seen when it is written, refined, or looked
        for by `_forget_stale`.
        """
        box, words = grabbed
        step = COUNTED_ROWS if box.area_px >= MANY_PX else 1
        words, known = words[::step], self.shadow.part(box)[::step]
        flags: Flags = words != known
        if self._video is not None and (cut := box.intersect(self._video.box)):
            first = -(cut.top - box.top) % step  # of the cut's rows, that is looked at
            rows = slice(-(-(cut.top - box.top) // step), -(-(cut.bottom - box.top) // step))
            inner = (rows, slice(cut.left - box.left, cut.right - box.left))
            filmed = known[inner] == UNKNOWN
            flags[inner] &= ~filmed | (words[inner] != self._video.part(cut)[first::step])
        return count_in_cells(flags, box, self.cells, row_step=step)

    def _forget_stale(self, grabbed: Sequence[Grabbed], seeming: Flags) -> Flags:
        """Look at every row of cells that are not exact and seem unchanged by the rows that were counted.

        Some of their rows may be exact already, and neither tiles nor `refine` would come back to those.  Returns the
        cells that have changed after all; what is old in them is exact no longer.
        """
        found = np.zeros_like(seeming)
        for each in grabbed:
            if each.box.area_px < MANY_PX:
                continue  # every row was counted
            for place in boxes_of(seeming & self.cells.flags_of(each.box), self.cells):
                cut = place.intersect(each.box)
                known = self.shadow.part(cut)
                stale: Flags = (known != UNKNOWN) & (known != each.words[_slices(cut, each.box)])
                if stale.any():
                    known[stale] = UNKNOWN
                    found |= count_in_cells(stale, cut, self.cells) > 0
        return found

    def _choose(self, counts: Counts, grabbed: Sequence[Grabbed], line: LineState, now: float) -> Flags:
        hot = self.cells.hot(now)
        situation = Situation(
            changed_px=counts,
            photographic=self.cells.photographic,
            bytes_per_px=self.cells.bytes_per_px,
            hot=hot,
            lossy=self.cells.lossy,
            rate=line.rate,
            pictures_per_s=line.pictures_per_s,
            processor_share=line.cores,
        )
        if comes_soon(situation):
            return np.zeros(counts.shape, np.bool_)
        is_seen = hot & (self._looked_at > now - LOOK_AGAIN_S)
        if (situation.changed_px[~is_seen] > 0).any():
            self._looked_at[counts > 0] = now
            look(self.cells, list(grabbed))  # writes into the situation's grids
        return choose_video(situation)

    # video

    def _film(
        self,
        video: Flags,
        grabbed: Sequence[Grabbed],
        line: LineState,
        encoder: Encoder,
        now: float,
        written: Written,
    ) -> bool:
        """Send these cells as a video frame, and exactly what of them no frame can hold; False: it cannot be done."""
        places = boxes_of(video, self.cells)
        if not self._aim(places, video, grabbed, line, written):
            return False
        assert self._video is not None
        parts = [(cut, each) for each in grabbed for place in places if (cut := place.intersect(each.box))]
        boxes = [cut for part, _ in parts if (cut := part.intersect(self._video.box))]
        written.left += boxes[MAX_VIDEO_BOXES:]  # what no message can name is damage again
        boxes = boxes[:MAX_VIDEO_BOXES]
        try:
            unit = self._video.encode(now, line.rate)
        except UnavailableError:
            self._ability, self._video = VideoAbility.NONE, None
            return False
        if not self._is_started:
            self._is_started = True
            x_px, y_px = self._video.box.left - self.area.left, self._video.box.top - self.area.top
            size = self._video.box.width_px, self._video.box.height_px
            written.messages.append(VideoStart(self._stream, self.shadow.monitor, x_px, y_px, *size, codec=unit.codec))
        self._framed_at = now
        x0, y0 = self._video.box.left, self._video.box.top
        drawn = tuple(VideoBox(b.left - x0, b.top - y0, b.width_px, b.height_px) for b in boxes)
        for start in range(0, len(unit.data), MAX_PART_BYTES):
            end = start + MAX_PART_BYTES
            is_last = end >= len(unit.data)
            part = unit.data[start:end]
            written.messages.append(VideoFrame(self._stream, unit.is_key, is_last, drawn if is_last else (), part))
        written.size_bytes += len(unit.data)
        for box in boxes:
            self.shadow.forget(box)
            self.cells.lossy |= self.cells.flags_of(box)
        for place, each in parts:
            for edge in place.without(self._video.box):
                self._encode(edge, each.words[_slices(edge, each.box)], line, encoder, written)
        return True

    def _aim(
        self, places: Sequence[Box], video: Flags, grabbed: Sequence[Grabbed], line: LineState, written: Written
    ) -> bool:
        """Have a stream that holds these places, the cells of `video`; it grows, and ends only with its last cell."""
        if self._video is not None and self.cells.lossy.any():
            places = [*places, self.cells.bounds(self.cells.lossy)]
        wanted = self._fit_for_film(_bounds(places))
        if self._video is not None and self._video.box.holds(wanted):
            return True
        if wanted.area_px > 0.6 * self.area.area_px:
            wanted = self._fit_for_film(self.area)
        is_text = not bool(self.cells.photographic[video].mean() > 0.5)
        try:
            video_encoder = VideoEncoder(wanted, line.rate, self._ability, is_text=is_text)
        except UnavailableError:
            self._ability = VideoAbility.NONE
            return False
        if self._is_started:
            written.messages.append(VideoEnd(self._stream))
            self._is_started = False
        self._video = video_encoder
        for each in grabbed:
            if cut := each.box.intersect(wanted):
                video_encoder.give(cut, each.words[_slices(cut, each.box)])
        return True

    def _fit_for_film(self, box: Box) -> Box:
        """Without 4:4:4 a stream has even sides: an odd last row or column goes exactly."""
        if self._ability is VideoAbility.H264_444:
            return box
        return Box(box.left, box.top, box.right - box.width_px % 2, box.bottom - box.height_px % 2)

    # tiles

    def _tile(
        self, grabbed: Sequence[Grabbed], left_out: Flags, line: LineState, encoder: Encoder, written: Written
    ) -> None:
        exact = boxes_of(~left_out, self.cells) if left_out.any() else [self.area]
        for each in grabbed:
            for place in exact:
                if not (cut := each.box.intersect(place)):
                    continue
                if written.size_bytes >= line.budget_bytes:
                    written.left.append(cut)
                    continue
                self._encode(cut, each.words[_slices(cut, each.box)], line, encoder, written)

    def _encode(self, box: Box, words: Words, line: LineState, encoder: Encoder, written: Written) -> None:
        budget = max(1, line.budget_bytes - written.size_bytes)
        encoded = encoder.encode_box(box, words, self.shadow, rate=line.rate, budget_bytes=budget)
        written.messages += encoded.tiles
        written.left += encoded.left
        written.size_bytes += encoded.size_bytes
        cells = self.cells.flags_of(box)
        if encoded.area_px:
            # The same for all of them: a mean, of which a single pixel's head must make no noise.
            self.cells.bytes_per_px[cells] = min(encoded.size_bytes / encoded.area_px, NOISE_BYTES)
        touched = cells & self.cells.lossy
        for row, column in np.argwhere(touched).tolist():
            cell = self.cells.box(row, column)
            self.cells.lossy[row, column] = bool((self.shadow.part(cell) == UNKNOWN).any())


def _slices(inner: Box, outer: Box) -> tuple[slice, slice]:
    """Where `inner` lies in an array of `outer`."""
    return (
        slice(inner.top - outer.top, inner.bottom - outer.top),
        slice(inner.left - outer.left, inner.right - outer.left),
    )


def _shifted(box: Box, right: int, down: int) -> Box:
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def _bounds(boxes: Sequence[Box]) -> Box:
    bounds = boxes[0]
    for box in boxes[1:]:
        bounds = bounds.bound(box)
    return bounds
