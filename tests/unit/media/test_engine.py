"""The engine against a viewer that draws: recorded situations, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.fakes.viewer import Viewer

from benchside.media.cells import CELL_PX
from benchside.media.damage import Box
from benchside.media.engine import Engine
from benchside.media.palette import Words
from benchside.media.scene import COUNTED_ROWS, Grabbed, LineState
from benchside.protocol.wire.picture import PictureState, Tile, VideoAbility

ALPHA = np.uint32(0xFF000000)
OPEN, SLOW = 50e6, 750e3  # bytes a second: a wire in the house, and 6 Mbit/s


@dataclass
class Desk:
    """A screen, the engine that watches it, a viewer, and a line of some rate that is never behind."""

    width: int = 640
    height: int = 480
    rate: float = SLOW
    ability: VideoAbility = VideoAbility.H264_444
    now: float = 0.0
    size_bytes: int = 0
    tile_bytes: int = 0
    states: list[PictureState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.screen: Words = np.full((self.height, self.width), 0xFFFFFFFF, np.uint32)
        self.viewer = Viewer(self.width, self.height)
        self.engine = Engine()
        self.engine.lay_out([(0, Box(0, 0, self.width, self.height))], self.ability)
        self.settle()

    def draw(self, box: Box, words: Words) -> None:
        self.screen[box.top : box.bottom, box.left : box.right] = words | ALPHA
        self.engine.damaged(box)

    def picture(self, budget_bytes: int | None = None) -> bool:
        """One picture, if there is something for one."""
        budget = int(self.rate * 0.1) if budget_bytes is None else budget_bytes
        plan = self.engine.plan(self.now, budget, may_refine=True)
        if plan is None:
            return False
        grabbed = [Grabbed(b, self.screen[b.top : b.bottom, b.left : b.right].copy()) for _, b in plan.spots]
        line = LineState(rate=self.rate, budget_bytes=budget, pictures_per_s=20.0, cores=0.6)
        draft = self.engine.write(plan, grabbed, line, self.now)
        self.engine.settle(draft)
        self.viewer.show(*draft.messages)
        self.size_bytes += sum(len(message.data) for message in draft.messages if hasattr(message, "data"))
        self.tile_bytes += sum(len(message.data) for message in draft.messages if isinstance(message, Tile))
        self.states.append(self.engine.state)
        return True

    def settle(self, pictures: int = 400) -> None:
        """Let pictures go out until nothing is left to say."""
        for _ in range(pictures):
            self.now += 0.05
            if not self.picture() and self.engine.rests_at() is None:
                return
        raise AssertionError("it does not come to rest")

    @property
    def shown(self) -> Words:
        words: Words = self.viewer.pixels.view(np.uint32)[:, :, 0]
        return words

    @property
    def is_exact(self) -> bool:
        return bool((self.shown == self.screen).all())


def noise(width: int, height: int, seed: int = 1) -> Words:
    """Photograph-like: soft shapes and a sensor's noise."""
    draw = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    base = 128 + 60 * np.sin(x / 40 + seed) + 50 * np.cos(y / 30 - seed)
    channels = [np.clip(base + 10 * k + draw.normal(0, 3, base.shape), 0, 255).astype(np.uint32) for k in range(3)]
    return channels[0] | channels[1] << 8 | channels[2] << 16


def text(width: int, height: int, seed: int = 1, pitch: int = 16) -> Words:
    """Lines of some fifty different letters, antialiased to a handful of greys."""
    draw = np.random.default_rng(seed)
    letters = draw.choice([0x20, 0x80, 0xC0, 0xFF], size=(50, pitch - 4, 7))
    page = np.full((height, width), 0xFF, np.uint32)
    for top in range(2, height - pitch, pitch):
        for left in range(2, width - 8, 8):
            page[top : top + pitch - 4, left : left + 7] = letters[draw.integers(50)]
    return page * 0x010101


def test_a_typed_letter_is_exact_at_once_and_small() -> None:
    desk = Desk()
    desk.size_bytes = 0
    desk.draw(Box(100, 100, 108, 112), text(40, 60, 3)[20:32, 16:24])
    assert desk.picture()
    assert desk.is_exact
    assert desk.states[-1] is PictureState.EXACT
    assert desk.size_bytes < 100


def test_a_page_of_text_goes_exactly_as_palettes_within_its_budget() -> None:
    desk = Desk()
    desk.size_bytes = 0
    desk.draw(Box(0, 0, 640, 480), text(640, 480))
    assert desk.picture()
    assert desk.viewer.frames == 0
    desk.settle()
    assert desk.is_exact
    assert desk.size_bytes < 25_000  # 640 * 480 pixels of four bytes are 1.2 MB


@pytest.mark.parametrize("pitch", [13, 16, 17, 22])
def test_lines_of_any_height_make_bands(pitch: int) -> None:
    desk = Desk()
    desk.size_bytes = 0
    desk.draw(Box(0, 0, 640, 480), text(640, 480, pitch=pitch))
    desk.settle()
    assert desk.is_exact
    assert desk.size_bytes < 40_000


