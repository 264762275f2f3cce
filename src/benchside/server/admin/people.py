"""`benchside admin`: people, groups and places by command, as administrators enter them in the console."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchside.protocol.errors import PeerError, RefusedError, UnavailableError
from benchside.protocol.wire.policy import Scope
from benchside.server.administration.columns import Kind
from benchside.server.administration.facts import GroupFacts
from benchside.server.administration.imports import Imports
from benchside.server.administration.office import Administration
from benchside.server.administration.people import People
from benchside.server.administration.places import Places
from benchside.server.audit.kind import OPERATOR
from benchside.server.parts import Parts

__all__ = ["add_people_words"]


def add_people_words(words: Any, data: argparse.ArgumentParser) -> None:
    """Add the words to the parser's (whose type argparse does not name)."""
    word = words.add_parser(
        "import",
        parents=[data],
        help="take a table (CSV) of people, trainings, customers or sites; its dates are last days, to midnight UTC",
    )
    word.add_argument("kind", choices=[kind.value for kind in Kind])
    word.add_argument("file", type=Path)
    word.add_argument("--try", dest="is_trial", action="store_true", help="only say what it would change")
    word.add_argument(
        "--as-shown",
        metavar="VERSION",
        help="only as --try said, with the version that it told",
    )
    word.set_defaults(work=_import)
    group = words.add_parser("group", help="people with the same scope").add_subparsers(required=True, metavar="WORD")
    word = group.add_parser("set", parents=[data], help="add a group, or change where it works")
    word.add_argument("group")
    word.add_argument("--name", required=True)
    for each in ("customer", "site", "model"):
        word.add_argument(f"--{each}", required=True, action="append", help=f"a {each}, or * for all; again for more")
    word.set_defaults(work=_group_set)
    word = words.add_parser("proposal", parents=[data], help="write what is proposed to the authority")
    word.add_argument("file", type=Path)
    word.set_defaults(work=_proposal)


async def _import(parts: Parts, flags: argparse.Namespace) -> None:
    try:
        data = flags.file.read_bytes()
    except OSError as error:
        raise UnavailableError(f"cannot read {flags.file.name}: {error.strerror}") from error
    imports = Imports(People(parts.cloud, parts.ledger), Places(parts.cloud, parts.ledger, parts.now))
    try:
        done = await imports.take(OPERATOR, Kind(flags.kind), data, apply=not flags.is_trial, shown=flags.as_shown)
    except RefusedError as error:
        raise UnavailableError(
            "nothing was taken: somebody has changed the same since; look again with --try"
        ) from error
    for problem in done.problems:
        where = f"line {problem.line}, " if problem.line else ""
        print(f"{where}{problem.column or 'the whole'}: {problem.why}")
    if done.problems:
        raise UnavailableError("nothing was taken; mend what is named above and try again")
    for name in done.ignored:
        print(f"column {name!r} was passed over")
    verb = "would be" if flags.is_trial else "were"
    print(f"{done.added} {verb} added, {done.changed} changed, {done.unchanged} are as they were")
    if flags.is_trial:
        print(f"to take exactly this: --as-shown {done.version}")


async def _group_set(parts: Parts, flags: argparse.Namespace) -> None:
    scope = Scope(
        customers=tuple(dict.fromkeys(flags.customer)),
        sites=tuple(dict.fromkeys(flags.site)),
        models=tuple(dict.fromkeys(flags.model)),
    )
    try:
        facts = GroupFacts(id=flags.group, name=flags.name, scope=scope)
        await People(parts.cloud, parts.ledger).put_group(OPERATOR, facts)
    except (PeerError, RefusedError) as error:
        raise UnavailableError(f"the group was not changed: {error}") from error


async def _proposal(parts: Parts, flags: argparse.Namespace) -> None:
    await parts.keeper.refresh()
    flags.file.write_bytes(await Administration(parts, "").propose(OPERATOR))
    print("written; carry it to the authority, which looks through it with `benchside authority review`")
