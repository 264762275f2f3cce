"""Plots as SVG, drawn by a few lines of our own: no library is worth four pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from bench.picture.table import NAMES
from bench.picture.whole import STEPS

WIDTH, HEIGHT = 820, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 24, 44, 56
COLOURS = {
    "benchside": "#1060c0", "tigervnc": "#c07010", "tigervnc_lossless": "#806020", "novnc": "#a02060",
    "selkies": "#208060", "meshcentral": "#606060", "floor": "#a0a0a0",
}  # fmt: skip
Points = Sequence[tuple[float, float]]


def draw(series: dict[str, list[float]]) -> dict[str, str]:
    """Each plot that there are numbers for, by the name of its file."""
    photon = of(series, "photon_ms")
    lag, ssim, at = of(series, "motion_lag_ms"), of(series, "motion_ssim"), of(series, "motion_at_s")
    found = {}
    if photon:
        found["photon"] = curves(
            "Click to photon: share of clicks answered by then", "ms", "%",
            {name: shares(values) for name, values in photon.items()}, most_x=60,
        )  # fmt: skip
    if lag:
        joined = {name: list(zip(at[name], values, strict=True)) for name, values in lag.items()}
        found["motion-lag"] = curves("Motion at 6 Mbit/s: age of each frame when seen", "s", "ms", joined)
        joined = {name: list(zip(at[name], values, strict=True)) for name, values in ssim.items()}
        found["motion-ssim"] = curves("Motion at 6 Mbit/s: SSIM of each frame seen", "s", "", joined)
    if work := of(series, "work_bytes"):
        found["work-bytes"] = bars("The scripted work at 6 Mbit/s: bytes of each step", list(STEPS), work)
    return found


def of(series: dict[str, list[float]], what: str) -> dict[str, list[float]]:
    """What the products' series of this name are, by product."""
    return {key.removeprefix(f"{what} "): values for key, values in series.items() if key.startswith(f"{what} ")}


def shares(values: Sequence[float]) -> Points:
    ranked = sorted(values)
    return [(value, 100 * (rank + 1) / len(ranked)) for rank, value in enumerate(ranked)]


def curves(title: str, x_unit: str, y_unit: str, lines: Mapping[str, Points], *, most_x: float | None = None) -> str:
    """Lines over a common ground; what lies right of `most_x` is cut off."""
    most_x = most_x or rounded(max((x for points in lines.values() for x, _ in points), default=1.0) or 1.0)
    kept = {name: [point for point in points if point[0] <= most_x] for name, points in lines.items()}
    most_y = max((y for points in kept.values() for _, y in points), default=1.0) or 1.0
    most_y = rounded(most_y)
    parts = ground(title, x_unit, y_unit, most_x, most_y)
    for points, (name, colour) in zip(kept.values(), legend(kept, parts), strict=True):
        path = " ".join(f"{place_x(x, most_x):.1f},{place_y(y, most_y):.1f}" for x, y in points)
        pen = f'fill="none" stroke="{colour}" stroke-width="1.6"'
        parts.append(f'<polyline points="{path}" {pen}><title>{name}</title></polyline>')
    return page(parts)


def bars(title: str, labels: Sequence[str], groups: dict[str, list[float]]) -> str:
    """For each label one bar of each group."""
    most = rounded(max((value for values in groups.values() for value in values), default=1.0) / 1e6 or 1.0)
    parts = ground(title, "", "MB", 0, most)
    width = (WIDTH - LEFT - RIGHT) / len(labels)
    each = width * 0.8 / len(groups)
    for number, ((_, colour), values) in enumerate(zip(legend(groups, parts), groups.values(), strict=True)):
        for step, value in enumerate(values):
            x, y = LEFT + width * (step + 0.1) + each * number, place_y(value / 1e6, most)
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{each:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" fill="{colour}"/>'
            )
    for step, label in enumerate(labels):
        parts.append(text(LEFT + width * (step + 0.5), HEIGHT - BOTTOM + 18, label, "middle"))
    return page(parts)


def ground(title: str, x_unit: str, y_unit: str, most_x: float, most_y: float) -> list[str]:
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', text(LEFT, 22, title, "start", 15)]
    for step in range(5):
        value = most_y * step / 4
        y = place_y(value, most_y)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(text(LEFT - 8, y + 4, f"{value:g} {y_unit}", "end"))
        if most_x:
            parts.append(
                text(
                    place_x(most_x * step / 4, most_x),
                    HEIGHT - BOTTOM + 18,
                    f"{most_x * step / 4:g} {x_unit}",
                    "middle",
                )
            )
    return parts


def rounded(most: float) -> float:
    """The least number not below it that has four even parts a person can read."""
    scale = 10.0 ** math.floor(math.log10(most))
    steps = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12)
    return next(step * scale for step in steps if step * scale >= most)


def legend(groups: Iterable[str], parts: list[str]) -> list[tuple[str, str]]:
    """Names and colours, written below the plot."""
    found = [(NAMES.get(name, name.capitalize()), COLOURS.get(name, "#000")) for name in groups]
    for number, (name, colour) in enumerate(found):
        x = LEFT + number * 140
        parts.append(f'<rect x="{x}" y="{HEIGHT - 22}" width="12" height="12" fill="{colour}"/>')
        parts.append(text(x + 18, HEIGHT - 12, name, "start"))
    return found


def text(x: float, y: float, words: str, anchor: str, size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


def place_x(value: float, most: float) -> float:
    return LEFT + value / most * (WIDTH - LEFT - RIGHT)


def place_y(value: float, most: float) -> float:
    return HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)


def page(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="DejaVu Sans, sans-serif">'
    )
    return "\n".join([head, *parts, "</svg>"]) + "\n"
