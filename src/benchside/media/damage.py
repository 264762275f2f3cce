"""Damage: which pixels of the screen may have changed since they were last looked at.

INVARIANT: a `Region` covers every box that was added and not subtracted; it may cover more, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchside.protocol.errors import CallerError

__all__ = ["MAX_BOXES", "Box", "Region"]

# Above this many boxes each costs more (a grab's round trip, a tile's header) than the pixels that
# merging two neighbours adds; the encoder compares pixels anyway and drops what did not change.
MAX_BOXES = 24

# Two boxes are merged when their bounding box holds at most this many pixels more than the two together:
# a 32x32 patch is grabbed, compared and compressed in less time than one more grab takes.
MERGE_SLACK_PX = 1024


class Box(NamedTuple):
    """A rectangle in screen pixels: left and top are inside, right and bottom just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width_px(self) -> int:
        return self.right - self.left

    @property
    def height_px(self) -> int:
        return self.bottom - self.top

    @property
    def area_px(self) -> int:
        return (self.right - self.left) * (self.bottom - self.top) if self else 0

    def __bool__(self) -> bool:
        """False for a box without pixels."""
        return self.right > self.left and self.bottom > self.top

    def intersect(self, other: Box) -> Box:
        """What both hold; an empty (false) box when they do not meet."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def bound(self, other: Box) -> Box:
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def without(self, other: Box) -> list[Box]:
        """This box less `other`, exactly, as at most four boxes that do not overlap."""
        cut = self.intersect(other)
        if not cut:
            return [self] if self else []
        parts = (
            Box(self.left, self.top, self.right, cut.top),
            Box(self.left, cut.top, cut.left, cut.bottom),
            Box(cut.right, cut.top, self.right, cut.bottom),
            Box(self.left, cut.bottom, self.right, self.bottom),
        )
        return [part for part in parts if part]


class Region:
    """A set of pixels as at most `max_boxes` boxes that do not overlap."""

    __slots__ = ("_boxes", "_max_boxes")

    def __init__(self, boxes: Iterable[Box] = (), *, max_boxes: int = MAX_BOXES) -> None:
        if max_boxes < 1:
            raise CallerError(f"a region needs room for one box, got {max_boxes}")
        self._max_boxes = max_boxes
        self._boxes: list[Box] = []
        for box in boxes:
            self.add(box)

    def __bool__(self) -> bool:
        return bool(self._boxes)

    def __len__(self) -> int:
        return len(self._boxes)

    def __iter__(self) -> Iterator[Box]:
        """Over a snapshot, so that damage may arrive while its predecessor is being encoded."""
        return iter(tuple(self._boxes))

    def __repr__(self) -> str:
        return f"Region({self._boxes!r})"

    @property
    def area_px(self) -> int:
        return sum(box.area_px for box in self._boxes)

    @property
    def bounds(self) -> Box | None:
        """The smallest box that holds the region; None when it is empty."""
        if not self._boxes:
            return None
        whole = self._boxes[0]
        for box in self._boxes[1:]:
            whole = whole.bound(box)
        return whole

    def add(self, box: Box) -> None:
        """Cover `box` too; an empty box adds nothing."""
        if not box:
            return
        if any(old.holds(box) for old in self._boxes):
            return
        self._absorb(box)
        while len(self._boxes) > self._max_boxes:
            self._merge_cheapest_pair()

    def update(self, other: Region) -> None:
        """Cover all that `other` covers."""
        for box in other:
            self.add(box)

    def subtract(self, box: Box) -> None:
        """Uncover `box`, exactly where the bound on boxes allows, else less of it."""
        self._boxes = [part for old in self._boxes for part in old.without(box)]
        while len(self._boxes) > self._max_boxes:
            self._merge_cheapest_pair()

    def clip(self, areas: Iterable[Box]) -> Region:
        """What lies inside one of `areas` (the monitors), never a pixel outside of them.

        The result holds at most `max_boxes` boxes for each area: merging across areas could leave them.
        """
        inside: list[Box] = []
        seen: list[Box] = []
        for area in areas:
            # Mirrored monitors overlap; the part that an earlier area had is not taken twice.
            fresh = [area]
            for earlier in seen:
                fresh = [part for piece in fresh for part in piece.without(earlier)]
            seen.append(area)
            inside += [cut for piece in fresh for box in self._boxes if (cut := box.intersect(piece))]
        clipped = Region(max_boxes=max(self._max_boxes, len(inside)))
        clipped._boxes = inside
        return clipped

    def take(self) -> Region:
        """Hand over everything and be empty: the damage of one picture."""
        taken = Region(max_boxes=self._max_boxes)
        taken._boxes, self._boxes = self._boxes, []
        return taken

    def clear(self) -> None:
        self._boxes.clear()

    def _absorb(self, box: Box) -> None:
        """Add `box`, swallowing each box that it overlaps or is cheap to merge with, until none is left."""
        grown = True
        while grown:
            grown = False
            rest: list[Box] = []
            for old in self._boxes:
                union = box.bound(old)
                if box.intersect(old) or union.area_px <= box.area_px + old.area_px + MERGE_SLACK_PX:
                    grown = grown or union != box
                    box = union
                else:
                    rest.append(old)
            self._boxes = rest
        self._boxes.append(box)

    def _merge_cheapest_pair(self) -> None:
        best_waste, best = None, (0, 1)
        for i, one in enumerate(self._boxes):
            for j in range(i + 1, len(self._boxes)):
                other = self._boxes[j]
                waste = one.bound(other).area_px - one.area_px - other.area_px
                if best_waste is None or waste < best_waste:
                    best_waste, best = waste, (i, j)
        i, j = best
        merged = self._boxes[i].bound(self._boxes[j])
        del self._boxes[j], self._boxes[i]
        self._absorb(merged)
