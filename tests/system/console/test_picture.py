"""The picture in a real Chromium: exact to the pixel, video where it moves, covered where the lab covers it."""

from __future__ import annotations

import base64
import re
from io import BytesIO

import av
import numpy as np
import numpy.typing as npt
import pytest
import zstandard
from playwright.sync_api import Page, expect
from tests.fakes.console_world import WITHIN_MS, World, controlling, drawn, showing, state, until
from tests.fakes.h264 import encode

from benchside.media.palette import Bands, find_bands, in_bands, index
from benchside.media.photo import residuals

pytestmark = [pytest.mark.system, pytest.mark.slow]

Rgb = npt.NDArray[np.uint8]
WIDTH, HEIGHT = 1280, 800
MONITOR = {"id": 0, "name": "HDMI-1", "x_px": 0, "y_px": 0, "width_px": WIDTH, "height_px": HEIGHT, "primary": True}

READ_CANVAS = """() => {
    const canvas = document.querySelector("[data-testid=screen] canvas");
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return [canvas.width, canvas.height, btoa(text)];
}"""


def on_canvas(page: Page) -> Rgb:
    width, height, text = page.evaluate(READ_CANVAS)
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[:, :, :3]


def at(x: int, y: int, rgb: Rgb, **more: object) -> dict[str, object]:
    return {"x_px": x, "y_px": y, "width_px": rgb.shape[1], "height_px": rgb.shape[0], **more}


def words(rgb: Rgb) -> npt.NDArray[np.uint32]:
    """B, G, R, 255 as the PC has them."""
    opaque = np.full(rgb.shape[:2], 255, np.uint8)
    return np.ascontiguousarray(np.dstack([rgb[:, :, ::-1], opaque])).view(np.uint32)[:, :, 0]


def tile(x: int, y: int, rgb: Rgb, encoding: str) -> dict[str, object]:
    """One tile, packed by the PC's own code."""
    squeeze = zstandard.ZstdCompressor(level=1).compress
    if encoding == "palette":
        indexed = index(words(rgb))
        assert indexed is not None
        bands = find_bands(indexed.indices)
        head = bytes([indexed.colours.size - 1, *bands]) + indexed.colours.tobytes()
        data, number = head + squeeze(in_bands(indexed.indices, bands)), 2
    elif encoding == "bands":
        indexed = index(words(rgb))
        bands = find_bands(indexed.indices) if indexed else Bands(16, 16)
        data, number = bytes(bands) + squeeze(in_bands(words(rgb), bands)), 3
    elif encoding == "photo":
        data, number = squeeze(residuals(words(rgb))), 4
    else:
        data, number = squeeze(words(rgb).tobytes()), 1
    return {"t": "tile", "monitor": 0, **at(x, y, rgb), "encoding": number, "data": data}


