"""Administration: people, groups, tables of them, and what waits for the authority."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Path, Query, Request
from fastapi.responses import Response

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.protocol.wire.policy import AssociateRole, Scope, Training
from benchside.server.administration.columns import Kind
from benchside.server.administration.draft import why_not_proposed
from benchside.server.administration.facts import GroupFacts, PersonFacts
from benchside.server.administration.versions import ABSENT, version_of
from benchside.server.http.admin_shapes import (
    GroupGiven,
    GroupList,
    GroupShape,
    ImportShape,
    PersonGiven,
    PersonList,
    PersonShape,
    PolicyInstalled,
    PolicyShape,
    ProblemShape,
    TrainingShape,
    WaitingShape,
)
from benchside.server.http.context import Services, person_of, require_step_up, services_of
from benchside.server.http.precondition import SeenToRemove, SeenVersion, Shown

__all__ = [
    "NamedWord",
    "Word",
    "groups",
    "import_table",
    "install_policy",
    "people",
    "policy",
    "proposal",
    "put_group",
    "put_person",
    "refuse_new_slash",
    "remove_group",
    "remove_person",
]

Word = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9][A-Za-z0-9._:@+-]*$")]
"""An id in a path, without a slash."""
NamedWord = Annotated[str, Path(min_length=1, max_length=64, pattern="^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$")]
"""The id of a person, group or place.  None is made with a slash any more; those that were stay within reach."""


async def people(request: Request) -> PersonList:
    """Everybody, with what keeps each out of the proposal."""
    services = services_of(request)
    entered, accounts = await services.administration.entered(), await services.administration.accounts()
    people = [_show_person(services, one, entered.keys.get(one.id), one.id in accounts) for one in entered.people]
    return PersonList(people=people)


async def put_person(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    given: PersonGiven,
    seen: SeenVersion,
) -> PersonShape:
    """Add a person, or replace what was seen of them."""
    refuse_new_slash(id, seen)
    await require_step_up(request)
    services = services_of(request)
    facts = PersonFacts(
        id=id,
        name=given.name,
        organisation=given.organisation,
        role=AssociateRole(given.role) if given.role else None,
        is_administrator=given.is_administrator,
        officer_of=given.officer_of,
        until_utc_ms=given.until_utc_ms,
        is_active=given.is_active,
        groups=tuple(given.groups),
        trainings=tuple(Training(**one.model_dump()) for one in given.trainings),
    )
    await services.administration.people.put(person_of(request).account, [facts], {id: seen})
    stored = await services.administration.people.get(id)
    if stored is None:
        raise RefusedError(Refusal.CHANGED, "expected the person who was just put, got nobody")
    has_account, key = await services.administration.account_of(id)
    return _show_person(services, stored, key, has_account)


async def remove_person(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    seen: SeenToRemove,
) -> None:
    """Forget a person and their training, as they were seen."""
    await require_step_up(request)
    await services_of(request).administration.people.remove(person_of(request).account, id, {id: seen})


async def groups(request: Request) -> GroupList:
    """All groups."""
    found = await services_of(request).administration.people.groups()
    return GroupList(groups=[_show_group(one) for one in found])


async def put_group(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    given: GroupGiven,
    seen: SeenVersion,
) -> None:
    """Add a group, or change where it works from what was seen."""
    refuse_new_slash(id, seen)
    await require_step_up(request)
    scope = Scope(customers=tuple(given.customers), sites=tuple(given.sites), models=tuple(given.models))
    group = GroupFacts(id=id, name=given.name, scope=scope)
    await services_of(request).administration.people.put_group(person_of(request).account, group, {id: seen})


async def remove_group(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    seen: SeenToRemove,
) -> None:
    """Forget a group as it was seen; its people stay."""
    await require_step_up(request)
    await services_of(request).administration.people.remove_group(person_of(request).account, id, {id: seen})


async def import_table(
    request: Request, kind: Kind, shown: Shown, apply: Annotated[bool, Query()] = False
) -> ImportShape:
    """Take a table in, the request's body; without `apply` only tell what it would change.

    With `apply` as it was told just before: If-Match has the version of that.
    """
    await require_step_up(request)
    if apply and shown is None:
        raise PeerError(PeerFault.MALFORMED, "expected If-Match with the version of what was shown, got none")
    services = services_of(request)
    done = await services.administration.imports.take(
        person_of(request).account, kind, await request.body(), apply=apply, shown=shown
    )
    return ImportShape(
        rows=done.rows,
        added=done.added,
        changed=done.changed,
        unchanged=done.unchanged,
        ignored=list(done.ignored),
        problems=[ProblemShape(line=one.line, column=one.column, why=one.why) for one in done.problems],
        applied=done.is_applied,
        version=done.version,
    )


async def policy(request: Request) -> PolicyShape:
    """The policy in force, and what waits for the authority."""
    services = services_of(request)
    payload = services.keeper.policy.payload if services.keeper.policy else None
    return PolicyShape(
        version=services.keeper.version,
        issued_utc_ms=payload.issued_utc_ms if payload else None,
        expires_utc_ms=payload.expires_utc_ms if payload else None,
        associates=len(payload.associates) if payload else 0,
        sites=len(payload.sites) if payload else 0,
        waiting=[
            WaitingShape(
                what=one.what,
                kind=one.kind,
                id=one.id,
                name=one.name,
                fields=list(one.fields),
                new_keys=[key.hex() for key in one.new_keys],
            )
            for one in await services.administration.waiting()
        ],
    )


async def proposal(request: Request) -> Response:
    """The proposal's file, which a person carries to the authority."""
    data = await services_of(request).administration.propose(person_of(request).account)
    name = {"Content-Disposition": 'attachment; filename="benchside.proposal"'}
    return Response(data, media_type="application/octet-stream", headers=name)


