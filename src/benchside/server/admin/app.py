"""`benchside admin`: what an operator does on the server's own data folder."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from benchside.protocol.errors import BenchsideError, PeerError, UnavailableError
from benchside.protocol.trust.keys import fingerprint, show_fingerprint
from benchside.server.accounts.model import Account
from benchside.server.admin.device import add_device_words
from benchside.server.admin.people import add_people_words
from benchside.server.administration.people import People
from benchside.server.administration.tokens import TokenOffice
from benchside.server.authority.book import read_public_key
from benchside.server.clock import utc_ms
from benchside.server.keys.files import write_secret
from benchside.server.keys.folder import Folder
from benchside.server.mail.address import MAX_ADDRESS
from benchside.server.parts import Parts
from benchside.server.policy.keeper import pin_authority
from benchside.server.settings import ServerSettings, add_flags, parse_address, read_settings, settings_text

__all__ = ["main"]

Work = Callable[[Parts, argparse.Namespace], Awaitable[None]]


def main(argv: list[str]) -> int:
    """Do one thing with a server's data folder; return the exit code."""
    flags = _parser().parse_args(argv)
    logging.basicConfig(level=logging.ERROR)
    try:
        asyncio.run(_run(flags))
    except BenchsideError as error:
        print(f"benchside admin: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a file to write, mostly on a stick that is full, read-only or gone
        print(f"benchside admin: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--data", required=True, type=Path, help="the server's data folder")
    parser = argparse.ArgumentParser(prog="benchside admin", description="look after a server")
    words = parser.add_subparsers(required=True, metavar="WORD")

    word = words.add_parser("init", parents=[data], help="make keys, databases and server.toml")
    word.add_argument("--authority-key", required=True, type=Path, help="the authority's public key (PEM)")
    add_flags(word)
    word.set_defaults(work=None)

    account = words.add_parser("account", help="accounts of associates").add_subparsers(required=True, metavar="WORD")
    of_account = {"add": _account_add, "reset": _account_reset, "enable": _account_enable, "disable": _account_disable}
    for name, work in of_account.items():
        word = account.add_parser(name, parents=[data])
        word.add_argument("account")
        word.set_defaults(work=work)
    word = account.add_parser("mail", parents=[data], help="set an account's address, read from standard input")
    word.add_argument("account")
    word.set_defaults(work=_account_mail)
    account.add_parser("list", parents=[data]).set_defaults(work=_account_list)
    word = account.add_parser("administrator", parents=[data], help="let an account administer in the console")
    word.add_argument("account")
    word.add_argument("--off", action="store_true", help="no more")
    word.set_defaults(work=_account_administrator)

    site = words.add_parser("site", help="labs").add_subparsers(required=True, metavar="WORD")
    word = site.add_parser("add", parents=[data])
    word.add_argument("site")
    word.add_argument("--name", required=True)
    word.set_defaults(work=_site_add)
    site.add_parser("list", parents=[data]).set_defaults(work=_site_list)

    model = words.add_parser("model", help="models of instruments").add_subparsers(required=True, metavar="WORD")
    word = model.add_parser("add", parents=[data])
    word.add_argument("model")
    word.add_argument("--no-patient-data", action="store_true", help="PCs of this model hold no patient data")
    word.set_defaults(work=_model_add)
    model.add_parser("list", parents=[data]).set_defaults(work=_model_list)

    word = words.add_parser("enrolment-token", parents=[data], help="print a one-time token for one PC")
    word.add_argument("--site", required=True)
    word.add_argument("--hours", type=float, default=24)
    word.set_defaults(work=_token)

    add_device_words(words, data)
    add_people_words(words, data)

    policy = words.add_parser("policy", help="the authority's policy").add_subparsers(required=True, metavar="WORD")
    word = policy.add_parser("install", parents=[data])
    word.add_argument("file", type=Path)
    word.set_defaults(work=_policy_install)
    policy.add_parser("show", parents=[data]).set_defaults(work=_policy_show)

    word = words.add_parser("ticket-key", parents=[data], help="write the ticket key's public half for the authority")
    word.add_argument("file", type=Path, nargs="?", default=None)
    word.set_defaults(work=_ticket_key)
    return parser


async def _run(flags: argparse.Namespace) -> None:
    folder = Folder(flags.data)
    if flags.work is None:
        await _init(folder, flags)
        return
    if not folder.is_initialised():
        raise UnavailableError("this folder holds no server yet; make one with `benchside admin init`")
    parts = await Parts.open(folder, read_settings(folder.settings), utc_ms)
    try:
        await flags.work(parts, flags)
    finally:
        await parts.close()


async def _init(folder: Folder, flags: argparse.Namespace) -> None:
    authority = read_public_key(flags.authority_key)
    settings = read_settings(folder.settings, flags)
    folder.make()
    write_secret(folder.settings, settings_text(settings).encode(), replace=True)
    parts = await Parts.open(folder, settings, utc_ms)
    try:
        await pin_authority(parts.cloud, authority)
    finally:
        await parts.close()
    print(f"server made; it trusts the authority\n{show_fingerprint(fingerprint(authority))}")


async def _account_add(parts: Parts, flags: argparse.Namespace) -> None:
    print(await parts.accounts.add(flags.account))


async def _account_reset(parts: Parts, flags: argparse.Namespace) -> None:
    print(await parts.accounts.reset(flags.account))


async def _account_enable(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.accounts.enable(flags.account)


async def _account_disable(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.accounts.disable(flags.account)


async def _account_mail(parts: Parts, flags: argparse.Namespace) -> None:
    # an argument would stand in the list of processes and in the shell's history
    await parts.addresses.set(flags.account, sys.stdin.readline(MAX_ADDRESS + 2).strip())


async def _account_list(parts: Parts, _flags: argparse.Namespace) -> None:
    for one in await parts.accounts.all():
        print(f"{one.id}: {_account_state(one)}")
        if one.denied_utc_ms is not None:
            print("  said of a sign-in that it was not theirs; `account reset` or `account disable` shuts it out")
        if one.key_fingerprint is not None:
            print(f"  key {show_fingerprint(one.key_fingerprint)}")


def _account_state(account: Account) -> str:
    if account.disabled:
        return "disabled"
    if not account.password_hash:
        return "active, signs in at the provider"
    if account.must_change:
        return "must change password"
    return "active" if account.factor is not None else "must set up the second factor"


async def _account_administrator(parts: Parts, flags: argparse.Namespace) -> None:
    if not any(one.id == flags.account for one in await parts.accounts.all()) and not flags.off:
        raise UnavailableError("there is no such account; add it first, or let them sign in once at the provider")
    people = People(parts.cloud, parts.ledger, parts.now)
    await people.make_administrator(flags.account, is_administrator=not flags.off)


async def _site_add(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.register.add_site(flags.site, flags.name)


async def _site_list(parts: Parts, _flags: argparse.Namespace) -> None:
    for one in await parts.register.sites():
        print(f"{one.id}: {one.name}")


async def _model_add(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.register.add_model(flags.model, patient_data=not flags.no_patient_data)


async def _model_list(parts: Parts, _flags: argparse.Namespace) -> None:
    for one in await parts.register.models():
        print(f"{one.model}: {'patient data' if one.patient_data else 'no patient data'}")


async def _token(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.keeper.refresh()
    url = _link_url(parts.settings)
    token, _ = await TokenOffice.of(parts).make(url, flags.site, flags.hours)
    print(token)


def _link_url(settings: ServerSettings) -> str:
    if settings.public_link:
        return settings.public_link.rstrip("/")
    address = parse_address(settings.link)
    if not address.is_loopback or address.port == 0:
        raise UnavailableError("set public_link in server.toml first: PCs have to know how to reach the server")
    return f"{'wss' if settings.tls else 'ws'}://{settings.link}"


async def _policy_install(parts: Parts, flags: argparse.Namespace) -> None:
    try:
        exported = flags.file.read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read {flags.file.name}: {error.strerror}") from error
    try:
        version = await parts.keeper.install(exported)
    except PeerError as error:
        raise UnavailableError(f"not installed: {error}") from error
    print(f"policy version {version} installed")


async def _policy_show(parts: Parts, _flags: argparse.Namespace) -> None:
    await parts.keeper.refresh()
    policy = parts.keeper.policy
    if policy is None:
        print("no policy is installed")
        return
    print(f"policy version {policy.version}, {len(policy.payload.associates)} associates")
    for one in policy.payload.associates:
        print(f"{one.id}: {one.name}, {one.organisation}")


async def _ticket_key(parts: Parts, flags: argparse.Namespace) -> None:
    pem = parts.session_keys.ticket.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if flags.file is None:
        print(pem.decode(), end="")
    else:
        flags.file.write_bytes(pem)
