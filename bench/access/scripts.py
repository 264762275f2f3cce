"""A PC that sends ten thousand script and format texts in every field: what of it runs in the console, in Chromium.

Twenty PCs at a time show one text each in every field of their description and request, and of two conditions, one of
which the request carries; a hundred entries of each session's journal carry one text each in every detail.  Whatever
calls, alerts, is markup, or is reported by the browser as against the content policy counts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from playwright.async_api import BrowserContext, Page, async_playwright
from project.chromium import find_chromium
from tests.fakes.notifier import Journal
from tests.fakes.server_world import Console, Pc, World, rsa_key, running_world

from bench.access.payloads import payloads
from benchside.protocol.wire import link as wire
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.carrier import NoticesKept, NoticesReported, pack_batch
from benchside.protocol.wire.condition import ChangeKind, ConditionKey, ConditionTold, Severity
from benchside.protocol.wire.enrolment import DeviceEnrolled
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import clean
from benchside.server.administration.facts import CustomerFacts, PersonFacts
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.broker import queue
from benchside.server.clock import utc_ms
from benchside.server.notices.pcs import FRESH_MS

TEXTS, PCS = 10_000, 20
ROUNDS_A_SESSION = 5
"""A session's journal then has a hundred entries with texts of these rounds, which is what one page shows."""
DETAILS = tuple(EventDetails.__struct_fields__)
MARKUP = (
    "body :is(script:not([src]), iframe, object, embed, marquee, math, base, template, img[src='x'], "
    "a[href^='javascript'], [onerror], [onload], [onfocus])"
)
OTHER_PAGES = (
    "/history",
    "/fleet",
    "/officer/conditions",
    "/admin/alerts",
    "/admin/advisories",
    "/admin/devices",
    "/admin/people",
    "/officer/devices",
    "/officer/sessions",
    "/officer/people",
)


@dataclass
class Seen:
    """What a page did that text never does."""

    ran: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    shown: int = 0


async def main(folder: Path, quick: bool) -> dict[str, float]:
    logging.getLogger("sqlalchemy").setLevel(logging.CRITICAL)  # tells of each reader that closed its page
    texts = payloads(200 if quick else TEXTS)
    queue.MAX_REQUESTS_AN_HOUR = 10**9  # otherwise ten thousand requests are another test's
    seen = Seen()
    async with running_world(folder) as world, async_playwright() as playwright:
        program = find_chromium()
        assert program is not None
        chromium = await playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        ana = await somebody(world)
        context = await chromium.new_context(locale="en-GB")
        await context.add_cookies([
            {"name": name, "value": value, "url": world.listeners.web_url} for name, value in ana.http.cookies.items()
        ])  # fmt: skip
        pcs = [await pc(world, number, texts[number]) for number in range(PCS)]
        journals = [Journal() for _ in pcs]
        timelines = tuple(f"/{one}/{pcs[0].device_id.hex()}" for one in ("fleet/pc", "officer/conditions"))
        advisory = await advised(ana)
        live = await watched(context, seen)
        await live.goto(world.listeners.web_url)
        await live.get_by_test_id("queue-live").wait_for()
        await proves_itself(live)
        session = ""
        for number, some in enumerate(texts[at : at + PCS] for at in range(0, len(texts), PCS)):
            first = await show(pcs, some, number)
            session = first if number % ROUNDS_A_SESSION == 0 else session
            await write(pcs[0], session, some)
            await tell(pcs, journals, some, advisory)
            await live.get_by_text(f"r{number} ", exact=False).first.wait_for(timeout=30_000)
            await judge(live, seen, f"queue {number}")
            if number % ROUNDS_A_SESSION == ROUNDS_A_SESSION - 1:
                await look(context, seen, world, (f"/history/{session}", f"/officer/sessions/{session}", *timelines))
            if number % 25 == 0:
                await asyncio.sleep(FRESH_MS / 1000)  # else pages show the names of before
                await look(context, seen, world, OTHER_PAGES)
        await chromium.close()
    print(*seen.ran[:20], *seen.reports[:20], *seen.errors[:20], sep="\n")
    figures: dict[str, float] = {"xss_texts": len(texts), "xss_pages": seen.shown, "xss_runs": len(seen.ran)}
    return figures | {"csp_reports": len(seen.reports), "xss_page_errors": len(seen.errors)}


async def somebody(world: World) -> Console:
    """Who sees all there is to see: an engineer, an administrator and a security officer in one."""
    ana = await world.console("ana")
    people = People(world.parts.cloud, world.parts.ledger)
    places = Places(world.parts.cloud, world.parts.ledger, utc_ms)
    await places.put_customers("x", [CustomerFacts(id="c-1", name="C", it_mail="", mail_language="en")])
    site = (await places.sites())[0]
    await places.put_sites("x", [msgspec.structs.replace(site, customer="c-1", laws=("gdpr",))])
    await people.put("x", [PersonFacts(
        id="ana", name="Ana", organisation="Vendor", role=None, is_administrator=True, officer_of="c-1",
        until_utc_ms=None, is_active=True, groups=(), trainings=(),
    )])  # fmt: skip
    return ana