def test_a_page_arrives_in_parts_on_a_line_that_takes_a_while() -> None:
    desk = Desk(width=1920, height=1080, rate=100e3)
    desk.draw(Box(0, 0, 1920, 1080), text(1920, 1080))
    desk.picture()
    assert desk.states[-1] is PictureState.BEHIND
    assert 0 < (desk.shown == desk.screen).mean() < 1
    desk.settle()
    assert desk.is_exact


@pytest.mark.parametrize("dy", [-48, -3, 5, 130])
def test_a_scrolled_table_is_copied(dy: int) -> None:
    desk = Desk()
    page = text(500, 1000)
    desk.draw(Box(50, 40, 550, 440), page[200:600])
    desk.settle()
    desk.size_bytes = 0
    desk.draw(Box(50, 40, 550, 440), page[200 + dy : 600 + dy])
    desk.picture()
    assert desk.viewer.copies
    desk.settle()
    assert desk.is_exact
    assert desk.size_bytes < 12_000


@pytest.mark.parametrize("dx", [-3, 7])
def test_a_strip_chart_is_copied(dx: int) -> None:
    desk = Desk()
    page = np.ascontiguousarray(text(500, 1000).T)
    desk.draw(Box(50, 40, 550, 440), page[100:500, 100:600][:400, :500])
    desk.settle()
    desk.draw(Box(50, 40, 550, 440), page[100:500, 100 + dx : 600 + dx])
    desk.picture()
    assert desk.viewer.copies
    desk.settle()
    assert desk.is_exact


def test_a_photograph_comes_roughly_first_and_exactly_after() -> None:
    desk = Desk(width=800, height=400)
    desk.size_bytes = 0
    desk.draw(Box(0, 0, 800, 400), noise(800, 400))
    desk.picture()
    assert desk.viewer.frames == 1
    assert desk.size_bytes < SLOW * 0.2
    assert desk.states[-1] is PictureState.REFINING
    error = np.abs(desk.viewer.pixels[:, :, :3].astype(int) - desk.screen.view(np.uint8).reshape(400, 800, 4)[:, :, :3])
    assert error.mean() < 8
    desk.settle()
    assert desk.is_exact
    assert desk.states[-1] is PictureState.EXACT


def test_a_photograph_on_a_quick_line_comes_exactly() -> None:
    desk = Desk(rate=OPEN)
    desk.draw(Box(0, 0, 640, 480), noise(640, 480))
    desk.picture()
    assert desk.viewer.frames == 0
    desk.settle()
    assert desk.is_exact


def test_motion_becomes_video_and_rests_exactly_while_text_beside_it_stays_exact() -> None:
    desk = Desk(width=1024, height=512)
    desk.draw(Box(512, 0, 1024, 512), text(512, 512))
    desk.settle()
    frames = desk.viewer.frames
    for k in range(30):
        desk.now += 0.05
        desk.draw(Box(0, 0, 448, 448), noise(448, 448, k))
        desk.draw(Box(600, 100, 640, 116), text(80, 60, k)[20:36, 16:56])
        desk.picture()
        desk.picture()  # it may have been what had rested that came first
        right = slice(512, 1024)
        assert (desk.shown[:, right] == desk.screen[:, right]).all(), "settled text became worse"
    assert desk.viewer.frames - frames > 20
    desk.settle()
    assert desk.is_exact


def test_what_no_counted_row_shows_comes_too() -> None:
    """Of a large box only some rows are counted: what changes between them is exact all the same, film or not."""
    desk = Desk(width=1024, height=512)
    whole = Box(0, 0, 1024, 512)
    desk.draw(whole, text(1024, 512))
    desk.settle()
    for row in range(1, COUNTED_ROWS):
        changed = desk.screen.copy()
        changed[64 + row, 100:140] = row
        desk.draw(whole, changed)
        desk.picture()
        assert desk.is_exact
    for k in range(12):  # a film over all of it, then a line within it
        desk.now += 0.05
        desk.draw(whole, noise(1024, 512, k))
        desk.picture()
    assert not desk.is_exact
    changed = desk.screen.copy()
    changed[64 + 3, 100:140] = 0x00FF00
    desk.draw(whole, changed)
    desk.picture()
    desk.settle()
    assert desk.is_exact


@pytest.mark.parametrize("below", [1, 3, 7])
def test_what_was_exact_again_in_a_film_does_not_grow_old(below: int) -> None:
    """A thin line drawn over rows that are exact already, while the rest of their cells is not yet."""
    desk = Desk(width=1024, height=512)
    whole = Box(0, 0, 1024, 512)
    for k in range(12):
        desk.now += 0.05
        desk.draw(whole, noise(1024, 512, k))
        desk.picture()
    desk.now += 1

    def exact_rows(column: int) -> int:
        same = (
            desk.shown[:CELL_PX, column : column + CELL_PX] == desk.screen[:CELL_PX, column : column + CELL_PX]
        ).all(axis=1)
        return int(same.argmin()) if not same.all() else 0

    while not (begun := [left for left in range(0, 1024, CELL_PX) if exact_rows(left) > COUNTED_ROWS]):
        desk.now += 0.05
        desk.picture(12_000)
    changed = desk.screen.copy()
    changed[below, begun[0] : begun[0] + 40] = 0x00FF00
    desk.draw(whole, changed)
    desk.picture()
    desk.settle()
    assert desk.is_exact