async def install_policy(request: Request) -> PolicyInstalled:
    """Install the policy that the authority signed, the request's body; its signature decides, not who sends it."""
    await require_step_up(request)
    try:
        version = await services_of(request).keeper.install(await request.body())
    except PeerError as error:
        raise PeerError(PeerFault.WRONG_SIGNATURE, f"expected a policy of this authority: {error}") from error
    except RefusedError as error:
        raise RefusedError(Refusal.OLD_POLICY, f"expected a policy that is newer: {error}") from error
    return PolicyInstalled(version=version)


def refuse_new_slash(word: str, seen: str) -> None:
    """PeerError where something new would get a slash into its id: parts of a path are not to be mistaken for it."""
    if "/" in word and seen == ABSENT:
        raise PeerError(PeerFault.MALFORMED, "expected an id without a slash, got one with")


def _show_group(one: GroupFacts) -> GroupShape:
    scope = one.scope
    return GroupShape(
        id=one.id,
        version=version_of(one),
        name=one.name,
        customers=list(scope.customers),
        sites=list(scope.sites),
        models=list(scope.models),
    )


def _show_person(services: Services, one: PersonFacts, key: bytes | None, has_account: bool) -> PersonShape:
    entry = services.keeper.policy.associate(one.id) if services.keeper.policy else None
    return PersonShape(
        id=one.id,
        version=version_of(one),
        name=one.name,
        organisation=one.organisation,
        role=one.role.value if one.role else None,
        is_administrator=one.is_administrator,
        officer_of=one.officer_of,
        until_utc_ms=one.until_utc_ms,
        is_active=one.is_active,
        groups=list(one.groups),
        trainings=[TrainingShape(**msgspec.structs.asdict(training)) for training in one.trainings],
        key=key.hex() if key else None,
        has_account=has_account,
        in_policy=entry is not None and (key is None or key in entry.keys),
        why_not=why_not_proposed(one, key, services.now()),
    )
