"""Signing in and out, the password, the browser's key, and who one is."""

from __future__ import annotations

import base64
import binascii

from fastapi import Request, Response

from benchside.protocol.errors import PeerError, PeerFault
from benchside.server.http.context import (
    clear_cookie,
    services_of,
    set_cookie,
    signed_in,
    source_of,
)
from benchside.server.http.shapes import KeyFacts, KeyGiven, KeyTaken, Me, MustChange, PasswordChange, SignInGiven

__all__ = ["me", "set_key", "set_password", "sign_in", "sign_out"]


async def sign_in(request: Request, response: Response, given: SignInGiven) -> MustChange:
    """Start a sign-in; the cookie is its only trace in the browser."""
    services = services_of(request)
    new = await services.accounts.sign_in(given.account, given.password, source_of(request))
    set_cookie(response, services, new.token)
    return MustChange(must_change=new.must_change)


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
    policy = services.keeper.policy
    entry = policy.associate(who.account) if policy else None
    key = None
    if who.key is not None:
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
    )


async def set_key(request: Request, given: KeyGiven) -> KeyTaken:
    """Register the browser's public key; a person tells its fingerprint to the authority."""
    try:
        spki = base64.b64decode(given.spki, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PeerError(PeerFault.MALFORMED, "expected a key in base64, got other text") from error
    fingerprint = await services_of(request).accounts.set_key(signed_in(request), spki)
    return KeyTaken(fingerprint=fingerprint.hex())
