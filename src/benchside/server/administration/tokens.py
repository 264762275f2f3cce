"""Makes the text that a person carries to a PC, with which it becomes a device."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from benchside.protocol.trust.keys import fingerprint, public_bytes
from benchside.protocol.wire.codec import VERSION
from benchside.protocol.wire.enrolment import TOKEN, EnrolmentToken
from benchside.server.audit.kind import OPERATOR
from benchside.server.enrolment.register import Register
from benchside.server.parts import Parts
from benchside.server.policy.keeper import PolicyKeeper

__all__ = ["TokenOffice"]


@dataclass(frozen=True)
class TokenOffice:
    """Makes enrolment tokens, which carry the fingerprints of server and authority."""

    register: Register
    keeper: PolicyKeeper
    server_key: bytes
    """The key that enrolments are sealed to (SubjectPublicKeyInfo)."""
    region: str

    @classmethod
    def of(cls, parts: Parts) -> TokenOffice:
        """The office of a server with these parts."""
        return cls(
            parts.register,
            parts.keeper,
            public_bytes(parts.cloud_keys.enrolment.public_key()),
            parts.settings.region,
        )

    async def make(self, link_url: str, site: str, hours: float, *, by: str = OPERATOR) -> tuple[str, int]:
        """Return a fresh token as text, and when it expires; RefusedError for a site that there is not."""
        secret, expires = await self.register.make_token(site, hours, by=by)
        token = EnrolmentToken(
            version=VERSION,
            link_url=link_url,
            server_key=fingerprint(self.server_key),
            authority_key=fingerprint(self.keeper.authority_key),
            secret=secret,
            region=self.region,
            site=site,
            expires_utc_ms=expires,
        )
        return base64.urlsafe_b64encode(TOKEN.encode(token)).decode().rstrip("="), expires
