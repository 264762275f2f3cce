"""What is covered, worked out from rules, windows and monitors: the same on every operating system, without any calls.

A rule's areas are made larger where they do not fall on whole pixels, and more than the console can be told of
become fewer and larger ones: INVARIANT: nothing here ever makes what is covered smaller than the lab said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchside.media.damage import Box
from benchside.media.tiles import Pixels
from benchside.protocol.wire.capability import MonitorInfo
from benchside.protocol.wire.cover import (
    MAX_SHOWN_COVERS,
    CoverArea,
    CoverRule,
    WhenMissing,
    WindowMatch,
    matches,
)

__all__ = [
    "COVER_BGRX",
    "Cover",
    "CoverState",
    "SeenWindow",
    "Trail",
    "cover_by_rule",
    "join",
    "paint",
    "part_of",
    "uncovered",
]

COVER_BGRX = (52, 44, 38, 255)
"""One dark colour, which no program's black or grey is; the console draws its own hatch over it."""
LINGER_S = 1.0
"""What a covered window has left still shows its pixels until what lies below has painted; then it is shown."""
MAX_TRAIL = 8
"""Places left behind that are kept apart; a window that is being dragged leaves one at each step."""
MANY = 192
"""Above this many boxes one box around all of them is found at once; pairing them would take seconds."""


class Cover(NamedTuple):
    """A place of the desktop whose pixels stay on the PC."""

    box: Box
    by_hand: bool


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """A window that is shown now.  `titles`: all that it calls itself; None when that is too long to be read.

    `inner` is the program's own area, `outer` also what the system draws around it: frame and title bar.
    """

    titles: tuple[str, ...] | None
    classes: tuple[str, ...]
    inner: Box
    outer: Box

    def is_meant(self, match: WindowMatch) -> bool:
        """Whether a rule for `match` covers it; what cannot be told counts as meant."""
        if match.program_class is not None and not any(matches(name, match.program_class) for name in self.classes):
            return False
        wanted = match.title
        return wanted is None or self.titles is None or any(matches(title, wanted) for title in self.titles)


def cover_by_rule(
    rules: Iterable[CoverRule], windows: Iterable[SeenWindow] | None, monitors: Sequence[MonitorInfo], desktop: Box
) -> list[Box]:
    """Return what the rules cover.  `windows`: None when they cannot be told; then a rule for one covers everything."""
    seen = None if windows is None else tuple(windows)
    boxes: list[Box] = []
    for rule in rules:
        if rule.window is not None:
            if seen is None:
                return [desktop]
            match = rule.window
            places = [
                window.outer if rule.area == CoverArea() else part_of(rule.area, window.inner)
                for window in seen
                if window.is_meant(match)
            ]
        else:
            places = [part_of(rule.area, whole) for whole in _monitors_of(rule, monitors, desktop)]
        if not places and rule.missing is WhenMissing.WHOLE_SCREEN:
            return [desktop]
        boxes += [cut for place in places if (cut := place.intersect(desktop))]
    return boxes


def part_of(area: CoverArea, whole: Box) -> Box:
    """Return the part of `whole` that `area` names, never beyond its edges; perhaps nothing."""
    left, right = _span(area.left, area.right, area.width, whole.width_px)
    top, bottom = _span(area.top, area.bottom, area.height, whole.height_px)
    return Box(whole.left + left, whole.top + top, whole.left + right, whole.top + bottom).intersect(whole)


