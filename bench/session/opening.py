"""How long the product takes from the technician's request to the picture, without the time of people.

One story, again and again, with real programs over TLS: the technician on the desk's accessibility tree, the
engineer in Chromium.  The whole way has five stretches in which the programs work and a person waits:

    1  the desk sends the request       -> the desk has the code, and the console offers the request
    2  the engineer clicks to claim     -> the console has the field for the code
    3  the engineer clicks to connect   -> the console lets them ask to view
    4  the engineer clicks to ask       -> the desk's prompt is on the PC's screen
    5  the desk sends the technician's yes -> the console's canvas holds the exact picture, and the page says so

`request_to_exact_ms` is the sum of all five: the time from the first moment to the last, less what lies between
the stretches, when the programs wait for a person to read, to say the code or to type (and for the scripted
technician, who searches the accessibility tree more slowly than a person).  `approve_to_exact_ms` is the fifth.
Both are medians.  The desk's moments are those at which it speaks with the agent, the console's are the page's own.
"""

from __future__ import annotations

import statistics

from examples.engineer.engineer import Engineer

from bench.session.lab import Lab, open_lab
from bench.session.mapped import MapWatch
from bench.session.page import Page
from benchside.protocol.wire.capability import Capability
from benchside.protocol.wire.desk import PromptShown

ROUNDS = 20
"""No more: the server takes 20 requests an hour from a PC."""
STRETCHES = ("code", "claim", "connect", "ask", "approve")


def main(*, quick: bool = False) -> dict[str, float]:
    """Measure; besides the issue's figures the median of each stretch."""
    rounds = []
    with open_lab("opening") as lab, MapWatch(lab.pc) as windows:
        with Engineer(lab.world.web_url, lab.folder / "engineer") as engineer:
            page = Page(engineer)
            lab.admit(engineer)
            for _ in range(2 if quick else ROUNDS):
                rounds.append(tell(lab, windows, engineer, page))
    medians = [statistics.median(stretch) for stretch in zip(*rounds, strict=True)]
    return {
        "request_to_exact_ms": round(statistics.median(map(sum, rounds)), 1),
        "approve_to_exact_ms": round(medians[-1], 1),
        **{f"stretch_{name}_ms": round(value, 1) for name, value in zip(STRETCHES, medians, strict=True)},
    }


def tell(lab: Lab, windows: MapWatch, engineer: Engineer, page: Page) -> list[float]:
    """One request from beginning to end; its stretches in ms."""
    hands, doorway = lab.hands, lab.doorway
    page.start()
    requested_at, coded_at, code = hands.request()
    engineer.claim()
    engineer.enter_code(code)
    mark = doorway.mark()
    engineer.ask("view", "look at the screen")
    told_at, _ = doorway.wait(PromptShown, mark)
    prompted_at = windows.first_after(told_at)
    allowed_at = hands.allow(Capability.VIEW, mark)
    engineer.wait_exact()
    signs, clicks = page.signs(), page.clicks()
    hands.stop()
    engineer.wait_over()
    hands.done()
    engineer.open_queue()
    moments = (
        (requested_at, max(coded_at, signs["claimable"])),
        (clicks["request-claim"], signs["code"]),
        (clicks["code-submit"], signs["askable"]),
        (clicks["view-ask"], prompted_at),
        (allowed_at, signs["exact"]),
    )
    return [max(0.0, end - start) * 1000 for start, end in moments]
