"""What a camera gives: a photograph, and a scene that pans and zooms, from fixed random numbers.

Like real pictures in what matters to a codec: a spectrum that falls with 1/f, soft and hard edges, colours that go
together, and a sensor's noise (sigma 1.8) that is not the same in any two neighbours, so that a photograph of 1080p
takes 2 to 3 MB without loss.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.picture.glyphs import BOLD, MONO, Pen, Picture, blank, fill, write
from bench.picture.pages import HEIGHT, WIDTH

Field = npt.NDArray[np.float32]

NOISE_SIGMA = 1.8
SCENE_SIZE = (2560, 1440)
ZOOMS = 12
"""Pictures of the scene, each a little closer than the one before; the camera goes there and back through them."""
MARGIN_PX = (192, 108)
"""How much larger than the screen each of them is: what panning has to go."""
RATE_HZ = 25
SECONDS = 20
FRAMES = RATE_HZ * SECONDS


def photograph(number: int) -> Picture:
    """A micrograph: cells on an uneven ground, under a lamp that is brighter in the middle."""
    draw = np.random.default_rng(1000 + number)
    return _sensor(_cells(draw, WIDTH, HEIGHT, 420), draw)


def zooms() -> list[Picture]:
    """The scene at each closeness, `MARGIN_PX` larger than the screen in both directions."""
    draw = np.random.default_rng(7)
    scene = _cells(draw, *SCENE_SIZE, 700)
    coarse = Image.fromarray(scene.clip(0, 255).astype(np.uint8))
    size = (WIDTH + MARGIN_PX[0], HEIGHT + MARGIN_PX[1])
    found = []
    for number in range(ZOOMS):
        share = 0.92 - 0.008 * number
        width, height = SCENE_SIZE[0] * share, SCENE_SIZE[1] * share
        left, top = (SCENE_SIZE[0] - width) / 2, (SCENE_SIZE[1] - height) / 2
        part = coarse.resize(size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
        found.append(_sensor(np.asarray(part, np.float32), draw))
    return found


def place(frame: int) -> tuple[int, int, int]:
    """Which zoom frame `frame` shows, and where its corner is in it: panning for 5 s, then zooming for 5, and again."""
    phase, step = divmod(frame % (RATE_HZ * 10), RATE_HZ * 5)
    if phase == 0:
        angle = 2 * np.pi * step / (RATE_HZ * 5)
        x, y = 0.5 + 0.5 * np.sin(2 * angle), 0.5 + 0.5 * np.sin(3 * angle)
        return 0, round(x * MARGIN_PX[0]), round(y * MARGIN_PX[1])
    turn = step % (2 * ZOOMS - 2)
    return min(turn, 2 * ZOOMS - 2 - turn), MARGIN_PX[0] // 2, MARGIN_PX[1] // 2


def overlays(frame: int) -> list[tuple[int, int, Picture]]:
    """What the instrument writes over its camera's picture: x, y and the piece."""
    clock = blank(300, 64, (0x10, 0x18, 0x20))
    write(clock, 10, 6, f"Stage X {frame * 1.25:08.2f} um", Pen(MONO, 16, "grey", (0x60, 0xE0, 0x80)))
    write(clock, 10, 34, f"Frame {frame:05}  25.0 Hz", Pen(MONO, 16, "grey", (0x60, 0xE0, 0x80)))
    return [(WIDTH - 340, 120, clock), *badges(frame)]


def title() -> Picture:
    """The overlay that stays."""
    bar = blank(420, 40, (0x10, 0x18, 0x20))
    write(bar, 12, 8, "CX-200 camera, objective 40x", Pen(BOLD, 18, "grey", (255, 255, 255)))
    fill(bar, (0, 38, 420, 2), (0x3A, 0x78, 0xB4))
    return bar


TITLE_PX = (40, 120)
BLOCK_PX = 24
BITS = 12
BADGES_PX = ((40, 200), (40, HEIGHT - 140))
"""The frame's number in black and white, above and below: who reads the same in both sees one whole frame."""


def badges(frame: int) -> list[tuple[int, int, Picture]]:
    return [(x, y, badge(frame)) for x, y in BADGES_PX]


