"""`benchside agent`: runs the agent, enrols the PC, records IT review and terms, verifies the journal."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import sys
import time
from pathlib import Path

import msgspec

from benchside.agent.agent import Agent
from benchside.agent.asides import show_covers, tell_assay
from benchside.agent.enrol import Registrant, enrol, read_token
from benchside.agent.identity import DeviceFolder, ReviewRecorded, TermsAccepted
from benchside.agent.journal import Journal
from benchside.agent.keys import DeviceKeys
from benchside.agent.link import Link
from benchside.agent.receipt import check_receipt, make_receipt, read_receipt
from benchside.agent.settings import DEFAULT_SOCKET, DEFAULT_STATE, AgentSettings, read_settings
from benchside.agent.standing import Standing
from benchside.agent.way import way_out
from benchside.logs.setup import start_logging
from benchside.platform.files import make_private_folder
from benchside.platform.service.here import Supervisor, run_service
from benchside.platform.volumes.here import find_overlay
from benchside.protocol.errors import BenchsideError
from benchside.protocol.trust.device import show_number
from benchside.protocol.trust.keys import show_fingerprint
from benchside.protocol.wire.audit import EventDetails, EventKind
from benchside.protocol.wire.session import InstrumentInfo
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError
from benchside.transport.websocket import client_tls

__all__ = ["main"]

log = logging.getLogger(__name__)

SERVICE = "BenchsideAgent"
"""As the operating system lists it."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchside agent", description="The service of an instrument PC.")
    parser.add_argument(
        "--state", type=Path, default=DEFAULT_STATE, help=f"the agent's folder (default {DEFAULT_STATE})"
    )
    parser.add_argument("--settings", type=Path, help="settings file (default: agent.toml in the agent's folder)")
    words = parser.add_subparsers(dest="word", required=True)

    run = words.add_parser("run", help="run the service")
    run.add_argument("--socket", type=Path, help=f"local socket for desks (default {DEFAULT_SOCKET})")

    enrolment = words.add_parser("enrol", help="make this PC a device, with a token from the vendor")
    enrolment.add_argument("--token-file", type=Path, required=True, help="file with the enrolment token; - reads it")
    enrolment.add_argument("--device", required=True, help="what the lab calls this PC")
    enrolment.add_argument("--site-name", required=True, help="what the lab is called")
    enrolment.add_argument("--registrant", required=True, help="name of the person who enrols it")
    enrolment.add_argument("--email", required=True, help="their e-mail address")
    enrolment.add_argument(
        "--instrument",
        action="append",
        required=True,
        metavar="ID,MODEL,SERIAL[,no-patient-data]",
        help="an instrument of this PC; it counts as holding patient data unless said otherwise; repeatable",
    )

    review = words.add_parser("review", help="record that hospital IT reviewed the requirements")
    review.add_argument("--by", required=True, help="name of the reviewer")

    terms = words.add_parser("accept-terms", help="record that the terms of service were accepted")
    terms.add_argument("--by", required=True, help="name of the person who accepts")
    terms.add_argument("--version", required=True, help="version of the terms")
    terms.add_argument("--text", type=Path, required=True, help="file with the text that was read")

    assay = words.add_parser("assay", help="for the lab's programs: say that a run on the instrument begins or ends")
    assay.add_argument("change", choices=("start", "end"))
    assay.add_argument("--socket", type=Path, help=f"the agent's local socket (default {DEFAULT_SOCKET})")

    words.add_parser("covers", help="check the cover rules and show which are in force on this PC")
    words.add_parser("status", help="show what this PC is and which gates are open")
    words.add_parser("verify", help="check the chain of the journal")

    receipt = words.add_parser("receipt", help="write a session's signed receipt")
    receipt.add_argument("--request", metavar="ID", help="the request's id in hexadecimal (default: the last)")
    receipt.add_argument("--out", type=Path, required=True, help="file to write")

    checked = words.add_parser("check-receipt", help="check a receipt; needs nothing but the file")
    checked.add_argument("file", type=Path)
    return parser


