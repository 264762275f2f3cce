"""The pages of the work: what an instrument's program and a laboratory's system show, from fixed random numbers."""

from __future__ import annotations

import random

import numpy as np

from bench.picture.glyphs import BOLD, MONO, SANS, Pen, Picture, Smoothing, blank, fill, write

WIDTH, HEIGHT = 1920, 1080
ROW_PX = 18
TEXT_ROW_PX = 17
WORDS = (
    "aspirate", "bubble", "buffer", "calibration", "carrier", "check", "clot", "control", "count", "creatinine",
    "cuvette", "dilution", "dispense", "door", "drift", "error", "flag", "flow", "glucose", "haemoglobin",
    "incubator", "interval", "lamp", "level", "limit", "lot", "lysate", "measured", "mixer", "needle", "offset",
    "optical", "out", "overflow", "phase", "plate", "platelet", "position", "potassium", "pressure", "probe",
    "pump", "rack", "range", "reagent", "rejected", "repeat", "result", "rinse", "rotor", "sample", "sensor",
    "serum", "shaker", "sodium", "stable", "station", "temperature", "tray", "turbid", "unit", "urea", "vacuum",
    "valve", "warning", "wash", "waste",
)  # fmt: skip
UNITS = ("mmol/l", "g/dl", "10^9/l", "fl", "%", "mg/l", "U/l", "s")
PAPERS = ((0xFF, 0xFF, 0xFF), (0xF6, 0xF8, 0xFA), (0xFF, 0xFD, 0xF5))
INKS = ((0x20, 0x20, 0x20), (0x00, 0x00, 0x00), (0x1C, 0x3A, 0x5E))
MARKS = ((0xB0, 0x20, 0x20), (0x20, 0x70, 0x30), (0x20, 0x50, 0xA0))


def dense_page(number: int, smoothing: Smoothing) -> Picture:
    """A screen full of 13-pixel text: a journal of measurements, in other words and numbers on each page."""
    draw = random.Random(f"page {number} {smoothing}")
    picture = blank(WIDTH, HEIGHT, PAPERS[number % len(PAPERS)])
    pen = Pen(SANS, 13, smoothing, INKS[number % len(INKS)])
    fill(picture, (0, 0, WIDTH, 24), (0x2C, 0x4A, 0x66))
    write(picture, 8, 3, f"Journal, page {number + 1} of 48", Pen(BOLD, 13, smoothing, (255, 255, 255)))
    for y in range(30, HEIGHT - TEXT_ROW_PX, TEXT_ROW_PX):
        if (y // TEXT_ROW_PX) % 12 == 0:
            fill(picture, (0, y, WIDTH, TEXT_ROW_PX), (0xE4, 0xEC, 0xF2))
        write(picture, 6, y, journal_line(draw), pen)
        write(picture, 976, y, journal_line(draw), pen)
        if draw.random() < 0.12:
            fill(picture, (968, y + 3, 4, TEXT_ROW_PX - 6), draw.choice(MARKS))
    return picture


def journal_line(draw: random.Random) -> str:
    """Some 140 letters: a moment, a sample, and what was said of it."""
    text = f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}.{draw.randrange(1000):03} "
    text += f"S{draw.randrange(10**7):07} "
    while len(text) < 128:
        text += draw.choice(WORDS) + " "
        if draw.random() < 0.6:
            text += f"{draw.uniform(0, 500):.2f} {draw.choice(UNITS)} "
    return text


def form_page() -> Picture:
    """A program's form: mostly quiet surface, labels, fields and buttons; its first field is typed in."""
    picture = blank(WIDTH, HEIGHT, (0xEC, 0xEF, 0xF1))
    fill(picture, (0, 0, WIDTH, 40), (0x2C, 0x4A, 0x66))
    write(picture, 16, 10, "CX-200 analyser: maintenance", Pen(BOLD, 15, "grey", (255, 255, 255)))
    draw = random.Random("form")
    for row in range(14):
        for column in range(2):
            x, y = 60 + column * 900, 90 + row * 64
            write(picture, x, y + 6, " ".join(draw.sample(WORDS, 2)).capitalize(), Pen())
            fill(picture, (x + 240, y, 520, 28), (0x9A, 0xA5, 0xAD))
            fill(picture, (x + 241, y + 1, 518, 26), (0xFF, 0xFF, 0xFF))
            if row or column:
                write(picture, x + 250, y + 6, " ".join(draw.sample(WORDS, 3)), Pen())
    return picture


