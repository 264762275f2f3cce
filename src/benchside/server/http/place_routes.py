"""Administration: customers, sites, models, PCs and enrolment tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.protocol.trust.device import show_number
from benchside.protocol.wire.policy import SiteEntry, SiteRules
from benchside.server.administration.facts import CustomerFacts, SiteFacts
from benchside.server.administration.versions import version_of
from benchside.server.enrolment.model import Device
from benchside.server.http.admin_routes import NamedWord, refuse_new_slash
from benchside.server.http.admin_shapes import (
    CustomerGiven,
    CustomerList,
    CustomerShape,
    DeviceList,
    DeviceShape,
    HoldShape,
    ModelGiven,
    ModelList,
    ModelShape,
    ReleaseGiven,
    SiteGiven,
    SiteList,
    SiteShape,
    TokenList,
    TokenMade,
    TokenShape,
    TokenWanted,
)
from benchside.server.http.context import Services, person_of, require_step_up, services_of
from benchside.server.http.precondition import SeenToRemove, SeenVersion
from benchside.server.http.shapes import InstrumentShape
from benchside.server.identity.keeper import HeldDevice
from benchside.settings.hours import read_all_hours, show_hours
from benchside.settings.toml import SettingError

__all__ = [
    "customers",
    "devices",
    "make_token",
    "models",
    "put_customer",
    "put_model",
    "put_site",
    "release_device",
    "remove_customer",
    "revoke_device",
    "revoke_token",
    "rotate_device",
    "show_device",
    "show_site",
    "sites",
    "tokens",
]

DeviceId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
TokenId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


async def customers(request: Request) -> CustomerList:
    """All customers."""
    found = await services_of(request).administration.places.customers()
    return CustomerList(
        customers=[
            CustomerShape(
                id=one.id,
                version=version_of(one),
                name=one.name,
                it_mail=one.it_mail,
                mail_language="es" if one.mail_language == "es" else "en",
            )
            for one in found
        ]
    )


async def put_customer(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    given: CustomerGiven,
    seen: SeenVersion,
) -> None:
    """Add a customer, or change what was seen of it."""
    refuse_new_slash(id, seen)
    await require_step_up(request)
    facts = CustomerFacts(id=id, **given.model_dump())
    await services_of(request).administration.places.put_customers(person_of(request).account, [facts], {id: seen})


async def remove_customer(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    seen: SeenToRemove,
) -> None:
    """Forget a customer as it was seen, one that has neither sites nor officers."""
    await require_step_up(request)
    await services_of(request).administration.places.remove_customer(person_of(request).account, id, {id: seen})


async def sites(request: Request) -> SiteList:
    """All sites, with what the policy says of them already."""
    services = services_of(request)
    return SiteList(sites=[show_site(services, one) for one in await services.administration.places.sites()])


async def put_site(
    request: Request,
    id: NamedWord,  # noqa: A002 - the path's own word
    given: SiteGiven,
    seen: SeenVersion,
) -> None:
    """Add a site, or change it from what was seen; its rules hold on PCs once the authority signed them."""
    refuse_new_slash(id, seen)
    await require_step_up(request)
    try:
        hours = read_all_hours("hours", given.hours)
    except SettingError as error:
        raise PeerError(PeerFault.MALFORMED, f"expected hours of a day: {error}") from error
    rules = SiteRules(hours=hours, named=tuple(given.named), second_eyes=given.second_eyes)
    facts = SiteFacts(
        id=id,
        name=given.name,
        customer=given.customer,
        laws=tuple(given.laws),
        time_zone=given.time_zone,
        rules=rules,
        silent_after_min=given.silent_after_min,
    )
    try:
        await services_of(request).administration.places.put_sites(person_of(request).account, [facts], {id: seen})
    except UnavailableError as error:
        raise PeerError(PeerFault.MALFORMED, str(error)) from error


async def models(request: Request) -> ModelList:
    """All known models."""
    found = await services_of(request).administration.register.models()
    return ModelList(models=[ModelShape(model=one.model, patient_data=one.patient_data) for one in found])


async def put_model(request: Request, given: ModelGiven) -> None:
    """Say whether a model holds patient data; counts from a PC's next description on."""
    await require_step_up(request)
    by = person_of(request).account
    await services_of(request).administration.register.add_model(given.model, patient_data=given.patient_data, by=by)


async def devices(request: Request) -> DeviceList:
    """All PCs."""
    services = services_of(request)
    found, held = await services.administration.register.devices(), await services.identities.kept_out()
    holds = {each: await services.identities.shown(each) for each in held}
    return DeviceList(devices=[show_device(services, one, holds.get(one.id)) for one in found])


