"""Signing in and out, the password, the browser's key, and who one is."""

from __future__ import annotations

import base64
import binascii

from fastapi import Request, Response

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError
from benchside.server.administration.duties import NO_DUTIES
from benchside.server.http.context import (
    clear_cookie,
    require_step_up,
    services_of,
    set_cookie,
    signed_in,
    source_of,
)
from benchside.server.http.location_routes import in_s
from benchside.server.http.shapes import (
    Confirmation,
    FactorCode,
    FactorOffer,
    KeyFacts,
    KeyGiven,
    KeyTaken,
    Me,
    MustChange,
    PasswordChange,
    SignInGiven,
)
from benchside.server.http.visits import admit, visit_of

__all__ = ["confirm", "me", "offer_factor", "set_factor", "set_key", "set_password", "sign_in", "sign_out"]


async def sign_in(request: Request, response: Response, given: SignInGiven) -> MustChange:
    """Start a sign-in; the cookie is its only trace in the browser."""
    services = services_of(request)
    if not services.has_local_accounts:
        raise RefusedError(Refusal.NOT_AUTHORISED, "expected a sign-in at the provider, got a password")
    new = await services.accounts.sign_in(given.account, given.password, source_of(request), given.code)
    await admit(request, response, new.token)
    set_cookie(response, services, new.token)
    return MustChange(must_change=new.must_change, needs_factor=new.needs_factor)


async def confirm(request: Request, response: Response, given: Confirmation) -> None:
    """Prove once more who sits there, by password; this sign-in gets a new token."""
    services = services_of(request)
    source = source_of(request)
    token = await services.accounts.confirm(signed_in(request), given.password, given.code, source)
    await admit(request, response, token)
    set_cookie(response, services, token)


async def offer_factor(request: Request) -> FactorOffer:
    """A fresh secret for the authenticator application."""
    services = services_of(request)
    offer = await services.accounts.offer_factor(signed_in(request), services.server_name)
    return FactorOffer(secret=offer.secret, uri=offer.uri)


async def set_factor(request: Request, response: Response, given: FactorCode) -> None:
    """Take it, once its first code shows that the application has it; this sign-in gets a new token."""
    services = services_of(request)
    token = await services.accounts.set_factor(signed_in(request), given.code, source_of(request))
    set_cookie(response, services, token)


async def sign_out(request: Request, response: Response) -> None:
    """End this sign-in."""
    services = services_of(request)
    await services.accounts.sign_out(signed_in(request))
    clear_cookie(response, services)


async def set_password(request: Request, response: Response, given: PasswordChange) -> None:
    """Change the password; every other sign-in of the account ends, this one gets a new token."""
    services = services_of(request)
    token = await services.accounts.change_password(signed_in(request), given.old, given.new, source_of(request))
    set_cookie(response, services, token)


async def me(request: Request) -> Me:
    """Who is signed in, and what the policy says of them."""
    services = services_of(request)
    who = signed_in(request)
    duties = NO_DUTIES if who.needs_location else await services.administration.duties_of(who.account)
    policy = services.keeper.policy
    entry = policy.associate(who.account) if policy and not who.needs_location else None
    goes_to, link = None, None
    if who.needs_location and services.locations is not None:
        goes_to = await services.locations.masked_address(who.account)
        link = await services.locations.link_of(who)
    key = None
    if who.key is not None and not who.needs_location:
        named = entry is not None and who.key in entry.keys
        key = KeyFacts(
            fingerprint=who.key.hex(),
            in_policy=named,
            expires_utc_ms=entry.expires_utc_ms if entry is not None and named else None,
        )
    return Me(
        account=who.account,
        name=entry.name if entry else None,
        organisation=entry.organisation if entry else None,
        must_change=who.must_change,
        region=services.region,
        server_name=services.server_name,
        key=key,
        is_local=who.is_local,
        needs_factor=who.needs_factor,
        is_administrator=duties.is_administrator,
        officer_of=duties.officer_of,
        needs_location=who.needs_location,
        link_goes_to=goes_to,
        link_sent=link.why is None if link else None,
        link_why=link.why.value if link and link.why else None,
        link_wait_s=in_s(link.wait_ms) if link else None,
    )


async def set_key(request: Request, given: KeyGiven) -> KeyTaken:
    """Register the browser's public key; a person tells its fingerprint to the authority.

    In place of another one it needs a fresh proof: the owner's own browser is worth nothing from then on.
    """
    try:
        spki = base64.b64decode(given.spki, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PeerError(PeerFault.MALFORMED, "expected a key in base64, got other text") from error
    who = signed_in(request)
    if who.key is not None:
        await require_step_up(request)
    fingerprint = await services_of(request).accounts.set_key(who, spki, visit_of(request))
    return KeyTaken(fingerprint=fingerprint.hex())