FIELD_PX = (310, 96)
"""Where the first letter of the form's first field is."""


def dialog(number: int) -> Picture:
    """A dialog of 640 x 360 with a question, an explanation and two buttons."""
    draw = random.Random(f"dialog {number}")
    picture = blank(640, 360, (0xFB, 0xFB, 0xFB))
    fill(picture, (0, 0, 640, 34), (0xD9, 0xE2, 0xE8))
    write(picture, 14, 8, "Confirm " + draw.choice(WORDS), Pen(BOLD, 14, "subpixel"))
    for row in range(9):
        write(picture, 24, 56 + row * 24, " ".join(draw.sample(WORDS, 9)), Pen(SANS, 14, "subpixel"))
    for x, text in ((380, "Continue"), (510, "Cancel")):
        fill(picture, (x, 306, 110, 34), (0x3A, 0x78, 0xB4))
        write(picture, x + 24, 314, text, Pen(BOLD, 14, "subpixel", (255, 255, 255)))
    return picture


TABLE_PX = (40, 90, 1840, 54 * ROW_PX)
"""The part of the table's page that scrolls: x, y, width, height."""


def table_page() -> Picture:
    """The head of a table of results; its rows are `table_row`s."""
    picture = blank(WIDTH, HEIGHT, (0xF4, 0xF4, 0xF2))
    write(picture, 40, 20, "Results of today", Pen(BOLD, 20))
    for column, head in enumerate(("Sample", "Time", "Test", "Result", "Unit", "Flag", "Operator", "Comment")):
        write(picture, 48 + column * 220, 64, head, Pen(BOLD, 13))
    x, y, _, height = TABLE_PX
    for row in range(height // ROW_PX):
        picture[y + row * ROW_PX : y + (row + 1) * ROW_PX, x : x + TABLE_PX[2]] = table_row(row)
    return picture


def table_row(number: int) -> Picture:
    draw = random.Random(f"row {number}")
    picture = blank(TABLE_PX[2], ROW_PX, (0xFF, 0xFF, 0xFF) if number % 2 else (0xEE, 0xF3, 0xF7))
    cells = (
        f"S{draw.randrange(10**7):07}", f"{draw.randrange(24):02}:{draw.randrange(60):02}", draw.choice(WORDS),
        f"{draw.uniform(0, 900):.2f}", draw.choice(UNITS), draw.choice(("", "", "H", "L", "!")),
        draw.choice(WORDS)[:2].upper(), " ".join(draw.sample(WORDS, 3)),
    )  # fmt: skip
    for column, cell in enumerate(cells):
        write(picture, 8 + column * 220, 2, cell, Pen(MONO if column in (0, 1, 3) else SANS, 13))
    return picture


def red_page() -> Picture:
    """Red text on black: what coarse colour resolution spoils most."""
    draw = random.Random("red")
    picture = blank(WIDTH, HEIGHT, (0, 0, 0))
    for row in range(50):
        pen = Pen(MONO, 13 if row % 2 else 15, "subpixel" if row % 4 > 1 else "grey", (0xFF, 0x00, 0x00))
        write(picture, 12, 12 + row * 21, journal_line(draw), pen)
    return picture


SECRETS, SECRET_SIZE_PX = 8, (500, 200)


def secret(number: int) -> Picture:
    """Noise in which no two pixels are alike but by chance: who has such pixels has them from here."""
    picture = blank(*SECRET_SIZE_PX)
    noise = np.random.default_rng(5000 + number).integers(0, 256, (*picture.shape[:2], 3), dtype=np.uint8)
    picture[:, :, :3] = noise
    return picture
