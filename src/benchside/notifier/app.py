"""`benchside notifier`: runs the notifier, shows what is active and what was, checks journal and catalogues."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import logging
import sys
import time
from pathlib import Path

from benchside.logs.setup import start_logging
from benchside.notifier.journal import Journal, open_journal
from benchside.notifier.knock import put_out_of_service, show
from benchside.notifier.notifier import Notifier
from benchside.notifier.notify import main as notify
from benchside.notifier.settings import DEFAULT_SOCKET, DEFAULT_STATE, NotifierSettings, read_settings
from benchside.notifier.watch.worker import work
from benchside.notifier.words import PACKAGE_CATALOGUE, read_words
from benchside.platform.child.contract import Start
from benchside.platform.child.here import plant_nursery
from benchside.platform.files import make_private_folder, take_alone
from benchside.platform.service.here import Supervisor, run_service
from benchside.protocol.errors import BenchsideError, UnavailableError
from benchside.protocol.wire.condition import ConditionKey
from benchside.protocol.wire.notice import PutOutOfService
from benchside.protocol.wire.text import clean
from benchside.settings.toml import SettingError

__all__ = ["main"]

log = logging.getLogger(__name__)

SERVICE = "BenchsideNotifier"
"""As the operating system lists it."""
RULES = "notices.d"
"""In the notifier's folder: catalogues of administrators and signed releases."""
HISTORY_LINES = 200


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchside notifier", description="Watches this PC and its instruments, and tells the person at it first."
    )
    parser.add_argument(
        "--state", type=Path, default=DEFAULT_STATE, help=f"the notifier's folder (default {DEFAULT_STATE})"
    )
    parser.add_argument("--settings", type=Path, help="settings file (default: notifier.toml in the notifier's folder)")
    parser.add_argument("--socket", type=Path, help=f"local socket (default {DEFAULT_SOCKET})")
    words = parser.add_subparsers(dest="word", required=True)
    words.add_parser("run", help="run the service")
    push = words.add_parser("push", help="the same as: benchside notify", add_help=False)
    push.add_argument("words", nargs=argparse.REMAINDER)
    status = words.add_parser("status", help="show what is active now")
    status.add_argument("--locale", default="en", help="en or es")
    words.add_parser("history", help="show the newest entries of the journal, for the notifier's own account")
    words.add_parser("verify", help="check the chain of the journal")
    service = words.add_parser("out-of-service", help="have a condition not watched until it is put back")
    service.add_argument("source", help="as `benchside notifier status` shows it")
    service.add_argument("subject")
    service.add_argument("what", metavar="code")
    service.add_argument("--by", required=True, help="name of who decides it")
    service.add_argument("--why", required=True, help="the reason, for whoever wonders later")
    service.add_argument("--back", action="store_true", help="have it watched again")
    words.add_parser("check-rules", help="check settings, catalogues and files of rules, and say each mistake")
    return parser


def main(argv: list[str]) -> int:
    """Run one word; return the exit code: 0 done, 1 refused or not possible (with a sentence on stderr)."""
    args = _parser().parse_args(argv)
    try:
        match args.word:  # words of every person's: the settings rest where only the notifier's account may read
            case "push":
                return notify(["--socket", str(args.socket or DEFAULT_SOCKET), *args.words])
            case "status":
                return _show_status(args.socket or DEFAULT_SOCKET, args.locale)
            case "run":  # before anything in it is believed
                make_private_folder(args.state)
        return _run_word(args, read_settings(args.settings, state=args.state, socket=args.socket))
    except (BenchsideError, SettingError, OSError, ValueError) as error:
        print(f"benchside notifier: {error}", file=sys.stderr)
        return 1


def _run_word(args: argparse.Namespace, settings: NotifierSettings) -> int:
    match args.word:
        case "run":
            start_logging("notifier", folder=settings.state)
            start = plant_nursery(work) if settings.watched else None
            return run_service(SERVICE, lambda supervisor: asyncio.run(_serve(settings, supervisor, start)))
        case "history":
            return _show_history(settings)
        case "verify":
            return _verify(settings)
        case "out-of-service":
            return _put_out_of_service(settings, args)
        case _:
            return _check_rules(settings)