def join(by_rule: Iterable[Box], by_hand: Iterable[Box], desktop: Box) -> tuple[Cover, ...]:
    """Return all covers, cut to the desktop, none within another, at most as many as the console can be told of."""
    rule_boxes = _few([box.intersect(desktop) for box in by_rule], MAX_SHOWN_COVERS // 2)
    hand_boxes = _few([box.intersect(desktop) for box in by_hand], MAX_SHOWN_COVERS // 2)
    hand_boxes = [box for box in hand_boxes if not any(rule.holds(box) for rule in rule_boxes)]
    return tuple([Cover(box, False) for box in rule_boxes] + [Cover(box, True) for box in hand_boxes])


def uncovered(box: Box, covers: Iterable[Cover]) -> list[Box]:
    """Return what of `box` no cover holds, without overlap."""
    parts = [box] if box else []
    for cover in covers:
        parts = [piece for part in parts for piece in part.without(cover.box)]
    return parts


def paint(pixels: Pixels, box: Box, covers: Iterable[Cover]) -> Pixels:
    """Return `pixels`, which are those of `box`, with every covered one flat; writes into them where it may."""
    for cover in covers:
        cut = box.intersect(cover.box)
        if cut:
            if not pixels.flags.writeable:
                pixels = pixels.copy()
            pixels[cut.top - box.top : cut.bottom - box.top, cut.left - box.left : cut.right - box.left] = COVER_BGRX
    return pixels


class Trail:
    """Places that covered windows have left within the last second; they stay covered until then."""

    def __init__(self) -> None:
        self._left: list[tuple[Box, float]] = []

    def note(self, before: Iterable[Box], after: Sequence[Box], now: float) -> None:
        """Rules covered `before` until now, and cover `after` from now on."""
        for box in before:
            if not any(other.holds(box) for other in after):
                self._left.append((box, now + LINGER_S))
        while len(self._left) > MAX_TRAIL:
            (one, _), (two, until) = self._left[:2]
            self._left[:2] = [(one.bound(two), until)]

    def boxes(self, now: float) -> list[Box]:
        """Return what is still covered, and forget the rest."""
        self._left = [(box, until) for box, until in self._left if until > now]
        return [box for box, _ in self._left]

    def deadline(self) -> float | None:
        """Return when the next place may be shown again."""
        return min((until for _, until in self._left), default=None)

    def clear(self) -> None:
        """Forget all of it."""
        self._left.clear()


def _monitors_of(rule: CoverRule, monitors: Sequence[MonitorInfo], desktop: Box) -> list[Box]:
    if rule.monitor is None:
        return [desktop]
    if rule.monitor == 0:
        meant = [monitor for monitor in monitors if monitor.primary] or list(monitors[:1])
    else:
        meant = list(monitors[rule.monitor - 1 : rule.monitor])
    return [Box(m.x_px, m.y_px, m.x_px + m.width_px, m.y_px + m.height_px) for m in meant]


def _span(near: float | None, far: float | None, size: float | None, side_px: int) -> tuple[int, int]:
    """Start and end on one axis, rounded outwards."""
    start, end = _pixels(near or 0, side_px), side_px - _pixels(far or 0, side_px)
    if size is not None and far is not None:
        start = end - _pixels(size, side_px)
    elif size is not None:
        end = start + _pixels(size, side_px)
    return math.floor(start), math.ceil(end)


def _pixels(length: float, side_px: int) -> float:
    return length if isinstance(length, int) else length * side_px


def _few(boxes: Iterable[Box], most: int) -> list[Box]:
    """Return at most `most` boxes that hold all of these: the pairs that add least are joined first."""
    kept: list[Box] = []
    for box in sorted({box for box in boxes if box}, key=lambda box: -box.area_px):
        if not any(other.holds(box) for other in kept):
            kept.append(box)
    if len(kept) > MANY:
        whole = kept[0]
        for box in kept[1:]:
            whole = whole.bound(box)
        return [whole]
    while len(kept) > most:
        pairs = ((one, two) for place, one in enumerate(kept) for two in kept[place + 1 :])
        one, two = min(pairs, key=lambda pair: pair[0].bound(pair[1]).area_px - pair[0].area_px - pair[1].area_px)
        both = one.bound(two)
        kept = [box for box in kept if not both.holds(box)] + [both]
    return kept


class CoverState:
    """What is covered now, and why.  The capture tells where windows and monitors are, and gets what has changed."""

    def __init__(self) -> None:
        self.rules: tuple[CoverRule, ...] = ()
        self.by_hand: tuple[Box, ...] = ()
        self.covers: tuple[Cover, ...] = ()
        self._by_rule: list[Box] = []
        self._trail = Trail()

    def settle(
        self, windows: Iterable[SeenWindow] | None, monitors: Sequence[MonitorInfo], now: float
    ) -> tuple[Box, ...]:
        """Work out all covers anew; return the places where they are not what they were."""
        desktop = Box(0, 0, 0, 0)
        for monitor in monitors:
            box = Box(monitor.x_px, monitor.y_px, monitor.x_px + monitor.width_px, monitor.y_px + monitor.height_px)
            desktop = desktop.bound(box) if desktop else box
        by_rule = cover_by_rule(self.rules, windows, monitors, desktop)
        self._trail.note(self._by_rule, by_rule, now)
        self._by_rule = by_rule
        covers = join([*by_rule, *self._trail.boxes(now)], self.by_hand, desktop)
        before, self.covers = self.covers, covers
        return tuple({cover.box for cover in before} ^ {cover.box for cover in covers})

    def deadline(self) -> float | None:
        """Return when to settle again, whatever happens until then."""
        return self._trail.deadline()
