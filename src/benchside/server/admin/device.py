"""`benchside admin device`: enrolled PCs, their keys, and what to do with one that is held."""

from __future__ import annotations

import argparse
import datetime
import re
from typing import Any

from benchside.protocol.errors import UnavailableError
from benchside.protocol.trust.device import show_number
from benchside.server.enrolment.model import Device
from benchside.server.identity.chain import Hold
from benchside.server.identity.keeper import HeldDevice
from benchside.server.parts import Parts

__all__ = ["add_device_words"]

_WHY = {
    Hold.WENT_BACK: "its state is older than what it had: a restored disk, or a copy",
    Hold.AHEAD: "its state is newer than this server's: was this server restored?",
    Hold.COPIED: "two PCs with its key were there at the same time",
    Hold.OLD_KEY: (
        "a PC came with the key that it had before: its disk was restored (release it by its number "
        "and with --old-key), or it is a copy (release the other one, which keeps it out)"
    ),
}
_NUMBER = re.compile(r"([0-9A-Fa-f]{4})-?([0-9A-Fa-f]{4})\Z")


def add_device_words(words: Any, data: argparse.ArgumentParser) -> None:
    """Add the words to the parser's (whose type argparse does not name)."""
    device = words.add_parser("device", help="enrolled PCs").add_subparsers(required=True, metavar="WORD")
    device.add_parser("list", parents=[data]).set_defaults(work=_list)
    for name, work in {"revoke": _revoke, "rotate": _rotate}.items():
        word = device.add_parser(name, parents=[data])
        word.add_argument("device", help="the device's id, 32 hexadecimal digits")
        word.set_defaults(work=work)
    word = device.add_parser("release", parents=[data], help="let a device that is held go on")
    word.add_argument("device", nargs="?", help="the device's id, 32 hexadecimal digits")
    word.add_argument("--number", help="which PC it is, as its window shows it, where several came with its key")
    word.add_argument("--old-key", action="store_true", help="the one of that number that has the key from before")
    word.add_argument("--all-ahead", action="store_true", help="all that are held because this server was restored")
    word.set_defaults(work=_release)


async def _list(parts: Parts, _flags: argparse.Namespace) -> None:
    for one in await parts.register.devices():
        standing = await parts.identities.shown(one.id)
        state = "; revoked" if one.revoked_utc_ms else "; HELD" if standing.hold else ""
        print(f"{one.id.hex()}: {one.name}, {one.site}; enrolled {_moment(one.enrolled_utc_ms)}{state}")
        if standing.hold is not None or standing.instances or standing.with_old_key:
            _explain(standing)
        if standing.key_changed_utc_ms or standing.sealing:
            changed = _moment(standing.key_changed_utc_ms or one.enrolled_utc_ms)
            print(f"  key of {changed}; at the PC: {standing.sealing or 'it has not said how it is sealed'}")
        _show_instruments(one)


def _explain(standing: HeldDevice) -> None:
    others = (*standing.instances, *standing.with_old_key)
    if standing.hold is not None and standing.held_utc_ms is not None:
        print(f"  held since {_moment(standing.held_utc_ms)}: {_WHY[standing.hold]}")
    elif others:
        print(
            "  released; another came since and is not let in (release again with its number if it is the right one):"
        )
    for instance in standing.instances:
        print(f"  came as {show_number(instance)}")
    for instance in standing.with_old_key:
        print(f"  came as {show_number(instance)}, with the key that it had before (--old-key)")


def _show_instruments(device: Device) -> None:
    for instrument in device.instruments:
        patient = "patient data" if instrument.patient_data else "no patient data"
        print(f"  {instrument.model}, {instrument.id}, serial {instrument.serial}; {patient}")


async def _revoke(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.register.revoke(await _known(parts, flags.device))


async def _rotate(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.identities.want_rotation(await _known(parts, flags.device))
    print("the device's key is changed as soon as it is connected")


async def _release(parts: Parts, flags: argparse.Namespace) -> None:
    if flags.all_ahead:
        for device_id in await parts.identities.held():
            if (await parts.identities.shown(device_id)).hold is not Hold.AHEAD:
                continue
            try:
                await parts.identities.release(device_id, None)
                print(f"{device_id.hex()} released")
            except UnavailableError as error:  # one that was copied, too, must not keep the others waiting
                print(f"{device_id.hex()} still held: {error}")
        return
    number = None
    if flags.number is not None:
        match = _NUMBER.match(flags.number)
        if match is None:
            raise UnavailableError("expected a number such as 1A2B-3C4D")
        number = bytes.fromhex(match[1] + match[2])
    await parts.identities.release(await _known(parts, flags.device or ""), number, with_old_key=flags.old_key)
    print("released; its key is changed as soon as it is connected, and any other stays out for good")


async def _known(parts: Parts, text: str) -> bytes:
    try:
        device_id = bytes.fromhex(text)
    except ValueError as error:
        raise UnavailableError("expected a device's id of 32 hexadecimal digits") from error
    if await parts.register.device(device_id) is None:
        raise UnavailableError("there is no such device")
    return device_id


def _moment(utc_ms: int) -> str:
    return datetime.datetime.fromtimestamp(utc_ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
