"""Where floating windows go: inside the screen, never under the pointer, in the corner the technician chose."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize

__all__ = ["CORNERS", "nearest_corner", "place_in_corner", "place_prompt"]

CORNERS = ("top_right", "bottom_right", "bottom_left", "top_left")
"""In the order in which *Move to another corner* goes through them."""

MARGIN_PX = 16
AWAY_PX = 24
"""A hand that rests on the mouse drifts less than this."""


def place_in_corner(corner: str, size: QSize, screen: QRect) -> QPoint:
    """Return the top left of a window of `size` in `corner` of `screen`."""
    x = screen.right() + 1 - size.width() - MARGIN_PX if corner.endswith("right") else screen.left() + MARGIN_PX
    y = screen.bottom() + 1 - size.height() - MARGIN_PX if corner.startswith("bottom") else screen.top() + MARGIN_PX
    return QPoint(max(screen.left(), x), max(screen.top(), y))


def nearest_corner(window: QRect, screen: QRect) -> str:
    """Return the corner of `screen` that the middle of `window` is nearest to."""
    middle, centre = window.center(), screen.center()
    down = "bottom" if middle.y() > centre.y() else "top"
    across = "right" if middle.x() > centre.x() else "left"
    return f"{down}_{across}"


def place_prompt(size: QSize, screen: QRect, pointer: QPoint, taken: QRect | None) -> tuple[QPoint, bool]:
    """Return where a prompt goes, and whether it lies under the pointer all the same (a very small screen).

    The middle is tried first, then the sides; a place that covers the indicator (`taken`) is the last resort.
    """
    width, height = size.width(), size.height()
    middle_x = screen.left() + (screen.width() - width) // 2
    middle_y = screen.top() + (screen.height() - height) // 2
    places = [QPoint(middle_x, middle_y)]
    for x in (screen.left() + MARGIN_PX, screen.right() + 1 - width - MARGIN_PX, middle_x):
        for y in (middle_y, screen.bottom() + 1 - height - MARGIN_PX, screen.top() + MARGIN_PX):
            places.append(QPoint(max(screen.left(), x), max(screen.top(), y)))

    def cost(place: QPoint) -> int:
        box = QRect(place, size)
        near = box.adjusted(-AWAY_PX, -AWAY_PX, AWAY_PX, AWAY_PX)
        is_covering = taken is not None and box.intersects(taken)
        is_off_screen = not screen.contains(box)
        return 8 * box.contains(pointer) + 4 * near.contains(pointer) + 2 * is_covering + is_off_screen

    best = min(places, key=cost)
    return best, QRect(best, size).contains(pointer)