def badge(frame: int) -> Picture:
    """Two rows of blocks: the number's bits, highest first, and beneath each its opposite."""
    picture = blank(BITS * BLOCK_PX, 2 * BLOCK_PX, (0, 0, 0))
    for bit in range(BITS):
        is_set = frame >> (BITS - 1 - bit) & 1
        fill(picture, (bit * BLOCK_PX, 0 if is_set else BLOCK_PX, BLOCK_PX, BLOCK_PX), (255, 255, 255))
    return picture


def read_badge(pixels: Picture) -> int | None:
    """The number in these pixels, which may have gone through a lossy codec; None when they say no number."""
    blocks = pixels[:, :, 1].reshape(2, BLOCK_PX, BITS, BLOCK_PX)[:, 6:-6, :, 6:-6].mean(axis=(1, 3))
    if np.any(np.abs(blocks[0] - blocks[1]) < 96):
        return None
    return int("".join("1" if upper > lower else "0" for upper, lower in blocks.T), 2)


def compose(frame: int, scene: list[Picture]) -> Picture:
    """The whole frame, as the work's program puts it on the screen."""
    number, x, y = place(frame)
    picture = scene[number][y : y + HEIGHT, x : x + WIDTH].copy()
    for left, top, piece in [(*TITLE_PX, title()), *overlays(frame)]:
        picture[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    return picture


def _cells(draw: np.random.Generator, width: int, height: int, count: int) -> Field:
    """Red, green, blue without noise."""
    ground = 205 + 14 * _falling(draw, width, height)
    tint = 5 * _falling(draw, width, height)
    picture = np.stack([ground + tint, ground - 6 + 0.3 * tint, ground - 18 - tint], axis=2)
    texture = _falling(draw, width, height, 0.9)
    for _ in range(count):
        x, y = draw.uniform(0, width), draw.uniform(0, height)
        radius, softness = draw.uniform(14, 44), draw.choice([1.0, 1.6, 5.0, 12.0], p=[0.4, 0.3, 0.2, 0.1])
        colour = np.array([draw.uniform(120, 200), draw.uniform(60, 120), draw.uniform(90, 170)], np.float32)
        reach = int(radius + 4 * softness)
        left, top = max(0, int(x) - reach), max(0, int(y) - reach)
        right, bottom = min(width, int(x) + reach), min(height, int(y) + reach)
        across, down = np.meshgrid(np.arange(left, right) - x, np.arange(top, bottom) - y)
        distance = np.hypot(across, down * draw.uniform(0.85, 1.15))
        edge = 1 / (1 + np.exp((distance - radius) / softness).clip(0, 1e9))
        paler = 0.55 + 0.45 * np.clip(distance / radius, 0, 1) ** 2
        cover = (edge * paler * 0.8)[:, :, None].astype(np.float32)
        part = picture[top:bottom, left:right]
        part[:] = part * (1 - cover) + (colour + 9 * texture[top:bottom, left:right, None]) * cover
    return np.asarray(picture, np.float32)


def _falling(draw: np.random.Generator, width: int, height: int, power: float = 1.15) -> Field:
    """A field whose amplitudes fall with 1 / f ** power, of variance 1."""
    waves = np.fft.rfft2(draw.standard_normal((height, width)).astype(np.float32))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1.0
    waves /= frequency**power
    waves[0, 0] = 0
    field = np.fft.irfft2(waves, s=(height, width))
    return np.asarray(field / field.std(), np.float32)


def _sensor(picture: Field, draw: np.random.Generator) -> Picture:
    """What the camera makes of it.  Part of the noise is common to the colours, as after a real camera's own work."""
    shape = picture.shape[:2]
    common = draw.standard_normal(shape, np.float32)[:, :, None]
    noise = 0.8 * common + 0.6 * draw.standard_normal((*shape, 3), np.float32)
    found = blank(shape[1], shape[0])
    found[:, :, :3] = (picture + NOISE_SIGMA * noise).round().clip(0, 255).astype(np.uint8)[:, :, ::-1]
    return found