async def pc(world: World, number: int, text: str) -> Pc:
    """A PC that enrols with the same rubbish."""
    made = Pc(world, rsa_key(100 + number), os.urandom(32))
    answer = await made.enrol(
        await world.token(),
        device=line(text),
        site_name=line(text),
        registrant=name_of(text),
        registrant_email=line(text),
    )
    assert isinstance(answer, DeviceEnrolled)
    made.device_id = answer.device_id
    await made.connect()
    return made


async def show(pcs: list[Pc], some: list[str], number: int) -> str:
    """Each PC shows one text in every field of its description and request; the first one's session."""
    first = ""
    for each, text in zip(pcs, some, strict=False):
        said = line(text)
        instrument = InstrumentInfo(id=said, model=said, serial=said, patient_data=False)
        each.describe(device=line(f"r{number} {text}"), instruments=(instrument,), software=said, terms_version=said)
        request_id = os.urandom(16)
        each.say(wire.RequestOpened(
            request_id=request_id, technician=name_of(text), reason=clean(text, 1000), instrument=said,
            opened_utc_ms=utc_ms(), condition=ConditionTold(
                key=ConditionKey("local.rubbish", name_of(text), "spoilt"), severity=Severity.SERIOUS,
                texts={"en": sentence(text), "es": sentence(text)},
            ),
        ))  # fmt: skip
        await each.hear(wire.RequestQueued)
        first = first or request_id.hex()
    return first


async def write(pc: Pc, session: str, some: list[str]) -> None:
    """Entries of the PC's journal with one text each in every detail."""
    said = [dict.fromkeys(DETAILS, clean(text, 1000)) for text in some]
    await pc.report(*(pc.entry(EventKind.CODE_WRONG, bytes.fromhex(session), **each) for each in said))


async def advised(ana: Console) -> str:
    """An advisory for every PC; its id."""
    made = await ana.post(
        "/api/admin/advisories", severity="serious", text_en="Do not use lot 7.", text_es="No use el lote 7.",
        advice_en="", advice_es="", sites=[], models=[], until_utc_ms=utc_ms() + 86_400_000,
    )  # fmt: skip
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


async def tell(pcs: list[Pc], journals: list[Journal], some: list[str], advisory: str) -> None:
    """Each PC tells of a condition with its text wherever text fits, and of what a person did with it."""
    of_vendor = ConditionKey("vendor", advisory, "advisory")
    for each, journal, text in zip(pcs, journals, some, strict=False):
        key = ConditionKey("local.rubbish", name_of(text), f"spoilt-{journal.sequence % 30}")
        said = {"texts": {"en": sentence(text), "es": sentence(text)}, "values": {"what": clean(text, 120)}}
        changes = (
            journal.write(ChangeKind.RAISED, key, severity=Severity.CRITICAL, **said),
            journal.acknowledged(key, by=name_of(text)),
            journal.write(ChangeKind.SHELVED, key, by=name_of(text), why=line(text), until_utc_ms=utc_ms() + 3_600_000),
            journal.write(ChangeKind.UNSHELVED, key),
            journal.raised(of_vendor, Severity.SERIOUS),
            journal.acknowledged(of_vendor, by=name_of(text)),
        )
        each.say(NoticesReported(batch=pack_batch(journal.batch(*changes))))
        await each.hear(NoticesKept)


def sentence(text: str) -> str:
    return clean(text, 300) or "-"


def line(text: str) -> str:
    return clean(text, 200) or "-"


def name_of(text: str) -> str:
    return clean(text, 80) or "-"


async def watched(context: BrowserContext, seen: Seen) -> Page:
    """A page that tells what happens on it."""
    page = await context.new_page()

    async def dismissed(dialog: Any) -> None:
        seen.ran.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    await page.expose_function("ran", lambda *_: seen.ran.append("a call"))
    page.on("dialog", dismissed)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda said: seen.reports.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: seen.reports.append(request.url) if "csp-report" in request.url else None)
    return page


async def judge(page: Page, seen: Seen, where: str) -> None:
    """Whether anything of the texts became markup."""
    seen.shown += 1
    found = await page.locator(MARKUP).count()
    if found:
        seen.ran.append(f"markup on {where}: {found}")


async def proves_itself(page: Page) -> None:
    """What the judge looks for is found where it is."""
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), { src: 'x', id: 'planted' }))"
    )
    control = Seen()
    await judge(page, control, "a page with an image of nowhere")
    assert control.ran, "the judge is blind"
    await page.evaluate("document.getElementById('planted').remove()")


async def look(context: BrowserContext, seen: Seen, world: World, paths: tuple[str, ...]) -> None:
    """Other pages that show what PCs say."""
    page = await watched(context, seen)
    for path in paths:
        await page.goto(world.listeners.web_url + path)
        await page.locator("main h1, main h2").first.wait_for(timeout=30_000)
        if path == "/admin/advisories":  # who has answered is a page further
            await page.get_by_test_id("advisory-open").first.click()
            await page.get_by_text(re.compile(r"r\d+ ")).first.wait_for(timeout=30_000)
        await asyncio.sleep(0.3)
        await judge(page, seen, path)
    await page.close()
