"""`benchside notify`: what programs of the lab and the vendor push a signal with."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec

from benchside.notifier.knock import push
from benchside.notifier.settings import DEFAULT_SOCKET
from benchside.protocol.errors import BenchsideError
from benchside.protocol.wire.condition import ConditionKey, Severity, Signal, SignalState
from benchside.settings.toml import SettingError

__all__ = ["main"]

IN_MEMORY = "disk_full"
"""It is heard, shown and will be written (wire/notice.py): a program that said it again would say it twice."""

_FORMS = (
    ("$[0][0]`", "--source is a word of at most 64 letters, digits and ._:@/+-"),
    ("$[0][1]`", "SUBJECT is one line of 1 to 80 characters, none of them invisible"),
    ("$[0][2]`", "CODE is a word of at most 64 letters, digits and ._:@/+-"),
    ("key", "the NAME of a value is of small letters, digits and _, at most 32"),
    (
        "$[2]",
        "there are 12 values at most, each a number within ±1e15 or one line of at most 120 characters, none of them "
        "invisible",
    ),
)
"""Where the library says that the mistake is, and what may stand there."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchside notify",
        description="Say that something is wrong, or no longer. Never name a patient or a sample in it.",
    )
    parser.add_argument("subject", metavar="SUBJECT", help="what it is about, such as: Pump 3")
    parser.add_argument("what", metavar="CODE", help="what is wrong, as the catalogue calls it, such as: pressure_low")
    parser.add_argument("--source", required=True, help="who says it; begins with local.")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--off", action="store_true", help="it is over")
    kinds.add_argument("--pulse", action="store_true", help="it happened, and is over already")
    parser.add_argument(
        "--value", action="append", default=[], metavar="NAME=VALUE", help="what the sentence may name; repeatable"
    )
    parser.add_argument("--severity", choices=[each.value for each in Severity], help="other than the catalogue's")
    parser.add_argument("--socket", type=Path, default=DEFAULT_SOCKET, help=f"default {DEFAULT_SOCKET}")
    return parser


def main(argv: list[str]) -> int:
    """Push one signal; return the exit code: 0 it is taken, 1 not (with a sentence on stderr)."""
    args = _parser().parse_args(argv)
    try:
        refused = asyncio.run(push(args.socket, _signal(args)))
    except (BenchsideError, SettingError) as error:
        print(f"benchside notify: {error}", file=sys.stderr)
        return 1
    if refused is not None and refused != IN_MEMORY:
        print(f"benchside notify: it was refused: {refused.replace('_', ' ')}", file=sys.stderr)
        return 1
    return 0


def _signal(args: argparse.Namespace) -> Signal:
    state = SignalState.OFF if args.off else SignalState.PULSE if args.pulse else SignalState.ON
    severity = None if args.severity is None else Severity(args.severity)
    values = dict(_value(text) for text in args.value)
    signal = Signal(ConditionKey(args.source, args.subject, args.what), state, values, severity)
    if not args.source.startswith("local."):
        raise SettingError(f"--source must begin with local., not {args.source!r}")
    try:
        return msgspec.convert(msgspec.to_builtins(signal), Signal)
    except msgspec.ValidationError as error:
        raise SettingError(f"that is no signal: {_why(str(error))}") from error


def _why(error: str) -> str:
    """Return which part is wrong, and what it may be: the library's own sentence shows a pattern and a place."""
    return next((sentence for place, sentence in _FORMS if f"`{place}" in error), _FORMS[-1][1])


def _value(text: str) -> tuple[str, int | float | bool | str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise SettingError(f"--value must be NAME=VALUE, not {text!r}")
    if value in ("true", "false"):
        return name, value == "true"
    for form in (int, float):
        try:
            number = form(value)
        except ValueError:
            continue
        if str(number) == value:  # a lot "007" or "1e5" is a name, and would not be found under 7 or 100000.0
            return name, number
    return name, value
