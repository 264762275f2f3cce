"""The places that the technician covers by hand, while they are being drawn: boxes of the desktop in native pixels."""

from __future__ import annotations

from typing import NamedTuple

from benchside.protocol.wire.cover import MAX_HAND_COVERS, CoverShown, DesktopBox

__all__ = ["MIN_SIDE_PX", "CoverPlan", "Place"]

MIN_SIDE_PX = 12
"""A press that slips by less is a click, with gloves too; and nothing to read is smaller."""


class Place(NamedTuple):
    """A rectangle of the desktop; right and bottom lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: Place) -> bool:
        """Whether both have a pixel in common."""
        return max(self.left, other.left) < min(self.right, other.right) and max(self.top, other.top) < min(
            self.bottom, other.bottom
        )


class CoverPlan:
    """What will be covered when the technician is done.  `screens`: where a cover may lie."""

    def __init__(
        self, screens: tuple[Place, ...], by_hand: tuple[DesktopBox, ...], covered: tuple[CoverShown, ...]
    ) -> None:
        """`by_hand`: as drawn last; `covered`: all covers now, of which those by rule are not for changing."""
        self._desktop = Place(
            min(screen.left for screen in screens),
            min(screen.top for screen in screens),
            max(screen.right for screen in screens),
            max(screen.bottom for screen in screens),
        )
        self.by_hand = [_place(box) for box in by_hand]
        self.by_rule: tuple[Place, ...] = ()
        self.see(covered)

    def see(self, covered: tuple[CoverShown, ...]) -> None:
        """What rules cover may move while somebody draws."""
        self.by_rule = tuple(_place(cover.box) for cover in covered if not cover.by_hand)

    @property
    def is_full(self) -> bool:
        """Whether there is room for no other cover."""
        return len(self.by_hand) >= MAX_HAND_COVERS

    def add(self, one: tuple[int, int], other: tuple[int, int]) -> int | None:
        """Cover from one corner to the other; return its number, None when it is too small or there is no room."""
        place = self._within(
            Place(min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))
        )
        if self.is_full or place.right - place.left < MIN_SIDE_PX or place.bottom - place.top < MIN_SIDE_PX:
            return None
        self.by_hand.append(place)
        return len(self.by_hand) - 1

    def remove(self, number: int) -> None:
        """Take a cover away."""
        del self.by_hand[number]

    def move(self, number: int, right_px: int, down_px: int) -> None:
        """Move a cover, as far as the desktop goes."""
        box, limit = self.by_hand[number], self._desktop
        right_px = max(limit.left - box.left, min(right_px, limit.right - box.right))
        down_px = max(limit.top - box.top, min(down_px, limit.bottom - box.bottom))
        self.by_hand[number] = Place(box.left + right_px, box.top + down_px, box.right + right_px, box.bottom + down_px)

    def size(self, number: int, wider_px: int, higher_px: int) -> None:
        """Move a cover's right and lower edge, as far as the desktop goes."""
        box, limit = self.by_hand[number], self._desktop
        right = max(box.left + MIN_SIDE_PX, min(box.right + wider_px, limit.right))
        bottom = max(box.top + MIN_SIDE_PX, min(box.bottom + higher_px, limit.bottom))
        self.by_hand[number] = Place(box.left, box.top, right, bottom)

    def areas(self) -> tuple[DesktopBox, ...]:
        """Return what to cover."""
        return tuple(DesktopBox(*place) for place in self.by_hand)

    def _within(self, place: Place) -> Place:
        limit = self._desktop
        return Place(
            max(place.left, limit.left),
            max(place.top, limit.top),
            min(place.right, limit.right),
            min(place.bottom, limit.bottom),
        )


def _place(box: DesktopBox) -> Place:
    return Place(box.left, box.top, box.right, box.bottom)
