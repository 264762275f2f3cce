"""`benchside authority`: the organisation's offline key and the policy that it signs."""

from __future__ import annotations

import argparse
import datetime
import getpass
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from benchside.protocol.errors import BenchsideError, UnavailableError
from benchside.protocol.trust.keys import fingerprint, parse_fingerprint, show_fingerprint
from benchside.server.authority.book import AuthorityBook, read_public_key
from benchside.server.authority.forms import (
    add_associate_flags,
    add_site_flags,
    associate_of,
    show_associate,
    show_change,
    show_site,
    site_of,
)
from benchside.server.authority.proposal import changes, merge, read_proposal, refuse_twice
from benchside.server.clock import utc_ms

__all__ = ["main"]

MAX_PASSPHRASE_BYTES = 1024
MAX_DAYS = 400
"""A policy that is never renewed must end; a little over a year leaves room for a yearly habit."""


def main(argv: list[str]) -> int:
    """Do one thing with an authority's folder; return the exit code."""
    flags = _parser().parse_args(argv)
    book = AuthorityBook(flags.dir, utc_ms)
    try:
        run: Callable[[AuthorityBook, argparse.Namespace], None] = flags.run
        run(book, flags)
    except BenchsideError as error:
        print(f"benchside authority: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a file to write, mostly on a stick that is full, read-only or gone
        print(f"benchside authority: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchside authority", description="keep the key that signs the policy")
    parser.add_argument("--dir", required=True, type=Path, help="the authority's folder, on a machine that is offline")
    parser.add_argument(
        "--passphrase-fd", type=int, default=None, help="read the key's passphrase from this file descriptor"
    )
    words = parser.add_subparsers(required=True, metavar="WORD")

    word = words.add_parser("init", help="make the key")
    word.add_argument("--passphrase", action="store_true", help="ask for a passphrase that protects the key's file")
    word.set_defaults(run=_init)
    word = words.add_parser("public-key", help="write the public key (PEM), which servers are initialised with")
    word.add_argument("file", type=Path, nargs="?", default=None)
    word.set_defaults(run=_public_key)
    word = words.add_parser("ticket-key", help="let the policy name a server's ticket key")
    word.add_argument("file", type=Path)
    word.set_defaults(run=_ticket_key)
    word = words.add_parser("ticket-key-out", help="let the policy name a ticket key no more")
    word.add_argument("--fingerprint", required=True)
    word.set_defaults(run=_ticket_key_out)
    word = words.add_parser("sign-in", help="let an associate in, or change what one may do")
    add_associate_flags(word)
    word.set_defaults(run=_sign_in)
    word = words.add_parser("sign-out", help="take an associate out")
    word.add_argument("--id", required=True)
    word.set_defaults(run=_sign_out)
    word = words.add_parser("site", help="say whose a site is, which laws hold there, and its own rules")
    add_site_flags(word)
    word.set_defaults(run=_site)
    word = words.add_parser("site-out", help="say nothing of a site: nobody can help there any more")
    word.add_argument("--id", required=True)
    word.set_defaults(run=_site_out)
    word = words.add_parser("review", help="look through what a server's administrators propose, and take it")
    word.add_argument("file", type=Path)
    word.set_defaults(run=_review)
    word = words.add_parser("renew", help="let the policy be valid again from now on")
    word.add_argument("--days", type=int, default=90)
    word.set_defaults(run=_renew)
    words.add_parser("list", help="show what the policy says").set_defaults(run=_list)
    words.add_parser("rotate", help="make a new key and hand over to it").set_defaults(run=_rotate)
    word = words.add_parser("export", help="sign the policy and write it for `benchside admin policy install`")
    word.add_argument("file", type=Path)
    word.add_argument("--region", choices=["global", "cn"], help="say only what this region's server and PCs need")
    word.set_defaults(run=_export)
    return parser


def _asker(flags: argparse.Namespace, prompt: str = "Passphrase of the authority's key: ") -> Callable[[], bytes]:
    def ask() -> bytes:
        if flags.passphrase_fd is not None:
            with os.fdopen(flags.passphrase_fd, "rb") as file:
                return file.read(MAX_PASSPHRASE_BYTES).rstrip(b"\r\n")
        return getpass.getpass(prompt).encode()

    return ask


def _init(book: AuthorityBook, flags: argparse.Namespace) -> None:
    passphrase = None
    if flags.passphrase or flags.passphrase_fd is not None:
        passphrase = _asker(flags, "New passphrase: ")()
        if len(passphrase) < 12:
            raise UnavailableError("the passphrase must have at least 12 characters")
        if flags.passphrase_fd is None and getpass.getpass("Again: ").encode() != passphrase:
            raise UnavailableError("the two passphrases differ")
    book.make(passphrase)
    print(f"authority made; fingerprint of its key:\n{show_fingerprint(fingerprint(book.public_key()))}")


def _public_key(book: AuthorityBook, flags: argparse.Namespace) -> None:
    pem = (book.folder / f"authority-{book.state().key}-public.pem").read_bytes()
    if flags.file is None:
        print(pem.decode(), end="")
    else:
        flags.file.write_bytes(pem)


def _ticket_key(book: AuthorityBook, flags: argparse.Namespace) -> None:
    spki = read_public_key(flags.file)
    book.add_ticket_key(spki)
    print(f"ticket key added; its fingerprint:\n{show_fingerprint(fingerprint(spki))}")


def _ticket_key_out(book: AuthorityBook, flags: argparse.Namespace) -> None:
    book.remove_ticket_key(parse_fingerprint(flags.fingerprint))


def _sign_in(book: AuthorityBook, flags: argparse.Namespace) -> None:
    entry = associate_of(flags)
    _confirm_keys(f"{entry.name}, {entry.organisation}", entry.keys)
    book.sign_in(entry)


def _confirm_keys(whose: str, keys: Iterable[bytes]) -> None:
    for key in keys:
        print(f"{whose}\n{show_fingerprint(key)}")
        print("Does the associate read out exactly this fingerprint? Type yes: ", end="", flush=True)
        if sys.stdin.readline().strip() != "yes":
            raise UnavailableError("nothing was changed: the fingerprint was not confirmed")


def _site(book: AuthorityBook, flags: argparse.Namespace) -> None:
    book.add_site(site_of(flags))


def _site_out(book: AuthorityBook, flags: argparse.Namespace) -> None:
    book.remove_site(flags.id)


def _review(book: AuthorityBook, flags: argparse.Namespace) -> None:
    proposal, state = read_proposal(flags.file), book.state()
    merged = merge(state.associates, state.sites, proposal)
    refuse_twice(merged.associates, merged.sites)  # before a person compares fingerprints for nothing
    waiting = changes((state.associates, state.sites), (merged.associates, merged.sites))
    for each in merged.kept_by_hand:
        print(f"kept as it is: {each}, who is in several regions by this authority's own hand")
    if not waiting:
        print("the proposal changes nothing")
        return
    associates = {one.id: one for one in merged.associates}
    sites = {one.id: one for one in merged.sites}
    for change in waiting:
        print(f"\n{show_change(change)}")
        if change.kind != "removed":
            lines = show_site(sites[change.id]) if change.what == "site" else show_associate(associates[change.id])
            print("\n".join(f"  {line}" for line in lines))
        _confirm_keys(change.name, change.new_keys)
    print(f"\nTake these {len(waiting)} changes? Type yes: ", end="", flush=True)
    if sys.stdin.readline().strip() != "yes":
        raise UnavailableError("nothing was changed")
    book.take(merged.associates, merged.sites)
    print("taken; `export` signs the policy")


def _sign_out(book: AuthorityBook, flags: argparse.Namespace) -> None:
    book.sign_out(flags.id)


def _renew(book: AuthorityBook, flags: argparse.Namespace) -> None:
    if not 1 <= flags.days <= MAX_DAYS:
        raise UnavailableError(f"expected 1 to {MAX_DAYS} days, got {flags.days}")
    book.renew(flags.days)


def _list(book: AuthorityBook, flags: argparse.Namespace) -> None:
    state = book.state()
    until = _day(state.issued_utc_ms + state.days * 24 * 3600_000)
    print(f"policy version {state.version}, valid until {until}; key {state.key}")
    print(f"authority {show_fingerprint(fingerprint(book.public_key()))}")
    for spki in state.ticket_keys:
        print(f"ticket key {show_fingerprint(fingerprint(spki))}")
    for site in state.sites:
        print("\n" + "\n".join(show_site(site)))
    for one in state.associates:
        print("\n" + "\n".join(show_associate(one)))


def _day(utc_milliseconds: int) -> str:
    return datetime.datetime.fromtimestamp(utc_milliseconds / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _rotate(book: AuthorityBook, flags: argparse.Namespace) -> None:
    book.rotate(_asker(flags))
    print(f"rotated; fingerprint of the new key:\n{show_fingerprint(fingerprint(book.public_key()))}")


def _export(book: AuthorityBook, flags: argparse.Namespace) -> None:
    flags.file.write_bytes(book.export(_asker(flags), flags.region))
    state = book.state()
    print(f"policy version {state.version} written{f' for {flags.region}' if flags.region else ''}")
    if flags.region is None and len(state.regions) > 1:
        print(
            f"it names people and sites of {' and '.join(state.regions)}, and each PC is given all of it; "
            "with --region each server gets its own (where this version is installed already: after `renew`)"
        )
