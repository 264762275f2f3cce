"""The OpenID provider as this server believes it: its places, its keys, what it signs (OpenID Connect Core 1.0)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, import_key
from joserfc.jws import JWSRegistry

from benchside.protocol.errors import PeerError, PeerFault, Refusal, RefusedError, UnavailableError
from benchside.server.clock import NowUtcMs
from benchside.server.settings import Address
from benchside.server.sso.fetch import Fetch

__all__ = ["MAX_TOKEN_CHARS", "Metadata", "Provider", "Signed", "Tokens", "UnclearError"]

METADATA_FOR_MS = 3600_000
"""A provider that moves an endpoint keeps the old one for longer."""
KEYS_AGAIN_MS = 30_000
"""An unknown key id makes us look again, and anybody may name one: not more often than this."""
LATE_S = 120
"""How far the two clocks may differ."""
MAX_TOKEN_CHARS = 16 * 1024
MAX_KEYS = 50
"""A large provider publishes ten, some of them for the future."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures by a key that only the provider has: neither "none" nor one that our own secret could make."""
_OUT = ("invalid_grant", "interaction_required", "login_required", "consent_required", "account_selection_required")
"""Answers to a refresh by which this person may not be in as things are (RFC 6749, 5.2).

The last four are answers to a browser by the standard (OpenID Connect Core 1.0, 3.1.2.6), and some providers give them
here too: Entra when a rule of its conditional access wants another proof.  The person has to come there again, so they
are out, and signing in anew is their way back.
"""
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


class UnclearError(UnavailableError):
    """The provider answered, and not whether this one person may be in."""


@dataclass(frozen=True)
class Metadata:
    """What its discovery document says (OpenID Connect Discovery 1.0, section 3), as far as it is used here."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    names_itself: bool
    """Answers carry `iss` (RFC 9207), so one without it is none of this provider's."""
    takes_basic: bool


@dataclass(frozen=True)
class Tokens:
    """What a code, or a refresh token, was exchanged for."""

    id_token: str | None
    access_token: str
    refresh_token: str | None


@dataclass(frozen=True)
class Signed:
    """What the provider signed about a person; `claims` were checked."""

    subject: str
    sid: str | None
    claims: dict[str, Any]