def photograph(width: int, height: int) -> Rgb:
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(7).integers(0, 12, (height, width, 3))
    return (np.dstack([x * 255 // width, y * 255 // height, (x + y) % 200]) + noise).astype(np.uint8)


def text_page(width: int, height: int) -> Rgb:
    """Lines like text: few colours, rows without ink between them."""
    ink = np.random.default_rng(5).random((height, width)) < 0.3
    ink[np.arange(height) % 17 > 12] = False
    page = np.full((height, width, 3), 255, np.uint8)
    page[ink] = (20, 30, 40)
    page[:, : width // 3][ink[:, : width // 3]] = (200, 0, 0)
    return page


def moving(width: int, height: int, count: int) -> list[Rgb]:
    y, x = np.mgrid[0:height, 0:width]
    return [
        np.dstack([(x + 5 * i) % 256, (y + 3 * i) % 256, np.full_like(x, 40 + i)]).astype(np.uint8)
        for i in range(count)
    ]


def psnr(one: Rgb, other: Rgb) -> float:
    error = np.square(one.astype(float) - other).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def test_every_encoding_of_the_pc_is_exact(page: Page, world: World) -> None:
    showing(page, world)
    expected = on_canvas(page)
    parts = [
        (40, 60, text_page(1003, 136), "palette"),
        (3, 301, text_page(300, 55), "bands"),
        (700, 333, photograph(256, 256), "photo"),
        (401, 402, photograph(77, 91), "photo"),
        (630, 630, photograph(61, 33), "plain"),
    ]
    for x, y, rgb, _ in parts:
        expected = expected.copy()
        expected[y : y + rgb.shape[0], x : x + rgb.shape[1]] = rgb
    expected[110:210, 45:345] = expected[100:200, 40:340].copy()
    copy = {"t": "copy", "monitor": 0, "from_x_px": 40, "from_y_px": 100, "x_px": 45, "y_px": 110}
    number = world.picture(
        *(tile(x, y, rgb, how) for x, y, rgb, how in parts), {**copy, "width_px": 300, "height_px": 100}
    )
    drawn(page, world, number)
    assert np.array_equal(on_canvas(page), expected)


@pytest.mark.parametrize("is_444", [False, pytest.param(True, marks=pytest.mark.long)])
def test_video_shows_in_its_boxes_and_is_made_exact(page: Page, world: World, *, is_444: bool) -> None:
    showing(page, world)
    assert world.readies()[-1] == 2, "this Chromium decodes H.264 with 4:4:4"
    before = on_canvas(page)
    page.get_by_test_id("quality").click()
    # it says so for some seconds only, and a busy browser may be asked later
    page.get_by_test_id("quality-way").evaluate(
        "shown => { window.ways = new Set();"
        " new MutationObserver(() => window.ways.add(shown.dataset.way)).observe(shown, { attributes: true }); }"
    )
    frames = moving(322, 242, 12)
    codec, packets = encode(frames, is_444=is_444)
    start = {"t": "video_start", "stream": 1, "monitor": 0, **at(101, 51, frames[0]), "codec": codec}
    box = {"x_px": 0, "y_px": 0, "width_px": 322, "height_px": 200}
    number = 0
    for i, (is_key, data) in enumerate(packets):
        half = len(data) // 2
        frame = {"t": "video", "stream": 1, "is_key": is_key}
        number = world.picture(
            *([start] if i == 0 else []),
            {**frame, "is_last": False, "boxes": [], "data": data[:half]},
            {**frame, "is_last": True, "boxes": [box], "data": data[half:]},
            tile(150, 80, photograph(20, 20), "photo"),
            state=1,
        )
    drawn(page, world, number)
    state(page, "refining")
    assert world.shown() == sorted(world.shown())
    now = on_canvas(page)
    assert np.array_equal(now[80:100, 150:170], photograph(20, 20)), "exact pixels lie over video"
    now = now.copy()
    now[80:100, 150:170] = frames[-1][29:49, 49:69]
    assert psnr(now[51:251, 101:423], frames[-1][:200]) > 32
    now[51:251, 101:423] = before[51:251, 101:423]
    assert np.array_equal(now, before), "nothing outside of the box has changed"
    until(page, lambda: page.evaluate("window.ways.has('video')"))
    number = world.picture(tile(101, 51, frames[-1][:200], "photo"))
    drawn(page, world, number)
    state(page, "exact")
    assert np.array_equal(on_canvas(page)[51:251, 101:423], frames[-1][:200])
    expect(page.get_by_test_id("quality-way")).to_have_attribute("data-way", "tiles", timeout=WITHIN_MS)


@pytest.mark.parametrize("is_444", [False, pytest.param(True, marks=pytest.mark.long)])
def test_video_keeps_its_place_in_boxes_with_odd_corners(page: Page, world: World, *, is_444: bool) -> None:
    """Chromium takes a rectangle with an odd corner for another one where pixels share their colour."""
    showing(page, world)
    steps = np.linspace(20, 230, 160).astype(np.uint8)
    down = np.ascontiguousarray(np.broadcast_to(steps[:, None, None], (160, 160, 3)))
    ramp = np.ascontiguousarray(np.concatenate([down, down.swapaxes(0, 1)], axis=1))
    codec, [(is_key, data)] = encode([ramp], is_444=is_444)
    start = {"t": "video_start", "stream": 1, "monitor": 0, **at(100, 50, ramp), "codec": codec}
    boxes = [
        {"x_px": x, "y_px": y, "width_px": width, "height_px": height}
        for x, y, width, height in ((0, 1, 81, 90), (83, 0, 60, 101), (161, 33, 89, 120), (255, 8, 50, 90))
    ]
    number = world.picture(
        start, {"t": "video", "stream": 1, "is_key": is_key, "is_last": True, "boxes": boxes, "data": data}, state=1
    )
    drawn(page, world, number)
    now = on_canvas(page)
    for box in boxes:
        x, y, width, height = box["x_px"], box["y_px"], box["width_px"], box["height_px"]
        shown = now[50 + y : 50 + y + height, 100 + x : 100 + x + width].astype(int)
        moved = [(0, 0), (1, 0), (0, 1)]  # within the half that the box is of, one of them shows
        off = [abs(shown[:-1, :-1] - ramp[y + j :, x + i :][: height - 1, : width - 1]).mean() for i, j in moved]
        assert off[0] < 0.8 < max(off[1:]), "each pixel is where it was"


def test_a_decoder_that_fails_leaves_tiles_and_says_so(page: Page, world: World) -> None:
    showing(page, world)
    rgb = photograph(64, 64)
    start = {"t": "video_start", "stream": 0, "monitor": 0, **at(0, 0, rgb), "codec": "avc1.42c01e"}
    rubbish = b"\0\0\0\1\x67" + bytes(range(200))
    world.picture(
        start,
        {"t": "video", "stream": 0, "is_key": True, "is_last": True, "boxes": [], "data": rubbish},
        state=1,
    )
    until(page, lambda: world.readies()[-1] == 0)
    number = world.picture(tile(5, 5, rgb, "photo"))
    drawn(page, world, number)
    state(page, "exact")
    assert np.array_equal(on_canvas(page)[5:69, 5:69], rgb)
    page.get_by_test_id("quality").click()
    expect(page.get_by_test_id("video-failed")).to_contain_text("could not decode")


def test_a_slow_line_is_said(page: Page, world: World) -> None:
    showing(page, world)
    world.picture(state=2)
    state(page, "slow")
    world.picture(state=1)
    state(page, "refining")
    world.picture()
    state(page, "exact")
    world.view({"t": "begin", "whole": False})
    state(page, "slow")
    world.view({"t": "end", "state": 0})
    state(page, "exact")
    page.get_by_test_id("quality").click()
    expect(page.get_by_test_id("quality-panel")).to_contain_text("Every pixel is as it was")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("quality-panel")).to_have_count(0)
    expect(page.get_by_test_id("quality")).to_be_focused()


def test_what_the_lab_covers_is_hatched_in_words_and_takes_no_presses(page: Page, world: World) -> None:
    controlling(page, world)
    area = {"monitor": 0, "x_px": 200, "y_px": 100, "width_px": 300, "height_px": 80}
    other = {"monitor": 0, "x_px": 1200, "y_px": 700, "width_px": 500, "height_px": 500, "by_hand": True}
    elsewhere = {**area, "monitor": 1, "by_hand": False}
    world.view({"t": "covered", "areas": [{**area, "by_hand": False}, {**area, "by_hand": False}, other, elsewhere]})
    covers = page.get_by_test_id("cover")
    expect(covers).to_have_count(3)
    expect(covers.first).to_have_text("Covered by the lab")
    expect(covers.last).to_have_text("Covered by the technician")
    for number, size in enumerate(("size-exact", "size-fit"), start=1):
        page.get_by_test_id(size).click()
        screen = page.get_by_test_id("screen").bounding_box()
        box = covers.first.bounding_box()
        assert screen is not None
        assert box is not None
        scale = screen["width"] / WIDTH
        assert (box["x"] - screen["x"]) / scale == pytest.approx(200, abs=1)
        assert (box["y"] - screen["y"]) / scale == pytest.approx(100, abs=1)
        assert (box["width"] / scale, box["height"] / scale) == (pytest.approx(300, abs=1), pytest.approx(80, abs=1))
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.get_by_text("the click was not sent")).to_be_visible()
        page.mouse.click(box["x"] - 10, box["y"] + 10)
        until(page, lambda most=2 * number: [m["t"] for m in world.input()].count("button") >= most)
    presses = [message for message in world.input() if message["t"] == "button"]
    assert len(presses) == 4, "one click beside the cover at each size"
    world.view({"t": "covered", "areas": []})
    expect(covers).to_have_count(0)


@pytest.mark.parametrize(
    "ratio", [1, pytest.param(1.25, marks=pytest.mark.long), 1.5, pytest.param(2, marks=pytest.mark.long)]
)
def test_a_pixel_is_a_square_on_every_screen(page: Page, world: World, ratio: float) -> None:
    showing(page, world)
    rgb = text_page(900, 300)
    page.get_by_test_id("size-fit").click()  # what is drawn at another size is there at the exact one
    drawn(page, world, world.picture(tile(300, 450, rgb, "palette")))
    metrics = {"width": 1681, "height": 960, "deviceScaleFactor": ratio, "mobile": False}
    browser = page.context.new_cdp_session(page)
    browser.send("Emulation.setDeviceMetricsOverride", metrics)
    until(page, lambda: page.evaluate("devicePixelRatio") == ratio)
    page.get_by_test_id("size-exact").click()

    def box() -> dict[str, float]:
        return dict(page.get_by_test_id("screen").bounding_box() or {})

    until(page, lambda: abs(box()["width"] * ratio - WIDTH) <= 0.5)
    left, top = box()["x"] * ratio, box()["y"] * ratio
    assert (left, top) == (pytest.approx(round(left), abs=0.05), pytest.approx(round(top), abs=0.05))
    x, y = round(left) + 300, round(top) + 450

    def squares() -> bool:
        png = base64.b64decode(browser.send("Page.captureScreenshot", {"format": "png"})["data"])
        with av.open(BytesIO(png)) as picture:
            shot = next(picture.decode(video=0)).to_ndarray(format="rgb24")
        # an emulated ratio puts the whole screen on whole CSS pixels, so it may lie one pixel aside
        near = [(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        return any(np.array_equal(shot[top : top + 300, left : left + 900], rgb) for top, left in near)

    until(page, squares)


def test_another_resolution_keeps_the_chosen_size(page: Page, world: World) -> None:
    showing(page, world)
    page.get_by_test_id("size-fit").click()
    small = {**MONITOR, "width_px": 1001, "height_px": 603}
    world.view({"t": "layout", "monitors": [small]})
    state(page, "waiting")
    rgb = photograph(1001, 60)
    tiles = [tile(0, y, rgb[: min(60, 603 - y)], "photo") for y in range(0, 603, 60)]
    drawn(page, world, world.picture(*tiles, whole=True))
    state(page, "exact")
    expect(page.get_by_test_id("size-fit")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("monitor-1")).to_have_count(0)
    page.get_by_test_id("size-exact").click()
    found = on_canvas(page)
    assert found.shape == (603, 1001, 3)
    assert np.array_equal(found[:60], rgb)


def test_the_title_says_which_lab_and_what_it_needs(page: Page, world: World) -> None:
    showing(page, world)
    expect(page).to_have_title(re.compile("^Hospital del Mar, Laboratorio 4"))
    world.do("pause")
    expect(page).to_have_title(re.compile("^● Paused: Hospital del Mar"))
    world.do("pause", yes=False)
    expect(page).to_have_title(re.compile("^Hospital del Mar"))
    world.do("stop")
    expect(page).to_have_title(re.compile("^● Ended: Hospital"))


def test_what_is_large_is_shown_whole_and_nothing_is_missed_when_strips_come_back(page: Page, world: World) -> None:
    showing(page, world)
    page.get_by_test_id("size-exact").click()
    strips = "document.querySelector('[data-testid=screen] canvas + div')"
    until(page, lambda: bool(page.evaluate(f"{strips} !== null && {strips}.style.zIndex === ''")))
    rgb = text_page(500, 600)  # beside the pointer, which the console draws in the middle
    small = photograph(40, 40)
    halves = (tile(100, 100, rgb[:300], "palette"), tile(100, 400, rgb[300:], "palette"))
    drawn(page, world, world.picture(*halves))
    assert page.evaluate(f"{strips}.style.zIndex") == "-1"
    drawn(page, world, world.picture(tile(400, 500, small, "photo")))  # in one strip, while they are behind
    assert page.evaluate(f"{strips}.style.zIndex") == "-1"
    rgb[400:440, 300:340] = small

    def is_seen() -> bool:
        box = page.get_by_test_id("screen").bounding_box() or {"x": 0, "y": 0}
        left, top = round(box["x"]) + 100, round(box["y"]) + 100
        with av.open(BytesIO(page.screenshot())) as picture:
            shot = next(picture.decode(video=0)).to_ndarray(format="rgb24")
        return np.array_equal(shot[top : top + 600, left : left + 500], rgb)

    until(page, is_seen)
    until(page, lambda: bool(page.evaluate(f"{strips}.style.zIndex === ''")))
    until(page, is_seen)