def test_what_is_costly_beside_video_is_video_too() -> None:
    """A number on plain ground stays exact beside a camera; one that lies over the camera's picture does not."""
    desk = Desk(width=1024, height=512, rate=750_000)
    desk.settle()
    for k in range(30):
        desk.now += 0.05
        camera = noise(896, 512, k)
        camera[100:148, 100:356] = 0xFFFFFF if k % 2 else 0  # hard edges in cells of noise
        desk.draw(Box(0, 0, 896, 512), camera)
        desk.draw(Box(920, 100, 960, 116), text(80, 60, k)[20:36, 16:56])
        if k == 20:
            desk.tile_bytes = 0
        desk.picture()
        assert (desk.shown[:, 900:] == desk.screen[:, 900:]).all()
    assert desk.tile_bytes < 10 * 1_000, "in ten pictures"


def test_a_viewer_without_video_gets_tiles() -> None:
    desk = Desk(ability=VideoAbility.NONE)
    for k in range(5):
        desk.now += 0.05
        desk.draw(Box(0, 0, 640, 480), noise(640, 480, k))
        desk.picture()
    assert desk.viewer.frames == 0
    desk.settle()
    assert desk.is_exact


@pytest.mark.parametrize(("width", "height"), [(1, 1), (63, 65), (321, 199)])
@pytest.mark.parametrize("ability", list(VideoAbility))
def test_odd_sizes_come_to_be_exact(width: int, height: int, ability: VideoAbility) -> None:
    desk = Desk(width=width, height=height, ability=ability, rate=60e3)
    for k in range(6):
        desk.now += 0.05
        desk.draw(Box(0, 0, width, height), noise(width, height, k))
        desk.picture()
    desk.settle()
    assert desk.is_exact


def test_damage_without_change_says_nothing_and_comes_to_rest() -> None:
    desk = Desk(width=640, height=360, rate=300e3)
    desk.draw(Box(0, 0, 640, 360), noise(640, 360))
    desk.picture()
    for _ in range(60):
        desk.now += 0.05
        desk.engine.damaged(Box(0, 0, 640, 360))  # a program that draws the same over and over
        desk.picture()
    assert desk.is_exact


def test_a_draft_that_never_went_out_is_sent_again() -> None:
    desk = Desk()
    desk.draw(Box(0, 0, 640, 480), noise(640, 480))
    plan = desk.engine.plan(desk.now, 75_000, may_refine=True)
    assert plan is not None
    grabbed = [Grabbed(b, desk.screen[b.top : b.bottom, b.left : b.right].copy()) for _, b in plan.spots]
    draft = desk.engine.write(plan, grabbed, LineState(SLOW, 75_000, 1.0, 0.6), desk.now)
    desk.engine.take_back(draft)
    desk.viewer = Viewer(640, 480)
    desk.engine.lay_out([(0, Box(0, 0, 640, 480))], VideoAbility.H264)
    assert not desk.engine.is_current(plan)
    desk.settle()
    assert desk.is_exact


@pytest.mark.parametrize("lost", [0, 1, 3])
def test_video_goes_on_after_a_draft_that_was_taken_back(lost: int) -> None:
    desk = Desk(width=512, height=512)
    line = LineState(SLOW, 75_000, 15.0, 0.6)
    for k in range(8):
        desk.now += 0.05
        side = 256 if k < 3 else 512  # the stream grows
        desk.draw(Box(0, 0, side, side), noise(side, side, k))
        if k != lost:
            desk.picture()
            continue
        plan = desk.engine.plan(desk.now, 75_000, may_refine=False)
        assert plan is not None
        grabbed = [Grabbed(b, desk.screen[b.top : b.bottom, b.left : b.right].copy()) for _, b in plan.spots]
        desk.engine.take_back(desk.engine.write(plan, grabbed, line, desk.now))
    assert desk.viewer.frames > 3
    desk.settle()
    assert desk.is_exact


def test_a_viewer_with_even_sides_only_gets_edges_within_the_budget() -> None:
    desk = Desk(width=641, height=511, ability=VideoAbility.H264, rate=250e3)
    desk.size_bytes = 0
    desk.draw(Box(0, 0, 641, 511), noise(641, 511))
    desk.picture()
    assert desk.viewer.frames == 1
    assert desk.size_bytes < 75_000
    desk.settle()
    assert desk.is_exact


def test_red_text_on_black_is_exact_after_motion() -> None:
    desk = Desk()
    page = (text(640, 480) & np.uint32(0xFF)) << np.uint32(16)
    for k in range(12):
        desk.now += 0.05
        desk.draw(Box(0, 0, 640, 480), noise(640, 480, k))
        desk.picture()
    desk.draw(Box(0, 0, 640, 480), 0xFF0000 - page)
    desk.settle()
    assert desk.is_exact
