"""The values of docs/look.md: colours of both appearances, type, space."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "DARK",
    "LIGHT",
    "MONO",
    "SANS",
    "SPACE_L",
    "SPACE_M",
    "SPACE_S",
    "SPACE_XS",
    "TARGET_PX",
    "Tokens",
]

SANS = ("Inter", "Segoe UI", "Noto Sans", "Liberation Sans", "DejaVu Sans")
MONO = ("JetBrains Mono", "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono")

SPACE_XS, SPACE_S, SPACE_M, SPACE_L = 4, 8, 16, 24

TARGET_PX = 48
"""A gloved finger and a shaking hand still hit it (WCAG 2.2 asks for 24, its AAA level for 44)."""

SMALL_PX, BODY_PX, STRONG_PX, TITLE_PX, CODE_PX = 16, 17, 18, 24, 46


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one appearance, as `#RRGGBB`."""

    is_dark: bool
    ground: str
    surface: str
    sunken: str
    line: str
    line_strong: str
    text: str
    text_quiet: str
    primary: str
    primary_hover: str
    primary_press: str
    on_primary: str
    primary_soft: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    danger: str
    danger_soft: str
    stop: str
    stop_hover: str
    stop_press: str
    on_stop: str = "#FFFFFF"
    viewing: str = "#0B5C8F"
    controlling: str = "#B5420B"
    held: str = "#46525D"
    on_band: str = "#FFFFFF"


LIGHT = Tokens(
    is_dark=False,
    ground="#F3F6F8",
    surface="#FFFFFF",
    sunken="#E7ECF0",
    line="#CBD4DC",
    line_strong="#6F7E8C",
    text="#15202A",
    text_quiet="#4A5967",
    primary="#0B5C8F",
    primary_hover="#094C77",
    primary_press="#073B5D",
    on_primary="#FFFFFF",
    primary_soft="#DFEEF8",
    good="#17704A",
    good_soft="#DDF3E7",
    warn="#8A5300",
    warn_soft="#FFF1D2",
    danger="#B3261E",
    danger_soft="#FCE6E4",
    stop="#B3261E",
    stop_hover="#981F18",
    stop_press="#7C1812",
)

DARK = Tokens(
    is_dark=True,
    ground="#11171C",
    surface="#1A2229",
    sunken="#0C1115",
    line="#35424D",
    line_strong="#8696A4",
    text="#EDF2F6",
    text_quiet="#A8B6C2",
    primary="#62B5EA",
    primary_hover="#7CC3F0",
    primary_press="#4EA3D9",
    on_primary="#06202F",
    primary_soft="#16364B",
    good="#5CCB93",
    good_soft="#143626",
    warn="#F2BC5E",
    warn_soft="#3A2D11",
    danger="#FF8F85",
    danger_soft="#431B18",
    stop="#D1372D",
    stop_hover="#E0483D",
    stop_press="#B02A21",
)