class Provider:
    """One issuer and our client at it."""

    def __init__(self, issuer: str, client_id: str, secret: str | None, fetch: Fetch, now: NowUtcMs) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._secret = secret
        self._fetch = fetch
        self._now = now
        self._metadata: tuple[int, Metadata] | None = None
        self._keys: tuple[int, KeySet] | None = None
        self._turn = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Where the provider is; UnavailableError or PeerError when that cannot be learned."""
        async with self._turn:
            now = self._now()
            if self._metadata is None or now - self._metadata[0] > METADATA_FOR_MS:
                found = await self._fetch.get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
                self._metadata = now, self._read(found)
            return self._metadata[1]

    def authorization_query(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> dict[str, str]:
        """What the browser brings to the provider: code flow with PKCE (RFC 7636, S256) and a nonce."""
        return {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }

    async def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> Tokens:
        """Exchange a code; RefusedError when the provider does not take it."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return await self._ask({**form, "code_verifier": verifier})

    async def refresh(self, refresh_token: str) -> Tokens:
        """Ask whether somebody may still be in; RefusedError when not, until they sign in there anew.

        UnclearError when it does not say so of this person, UnavailableError when it says nothing of anybody now,
        PeerError when its answer cannot be read.
        """
        return await self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def read_identity(self, tokens: Tokens, *, nonce: str | None) -> Signed:
        """Check an ID token (section 3.1.3.7); PeerError with the rule that it breaks.

        `nonce`: the one of this attempt; None for the token of a refresh, which has none of its own.
        """
        if tokens.id_token is None:
            raise PeerError(PeerFault.MALFORMED, "expected an ID token, got an answer without one")
        token = await self._verified(tokens.id_token)
        params = {"client_id": self._client_id, "access_token": tokens.access_token, "nonce": nonce}
        claims = CodeIDToken(token.claims, token.header, {"iss": {"essential": True, "value": self.issuer}}, params)
        try:
            claims.validate(now=self._now() // 1000, leeway=LATE_S)
        except (JoseError, ValueError, TypeError) as error:
            text = f"expected a valid ID token, got one with {_what(error)}"
            raise PeerError(PeerFault.NOT_AUTHENTIC, text) from error
        self._check_audience(token.claims)
        return self._signed(token.claims)

    async def more_of(self, signed: Signed, tokens: Tokens) -> dict[str, Any]:
        """What the userinfo endpoint says of the same person beside the ID token (section 5.3), if there is one.

        Many providers keep names and addresses out of ID tokens.
        """
        where = (await self.metadata()).userinfo
        if where is None:
            return {}
        found = await self._fetch.get(where, bearer=tokens.access_token)
        if found.get("sub") != signed.subject:
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected more of the same person, got somebody else")
        return found

    async def read_logout(self, logout_token: str) -> tuple[str | None, str | None, str]:
        """Check a logout token (Back-Channel Logout 1.0, section 2.6); return subject, sid and its own id."""
        token = await self._verified(logout_token)
        claims, now_s = token.claims, self._now() / 1000
        self._check_audience(claims)
        events = claims.get("events")
        at_s, ends_s = _time(claims.get("iat")), _time(claims.get("exp", math.inf))
        problems = (
            claims.get("iss") != self.issuer,
            "nonce" in claims,
            not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict),
            not -LATE_S <= now_s - at_s <= 5 * 60 + LATE_S,
            not now_s <= ends_s + LATE_S,
            not isinstance(claims.get("jti"), str),
        )
        subject, sid = _text(claims.get("sub")), _text(claims.get("sid"))
        if any(problems) or (subject is None and sid is None):
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected a logout token of this provider, got another")
        return subject, sid, str(claims["jti"])[:255]

    async def _ask(self, form: dict[str, str]) -> Tokens:
        metadata = await self.metadata()
        basic = None
        if self._secret is None:
            form["client_id"] = self._client_id
        elif metadata.takes_basic:
            basic = quote_plus(self._client_id), quote_plus(self._secret)  # RFC 6749, 2.3.1
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        status, content = await self._fetch.post(metadata.token, form, basic)
        if status != 200:
            why = content.get("error")
            said = f"expected tokens, got {status} {_word(why)}"
            if why in _OUT or form["grant_type"] == "authorization_code":
                raise RefusedError(Refusal.SIGN_IN, said)
            if why == "invalid_client":  # a wrong secret of ours
                raise UnavailableError(said)
            raise UnclearError(said)
        names = ("id_token", "access_token", "refresh_token")
        texts = {name: _text(content.get(name), MAX_TOKEN_CHARS) for name in names}
        if texts["access_token"] is None or str(content.get("token_type", "")).lower() != "bearer":
            raise PeerError(PeerFault.MALFORMED, "expected tokens, got an answer without")
        return Tokens(texts["id_token"], texts["access_token"], texts["refresh_token"])

    async def _verified(self, token: str) -> jwt.Token:
        if len(token) > MAX_TOKEN_CHARS:
            raise PeerError(PeerFault.TOO_LARGE, "expected a token of at most 16 KiB, got a longer one")
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        for again in (False, True):
            keys = await self._key_set(again=again)
            try:
                return jwt.decode(token, keys, registry=registry)
            except (InvalidKeyIdError, BadSignatureError) as error:
                # where keys have no ids, a rotated one is a wrong signature
                if again:
                    raise PeerError(PeerFault.WRONG_KEY, "expected a key of the provider, got another") from error
            except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
                text = f"expected a token that the provider signed, got {_what(error)}"
                raise PeerError(PeerFault.WRONG_SIGNATURE, text) from error
        raise AssertionError("unreachable")

    async def _key_set(self, *, again: bool) -> KeySet:
        """The provider's keys; `again`: one was named that is not among them, perhaps they were rotated."""
        where = (await self.metadata()).keys
        async with self._turn:
            now = self._now()
            if self._keys is None or now - self._keys[0] > (KEYS_AGAIN_MS if again else METADATA_FOR_MS):
                self._keys = now, _read_keys(await self._fetch.get(where))
            return self._keys[1]

    def _read(self, found: dict[str, Any]) -> Metadata:
        if found.get("issuer") != self.issuer:
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected the metadata of the issuer that was set, got another's")
        methods = found.get("code_challenge_methods_supported")
        if methods is not None and (not isinstance(methods, list) or "S256" not in methods):
            raise PeerError(PeerFault.WRONG_VERSION, "expected a provider that does PKCE with S256, got one without")
        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return Metadata(
            authorization=self._endpoint(found.get("authorization_endpoint")),
            token=self._endpoint(found.get("token_endpoint")),
            keys=self._endpoint(found.get("jwks_uri")),
            userinfo=self._endpoint(found["userinfo_endpoint"]) if "userinfo_endpoint" in found else None,
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=not isinstance(ways, list) or "client_secret_basic" in ways,
        )

    def _endpoint(self, url: object) -> str:
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            is_safe = parts.scheme == "https" or Address(parts.hostname or "", 0).is_loopback
        except ValueError:
            is_safe = False
        if not isinstance(url, str) or not is_safe or len(url) > 2000:
            raise PeerError(PeerFault.MALFORMED, "expected endpoints with https in the provider's metadata, got others")
        return url

    def _check_audience(self, claims: dict[str, Any]) -> None:
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        is_ours = self._client_id in several and (len(several) == 1 or claims.get("azp") == self._client_id)
        if not is_ours or claims.get("azp", self._client_id) != self._client_id:
            raise PeerError(PeerFault.NOT_AUTHENTIC, "expected a token for this client alone, got another's")

    def _signed(self, claims: dict[str, Any]) -> Signed:
        subject = _text(claims.get("sub"))
        if subject is None:
            raise PeerError(PeerFault.MALFORMED, "expected a subject of at most 255 characters, got none")
        return Signed(subject, _text(claims.get("sid")), claims)


def _read_keys(found: dict[str, Any]) -> KeySet:
    """The keys of a set (RFC 7517, section 5) that can be used here: what is of another kind is passed over."""
    offered = found.get("keys")
    keys = []
    for one in offered[:MAX_KEYS] if isinstance(offered, list) else ():
        with contextlib.suppress(JoseError, ValueError, TypeError, KeyError, AttributeError):
            keys.append(import_key(one))
    if not keys:
        raise PeerError(PeerFault.MALFORMED, "expected the provider's keys, got none that can be used")
    return KeySet(keys)


def _text(value: object, most: int = 255) -> str | None:
    # printable: without lone surrogates, too, which no database takes
    return value if isinstance(value, str) and 0 < len(value) <= most and value.isprintable() else None


def _time(value: object) -> float:
    """Seconds as a claim has them; NaN, which is before and after nothing, when they are none."""
    if not isinstance(value, int | float) or not (value == math.inf or -1e12 < value < 1e12):
        return math.nan
    return float(value)


def _word(value: object) -> str:
    """An error code of the provider's, as far as it may stand in a log (RFC 6749, 5.2)."""
    return value if isinstance(value, str) and value.isascii() and value.replace("_", "").isalnum() else "no reason"


def _what(error: Exception) -> str:
    return error.error if isinstance(error, JoseError) and error.error else type(error).__name__