def main(argv: list[str]) -> int:
    """Run one word; return the exit code: 0 done, 1 refused or not possible (with a sentence on stderr)."""
    args = _parser().parse_args(argv)
    try:
        if args.word in ("run", "enrol"):  # before anything in it is believed
            make_private_folder(args.state)
        settings = read_settings(args.settings, state=args.state, socket=getattr(args, "socket", None))
        return _run_word(args, settings)
    except (BenchsideError, SettingError, OSError, ValueError) as error:
        print(f"benchside agent: {error}", file=sys.stderr)
        return 1


def _run_word(args: argparse.Namespace, settings: AgentSettings) -> int:
    folder = DeviceFolder(settings.state)
    match args.word:
        case "run":
            start_logging("agent", folder=settings.state)
            return run_service(SERVICE, lambda supervisor: asyncio.run(_serve(settings, folder, supervisor)))
        case "enrol":
            return _enrol(args, settings, folder)
        case "review":
            return _record_review(folder, clean(args.by, 80))
        case "accept-terms":
            return _accept_terms(folder, clean(args.by, 80), clean(args.version, 64), args.text)
        case "assay":
            asyncio.run(tell_assay(settings.socket, args.change == "start"))
            print("a run is flagged as in progress" if args.change == "start" else "no run is flagged")
            return 0
        case "covers":
            print("\n".join(show_covers(folder)))
            return 0
        case "status":
            return _show_status(folder)
        case "receipt":
            return _write_receipt(folder, args.request, args.out)
        case "check-receipt":
            return _check_receipt(args.file)
        case _:
            return _verify(folder)


