"""A click's moments are joined to one way, and a click that cannot be followed is left out."""

from __future__ import annotations

from bench.photon.click import Click
from bench.session.hops import split

PAINT = {"pressed_at": 10.0034, "painted_at": 10.0036}
PAGE = [
    ("pointer_down", 10.0010),
    ("sent", 10.0015),
    ("received", 10.0018),  # of something else: the program has not painted yet
    ("received", 10.0050),
    ("received", 10.0052),
    ("drawn", 10.0060),
    ("sent", 10.0061),
]


def test_every_hop_of_a_click() -> None:
    figures = split([Click(10.0, 10.0085)], PAGE, [PAINT])
    assert figures == {
        "hop_into_page_ms": 1.0, "hop_to_line_ms": 0.5, "hop_to_program_ms": 1.9, "hop_paint_ms": 0.2,
        "hop_to_console_ms": 1.4, "hop_to_canvas_ms": 1.0, "hop_to_screen_ms": 2.5, "hop_clicks": 1,
    }  # fmt: skip


def test_a_click_without_a_change_or_without_a_moment_is_left_out() -> None:
    lost, followed, halfway = Click(9.0, None), Click(10.0, 10.0085), Click(11.0, 11.0085)
    assert split([lost, followed, halfway], PAGE, [PAINT] * 3)["hop_clicks"] == 1
    assert split([halfway], PAGE, [PAINT]) == {"hop_clicks": 0}
