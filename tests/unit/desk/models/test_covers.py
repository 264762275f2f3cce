"""Covers while they are drawn: within the desktop, large enough to be meant, and rules' covers stay."""

from __future__ import annotations

from benchside.desk.models.covers import MIN_SIDE_PX, CoverPlan, Place
from benchside.protocol.wire.cover import MAX_HAND_COVERS, CoverShown, DesktopBox

SCREENS = (Place(0, 0, 1920, 1080), Place(1920, 0, 3200, 1024))


def plan(*by_hand: DesktopBox, covered: tuple[CoverShown, ...] = ()) -> CoverPlan:
    return CoverPlan(SCREENS, by_hand, covered)


def test_it_begins_with_what_was_drawn_before_and_shows_what_rules_cover() -> None:
    drawn, ruled = DesktopBox(10, 10, 50, 50), DesktopBox(0, 0, 5, 5)
    known = plan(drawn, covered=(CoverShown(ruled, False), CoverShown(drawn, True)))
    assert known.areas() == (drawn,)
    assert known.by_rule == (Place(0, 0, 5, 5),)
    known.see(())
    assert known.by_rule == ()
    assert known.areas() == (drawn,)


def test_a_cover_is_drawn_from_any_corner_across_screens_and_never_beyond() -> None:
    known = plan()
    assert known.add((2000, 500), (1900, 400)) == 0
    assert known.add((3100, 900), (9999, 9999)) == 1
    assert known.areas() == (DesktopBox(1900, 400, 2000, 500), DesktopBox(3100, 900, 3200, 1080))


def test_a_click_is_no_cover() -> None:
    known = plan()
    assert known.add((10, 10), (10 + MIN_SIDE_PX - 1, 500)) is None
    assert known.add((10, 10), (10 + MIN_SIDE_PX, 10 + MIN_SIDE_PX)) == 0


def test_there_is_room_for_so_many() -> None:
    known = plan()
    for number in range(MAX_HAND_COVERS):
        assert known.add((number * 20, 0), (number * 20 + 15, 15)) == number
    assert known.is_full
    assert known.add((0, 100), (100, 200)) is None
    known.remove(3)
    assert known.add((0, 100), (100, 200)) == MAX_HAND_COVERS - 1


def test_it_moves_and_grows_as_far_as_the_desktop_goes() -> None:
    known = plan(DesktopBox(100, 100, 200, 200))
    known.move(0, -500, 30)
    assert known.areas() == (DesktopBox(0, 130, 100, 230),)
    known.move(0, 9999, 9999)
    assert known.areas() == (DesktopBox(3100, 980, 3200, 1080),)
    known.size(0, 50, -9999)
    assert known.areas() == (DesktopBox(3100, 980, 3200, 980 + MIN_SIDE_PX),)