async def revoke_device(request: Request, id: DeviceId) -> None:  # noqa: A002 - the path's own word
    """Let a PC in no more; only a new enrolment brings it back."""
    await require_step_up(request)
    device_id = await _known(request, id)
    await services_of(request).administration.register.revoke(device_id, by=person_of(request).account)


async def release_device(request: Request, id: DeviceId, given: ReleaseGiven) -> None:  # noqa: A002 - the path's own word
    """Let a PC that is held go on; its key is changed, so that no other with the old one ever can."""
    await require_step_up(request)
    number = bytes.fromhex(given.number.replace("-", "")) if given.number else None
    device_id = await _known(request, id)
    try:
        await services_of(request).identities.release(
            device_id, number, with_old_key=given.with_old_key, by=person_of(request).account
        )
    except UnavailableError as error:
        raise RefusedError(Refusal.UNKNOWN, f"expected one of those that are held: {error}") from error


async def rotate_device(request: Request, id: DeviceId) -> None:  # noqa: A002 - the path's own word
    """Have a PC's key changed as soon as it is connected."""
    await require_step_up(request)
    await services_of(request).identities.want_rotation(await _known(request, id), by=person_of(request).account)


async def _known(request: Request, device: str) -> bytes:
    device_id = bytes.fromhex(device)
    if await services_of(request).administration.register.device(device_id) is None:
        raise RefusedError(Refusal.UNKNOWN, "expected a device that there is, got another")
    return device_id


async def tokens(request: Request) -> TokenList:
    """Enrolment tokens that were made lately."""
    found = await services_of(request).administration.register.tokens()
    return TokenList(
        tokens=[
            TokenShape(
                id=one.secret_hash.hex(),
                site=one.site,
                created_utc_ms=one.created_utc_ms,
                expires_utc_ms=one.expires_utc_ms,
                used_utc_ms=one.used_utc_ms,
            )
            for one in found
        ]
    )


async def make_token(request: Request, wanted: TokenWanted) -> TokenMade:
    """Make a token, which is shown this once."""
    await require_step_up(request)
    administration = services_of(request).administration
    by = person_of(request).account
    token, expires = await administration.tokens.make(administration.link_url, wanted.site, wanted.hours, by=by)
    return TokenMade(token=token, expires_utc_ms=expires)


async def revoke_token(request: Request, id: TokenId) -> None:  # noqa: A002 - the path's own word
    """Let a token that was not used be worth nothing."""
    await require_step_up(request)
    await services_of(request).administration.register.revoke_token(bytes.fromhex(id), by=person_of(request).account)


def show_device(services: Services, row: Device, held: HeldDevice | None = None) -> DeviceShape:
    """A PC as administrators and officers see it."""
    hold = None
    if held is not None and (held.hold is not None or held.instances or held.with_old_key):
        hold = HoldShape(
            why=held.hold.value if held.hold else "not_chosen",
            since_utc_ms=held.held_utc_ms,
            numbers=[show_number(instance) for instance in held.instances],
            with_old_key=[show_number(instance) for instance in held.with_old_key],
        )
    return DeviceShape(
        id=row.id.hex(),
        name=row.name,
        site=row.site,
        online=services.presence.is_online(row.id),
        software=row.software,
        policy_version=row.policy_version,
        enrolled_utc_ms=row.enrolled_utc_ms,
        revoked_utc_ms=row.revoked_utc_ms,
        has_it_review=row.it_review_utc_ms is not None,
        has_terms=row.terms_version is not None,
        hold=hold,
        instruments=[
            InstrumentShape(id=one.id, model=one.model, serial=one.serial, patient_data=one.patient_data)
            for one in row.instruments
        ],
    )


def show_site(services: Services, one: SiteFacts) -> SiteShape:
    """A site, and whether the policy says the same of it."""
    entry = None
    if one.customer is not None and one.laws:
        entry = SiteEntry(
            id=one.id,
            customer=one.customer,
            region=services.region,
            laws=one.laws,
            time_zone=one.time_zone,
            rules=one.rules,
        )
    policy = services.keeper.policy
    return SiteShape(
        id=one.id,
        version=version_of(one),
        name=one.name,
        customer=one.customer,
        laws=list(one.laws),
        time_zone=one.time_zone,
        hours=show_hours(one.rules.hours),
        named=list(one.rules.named),
        second_eyes=one.rules.second_eyes,
        silent_after_min=one.silent_after_min,
        in_policy=entry is not None and policy is not None and policy.site(one.id) == entry,
    )