async def _serve(settings: NotifierSettings, supervisor: Supervisor, start: Start | None) -> int:
    task = asyncio.current_task()
    supervisor.on_stop(lambda: task.cancel() if task is not None else None)
    # here, and not before the nursery is planted: what is forked from it would hold the lock, too
    if take_alone(settings.state / "notifier.lock") is None:
        raise UnavailableError("another notifier runs on this folder already; stop it first")
    beat = asyncio.create_task(supervisor.beat(), name="beat")
    journal, projection, was_spoilt = open_journal(settings.state, str(time.time_ns()))
    if projection.broken_at is not None:
        log.error("journal does not hold", extra={"entry": projection.broken_at})
    words = read_words([PACKAGE_CATALOGUE, settings.state / RULES])
    notifier = Notifier(settings, journal, projection, words, was_spoilt=was_spoilt, start=start)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await notifier.run(supervisor.ready)
    finally:
        supervisor.stopping()
        beat.cancel()
        journal.close()
    return 0


def _show_status(socket: Path, locale: str) -> int:
    shown = asyncio.run(show(socket, "es" if locale.startswith("es") else "en"))
    for notice in shown.notices:
        state = notice.state
        key = state.key
        print(f"{state.severity:<9} {'active' if state.is_active else 'over':<7} {_local(state.since_utc_ms)}")
        print(f"          {notice.text}")
        if notice.advice:
            print(f"          {notice.advice}")
        print(f"          {key.source} {key.subject!r} {key.code}, signalled {state.count} times")
    if not shown.notices:
        print("nothing is wrong")
    if shown.beyond:
        print(f"and {shown.beyond} more")
    for watch in shown.watches:
        print(f"watch {watch.name}: {'well' if watch.is_well else 'NOT running'}, heard {watch.seen_ago_s} s ago")
    print(f"not yet at the server: {shown.unsent}; journal {'intact' if shown.intact else 'NOT intact'}")
    return 0


def _journal(settings: NotifierSettings) -> Journal:
    path = settings.state / "notices.db"
    if not path.is_file():
        raise SettingError(f"there is no journal in {settings.state}; has the notifier run here?")
    return Journal(path)


def _show_history(settings: NotifierSettings) -> int:
    for change in reversed(_journal(settings).history(before=None, key=None, most=HISTORY_LINES)):
        key = "" if change.key is None else f" {change.key.source} {change.key.subject!r} {change.key.code}"
        more = "".join(
            f", {name} {value}"
            for name, value in (("severity", change.severity), ("by", change.by), ("count", change.count))
            if value is not None
        )
        print(f"{change.sequence:>7} {_local(change.at_utc_ms)} {change.kind}{key}{more}")
    return 0


def _verify(settings: NotifierSettings) -> int:
    projection = _journal(settings).project()
    if projection.broken_at is not None:
        print(f"the journal is NOT intact: entry {projection.broken_at} does not fit the entries before it")
        return 1
    print(f"the journal is intact: {projection.entries} entries, head {projection.head.hex()}")
    return 0


def _put_out_of_service(settings: NotifierSettings, args: argparse.Namespace) -> int:
    key = ConditionKey(clean(args.source, 64), clean(args.subject, 80), clean(args.what, 64))
    order = PutOutOfService(key=key, by=clean(args.by, 80), why=clean(args.why, 200), back=args.back)
    refused = asyncio.run(put_out_of_service(settings.socket, order))
    if refused is not None:
        print(f"benchside notifier: that cannot be: {refused.replace('_', ' ')}", file=sys.stderr)
        return 1
    print("it is watched again" if args.back else "it is not watched until it is put back")
    return 0


def _check_rules(settings: NotifierSettings) -> int:
    from benchside.notifier.rules import find_mistakes  # what the workers alone need is not kept by the service

    faults = [
        f"{fault.code.replace('_', ' ')}: {fault.why}"
        for fault in read_words([PACKAGE_CATALOGUE, settings.state / RULES]).faults
    ]
    faults += find_mistakes(settings.watched)
    for fault in faults:
        print(fault)
    if not faults:
        print(f"settings, catalogues and rules are whole; {len(settings.watched)} workers watch")
    return 1 if faults else 0


def _local(utc_ms: int) -> str:
    moment = datetime.datetime.fromtimestamp(utc_ms / 1000, datetime.UTC).astimezone()
    return moment.isoformat(sep=" ", timespec="seconds")
