"""The figures as a table for people: each goal of the picture, what was found, and the same of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.picture.result import Result

PEERS = ("tigervnc_lossless", "tigervnc", "novnc", "selkies", "meshcentral")


@dataclass(frozen=True)
class Goal:
    """`peer_key`: where the same of a peer is found, after its name and "_"; ratios have none of their own."""

    key: str
    what: str
    sense: Literal["<=", ">="]
    limit: float
    peer_key: str = ""


GOALS = (
    Goal("photon_ratio_novnc", "click to photon p50 against noVNC", "<=", 0.6),
    Goal("photon_ratio_tigervnc", "click to photon p50 against TigerVNC's viewer", "<=", 1.0),
    Goal("photon_p99_ratio_novnc", "click to photon p99 against noVNC", "<=", 0.8),
    Goal("slow_small_p95_over_rtt_ms", "6 Mbit/s: small change p95 above the round trip, ms", "<=", 30,
         "slow_small_p95_over_rtt_ms"),
    Goal("page_bytes_ratio_png", "dense page: bytes against PNG", "<=", 0.6, "page_bytes_ratio_png"),
    Goal("page_exact_6m_s", "dense page exact at 6 Mbit/s, s", "<=", 0.5, "page_exact_6m_s"),
    Goal("page_exact_2m_s", "dense page exact at 2 Mbit/s, s", "<=", 1.3, "page_exact_2m_s"),
    Goal("photo_first_s", "photograph at 6 Mbit/s: 30 dB, s", "<=", 0.4, "photo_first_s"),
    Goal("photo_exact_s", "photograph at 6 Mbit/s: exact, s", "<=", 6, "photo_exact_s"),
    Goal("motion_fps", "motion at 6 Mbit/s: frames/s of SSIM 0.90", ">=", 15, "motion_fps"),
    Goal("motion_lag_ms", "motion: worst lag, ms", "<=", 250, "motion_lag_ms"),
    Goal("motion_exact_s", "motion: exact after rest, s", "<=", 1.5, "motion_exact_s"),
    Goal("bytes_ratio_tigervnc", "scripted work: bytes against TigerVNC without loss", "<=", 0.6),
    Goal("rest_wrong_pixels", "pixels that differ after rest", "<=", 0, "rest_wrong_pixels"),
    Goal("covered_pixels_sent", "covered pixels that leave the PC", "<=", 0),
    Goal("still_bytes", "nothing moves: bytes of picture in 10 s", "<=", 0),
    Goal("still_cpu_percent", "nothing moves: CPU of the host, % of a core", "<=", 0.5),
    Goal("host_pss_mb", "host's memory, MB PSS", "<=", 120),
)  # fmt: skip
MORE = (
    ("photon_p50_ms", "click to photon p50, ms"), ("photon_p90_ms", "click to photon p90, ms"),
    ("photon_p99_ms", "click to photon p99, ms"), ("work_bytes", "scripted work, bytes"),
    ("page_like_6m_s", "dense page to 40 dB at 6 Mbit/s, s"), ("motion_seen_fps", "motion: all frames/s"),
    ("motion_gap_ms", "motion: longest time without a new frame, ms"), ("motion_ssim_p50", "motion: SSIM p50"),
    ("photo_bytes", "photograph, bytes"),
)  # fmt: skip
NAMES = {
    "tigervnc_lossless": "TigerVNC, no loss", "tigervnc": "TigerVNC", "novnc": "noVNC", "selkies": "Selkies",
    "meshcentral": "MeshCentral",
}  # fmt: skip


def write(result: Result) -> str:
    """Markdown; a figure that there is not stays an empty cell, and the notes say why."""
    lines = ["# The picture", "", row("", "goal", "Benchside", "", *(NAMES[peer] for peer in PEERS))]
    lines.append(row(*["---"] * (4 + len(PEERS))))
    for goal in GOALS:
        found = result.figures.get(goal.key)
        sign = {"<=": "≤", ">=": "≥"}[goal.sense]
        peers = (result.peers.get(f"{peer}_{goal.peer_key}") if goal.peer_key else None for peer in PEERS)
        lines.append(row(goal.what, f"{sign} {goal.limit:g}", tell(found), verdict(goal, found), *map(tell, peers)))
    for key, what in MORE:
        peers = (result.peers.get(f"{peer}_{key}") for peer in PEERS)
        lines.append(row(what, "", tell(result.figures.get(key)), "", *map(tell, peers)))
    if result.notes:
        lines += ["", "What has to be said besides:", "", *(f"- {note}" for note in result.notes)]
    return "\n".join(lines) + "\n"


def verdict(goal: Goal, found: float | None) -> str:
    if found is None:
        return "not measured"
    is_met = found <= goal.limit if goal.sense == "<=" else found >= goal.limit
    return "met" if is_met else f"missed by {abs(found - goal.limit):.3g}"


def tell(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"