async def _serve(settings: AgentSettings, folder: DeviceFolder, supervisor: Supervisor) -> int:
    device = folder.device()
    folder.take()
    log.info("keys of this PC", extra={"sealing": folder.sealing})
    folder.seal_old()
    journal = Journal(folder.journal_path)
    standing = Standing(journal)
    agent = Agent(settings, folder, journal, standing)
    tls = client_tls(settings.ca_file) if device.link_url.startswith("wss://") else None
    out = way_out(settings)
    link = Link(
        url=device.link_url,
        tls=tls,
        out=out,
        device_id=bytes.fromhex(device.device_id),
        keys=DeviceKeys(folder, journal, days=settings.key_days),
        standing=standing,
        events=agent,
    )
    task = asyncio.create_task(agent.run(link, supervisor.ready), name="agent")
    beat = asyncio.create_task(supervisor.beat(), name="beat for systemd")
    supervisor.on_stop(task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return 0
    finally:
        supervisor.stopping()
        beat.cancel()
        journal.close()
    return 0


def _enrol(args: argparse.Namespace, settings: AgentSettings, folder: DeviceFolder) -> int:
    if folder.is_enrolled:
        print("benchside agent: this PC is enrolled already; remove it first to enrol it again", file=sys.stderr)
        return 1
    text = sys.stdin.read(8192) if str(args.token_file) == "-" else args.token_file.read_text()[:8192]
    token = read_token(text)
    registrant = Registrant(
        name=clean(args.registrant, 80),
        email=clean(args.email, 200),
        device=clean(args.device, 200),
        site_name=clean(args.site_name, 200),
        instruments=tuple(_instrument(text) for text in args.instrument),
    )
    tls = client_tls(settings.ca_file) if token.link_url.startswith("wss://") else None
    device = asyncio.run(enrol(folder, token, registrant, tls, way_out(settings)))
    print(f"enrolled as device {device.device_id} at {device.site_name}, region {device.region}")
    _warn_of_filter(folder.folder)
    return 0


def _warn_of_filter(state: Path) -> None:
    """Whoever installs it can still exclude the folder; the notifier says the same at every start."""
    overlay = find_overlay(state)
    if overlay is not None and overlay.forgets:
        print(
            f"benchside agent: a write filter ({overlay.filter}) makes this PC forget its keys and journals at the "
            f"next restart: exclude {state} and the notifier's folder from it before that (docs/operate/checks.md)",
            file=sys.stderr,
        )


def _instrument(text: str) -> InstrumentInfo:
    parts = [clean(part, 200) for part in text.split(",")]
    if len(parts) not in (3, 4) or (len(parts) == 4 and parts[3] != "no-patient-data") or not all(parts):
        raise SettingError(f"--instrument must be ID,MODEL,SERIAL or ID,MODEL,SERIAL,no-patient-data, not {text!r}")
    return InstrumentInfo(id=parts[0], model=parts[1], serial=parts[2], patient_data=len(parts) == 3)


def _record_review(folder: DeviceFolder, by: str) -> int:
    at_utc_ms = time.time_ns() // 1_000_000
    _journal(folder, EventKind.IT_REVIEW_RECORDED, EventDetails(technician=by))
    folder.keep_gates(msgspec.structs.replace(folder.gates(), review=ReviewRecorded(by=by, at_utc_ms=at_utc_ms)))
    print("the IT review is recorded")
    return 0


def _accept_terms(folder: DeviceFolder, by: str, version: str, text: Path) -> int:
    digest = hashlib.sha256(text.read_bytes()).hexdigest()
    at_utc_ms = time.time_ns() // 1_000_000
    _journal(folder, EventKind.TERMS_ACCEPTED, EventDetails(technician=by, version=version, key=digest))
    accepted = TermsAccepted(version=version, text_sha256=digest, by=by, at_utc_ms=at_utc_ms)
    folder.keep_gates(msgspec.structs.replace(folder.gates(), terms=accepted))
    print(f"version {version} of the terms is accepted")
    return 0


def _journal(folder: DeviceFolder, kind: EventKind, details: EventDetails) -> None:
    folder.device()  # only a device has a journal
    journal = Journal(folder.journal_path)
    journal.append(kind, None, details)
    journal.close()


def _show_status(folder: DeviceFolder) -> int:
    device, gates, policy = folder.device(), folder.gates(), folder.policy()
    print(f"device         {device.device} ({device.device_id})")
    print(f"site           {device.site_name} ({device.site}), region {device.region}")
    for instrument in device.instruments:
        patient = "holds patient data" if instrument.patient_data else "no patient data"
        print(f"instrument     {instrument.model} {instrument.id}, serial number {instrument.serial}, {patient}")
    print(f"policy         {'none' if policy is None else f'version {policy[1].version}'}")
    print(f"IT review      {'missing' if gates.review is None else f'by {gates.review.by}'}")
    print(f"keys           {folder.sealing}")
    held = Standing(Journal(folder.journal_path))
    print(f"held           {f'yes, as {show_number(held.instance)}: call the vendor' if held.is_held else 'no'}")
    print(f"terms          {'not accepted' if gates.terms is None else f'{gates.terms.version}, by {gates.terms.by}'}")
    return 0


def _verify(folder: DeviceFolder) -> int:
    folder.device()
    verdict = Journal(folder.journal_path).verify()
    if verdict.broken_at is not None:
        print(f"the journal is NOT intact: entry {verdict.broken_at} does not fit the entries before it")
        return 1
    if verdict.resumed:
        print(f"this PC's disk was restored {verdict.resumed} times: what lies between is in the server's copy alone")
    print(f"the journal is intact: {verdict.entries} entries, head {verdict.head.hex()}")
    return 0


def _write_receipt(folder: DeviceFolder, request: str | None, out: Path) -> int:
    device, journal = folder.device(), Journal(folder.journal_path)
    known = [bytes.fromhex(request)] if request else journal.requests_before(None, 1)
    if not known:
        print("benchside agent: nobody has asked for help on this PC yet", file=sys.stderr)
        return 1
    receipt = make_receipt(journal, folder.identity(), request_id=known[0], device=device.device, site=device.site_name)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(receipt)))
    print(f"the receipt of request {known[0].hex()} is in {out}")
    return 0


def _check_receipt(file: Path) -> int:
    receipt = read_receipt(file)
    signer = check_receipt(receipt)
    print(f"the receipt is genuine: {len(receipt.events)} entries of {receipt.device} at {receipt.site}")
    print(f"signed by the device with key {show_fingerprint(signer)}")
    return 0
